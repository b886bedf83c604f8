import type { DataSource } from 'typeorm';
import { migrations } from '../../migrations/all.ts';
import type { Reader } from './database.ts';
import { DatabaseFailure } from './database-failure.ts';

/** Runs what is pending on a connection that nobody else migrates with. */
export async function runMigrations(dataSource: DataSource, transaction: 'each' | 'none'): Promise<string[]> {
  const done = await dataSource.runMigrations({ transaction });
  return done.map((migration) => migration.name);
}

/** Takes the newest migration back. */
export async function revertLastMigration(
  dataSource: DataSource,
  reader: Reader,
  transaction: 'each' | 'none',
): Promise<string | null> {
  const done = await findDone(reader);
  const newest = migrations.map((migration) => migration.name).findLast((name) => done.has(name));
  if (newest === undefined) return null;
  await dataSource.undoLastMigration({ transaction });
  return newest;
}

/** The names of migrations that the database has not had, oldest first. */
export async function findPendingMigrations(reader: Reader): Promise<string[]> {
  const done = await findDone(reader);
  return migrations.map((migration) => migration.name).filter((name) => !done.has(name));
}

async function findDone(reader: Reader): Promise<Set<string>> {
  try {
    const rows = await reader.read<{ name: string }>('SELECT name FROM migrations');
    return new Set(rows.map((row) => row.name));
  } catch (error) {
    // An empty database has no record of migrations yet.
    if (error instanceof DatabaseFailure && (error.code === 'ER_NO_SUCH_TABLE' || error.code === 'SQLITE_ERROR'))
      return new Set();
    throw error;
  }
}
