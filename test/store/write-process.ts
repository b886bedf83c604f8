/** Writes 150 rows, one transaction each, into the database of the first argument, under the name of the second. */
import { openDatabase } from '../../src/store/data-source.ts';

const db = await openDatabase({ url: process.argv[2] ?? '' });
for (let i = 0; i < 150; i += 1) {
  await db.write(async (tx) => {
    // Reading first is what makes a deferred transaction fail when it comes to writing.
    await tx.read('SELECT COUNT(*) AS total FROM job_lease');
    await tx.run('INSERT INTO job_lease (name) VALUES (?)', [`${process.argv[3] ?? ''}-${String(i)}`]);
  });
}
await db.close();
