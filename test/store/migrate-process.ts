/** Migrates the database whose address is the first argument, and tells its parent what it ran. */
import { openDatabase } from '../../src/store/data-source.ts';

const db = await openDatabase({ url: process.argv[2] ?? '' });
const ran = await db.migrate();
await db.close();
process.send?.(ran);
