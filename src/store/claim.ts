import { isIn } from './conditions.ts';
import type { Database, SqlValue, Transaction } from './database.ts';

export interface Claim {
  table: string;
  /** An index that begins with the columns of `where` and goes on with run_at and the key: SKIP LOCKED needs to read in that order. */
  index: string;
  /** Equality conditions on the index's first columns; `true` without any. */
  where: string;
  params: readonly SqlValue[];
  /** A single column that names a row. */
  key: string;
  columns: string;
  now: Date;
  limit: number;
  leaseMs: number;
}

/**
 * Takes due rows, those that wait longest first, by moving their `run_at` behind the lease and counting the attempt: whoever takes them
 * and dies gives them back by letting the time pass. Two takers at the same moment get different rows and neither waits.
 */
export function claimDue<T>(db: Database, claim: Claim): Promise<T[]> {
  return db.write((tx) => claimInside<T>(tx, claim));
}

async function claimInside<T>(tx: Transaction, claim: Claim): Promise<T[]> {
  const { table, key, now } = claim;
  const isServer = tx.engine !== 'sqlite';
  const rows = await tx.read<T & Record<string, SqlValue>>(
    `SELECT ${key} AS claimed_key, ${claim.columns} FROM ${table} ${isServer ? `FORCE INDEX (${claim.index})` : ''}
      WHERE ${claim.where} AND run_at <= ? ORDER BY run_at, ${key} LIMIT ${String(Math.max(1, Math.trunc(claim.limit)))}
      ${isServer ? 'FOR UPDATE SKIP LOCKED' : ''}`,
    [...claim.params, now.toISOString()],
  );
  if (rows.length === 0) return [];
  const taken = isIn(
    key,
    rows.map((row) => row['claimed_key'] ?? null),
  );
  await tx.run(`UPDATE ${table} SET run_at = ?, attempts = attempts + 1 WHERE ${taken.sql}`, [
    new Date(now.getTime() + claim.leaseMs).toISOString(),
    ...taken.params,
  ]);
  return rows;
}
