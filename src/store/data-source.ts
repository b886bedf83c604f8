import type { Database } from './database.ts';
import { openMysqlDatabase } from './mysql-database.ts';
import { openSqliteDatabase } from './sqlite-database.ts';

export interface DatabaseOptions {
  /** `sqlite:PATH`, or `mysql://user:password@host:port/name` for MySQL and MariaDB alike. */
  url: string;
  /** Connections at most, on MySQL and MariaDB; default 10. SQLite always has one for writing and one for reading. */
  poolSize?: number | undefined;
  /** Told of every statement (without values) as it is sent, for tests and metrics. */
  onStatement?: ((sql: string) => void) | undefined;
}

/**
 * Opens the database; the schema is left as it is (see `Database.migrate`). Throws when it cannot be reached and for an address
 * of another kind; the message never repeats the address.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, poolSize = 10, onStatement } = options;
  if (url.startsWith('sqlite:')) return openSqliteDatabase(url.slice('sqlite:'.length), onStatement);
  if (url.startsWith('mysql:')) return openMysqlDatabase(url, poolSize, onStatement);
  throw new TypeError('The database address must begin with sqlite: or mysql:');
}
