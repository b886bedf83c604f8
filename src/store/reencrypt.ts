import { isIn } from './conditions.ts';
import type { Database, SqlValue } from './database.ts';
import { UndecryptableError, type Secrets } from './secrets.ts';

/** Encrypts again, with the first key, up to `limit` rows that another key holds; gives how many it did, 0 when nothing is left. */
export async function reencrypt(db: Database, secrets: Secrets, limit: number): Promise<number> {
  if (secrets.olderKeyIds.length === 0) return 0;
  let done = 0;
  for (const place of encryptedPlaces) {
    if (done >= limit) break;
    const among = isIn(place.keyColumn, secrets.olderKeyIds);
    const rows = await db.read<Record<string, string | null>>(
      `SELECT ${place.idColumn} AS id, ${place.columns.join(', ')} FROM ${place.table}
        WHERE ${among.sql} ORDER BY ${place.idColumn} LIMIT ${String(Math.max(1, Math.trunc(limit - done)))}`,
      among.params,
    );
    for (const row of rows) {
      if (await reencryptRow(db, secrets, place, row)) done += 1;
    }
  }
  return done;
}

/** Where encrypted texts are kept. */
const encryptedPlaces = [
  { table: 'account', idColumn: 'id', keyColumn: 'token_key_id', columns: ['access_token', 'refresh_token'] },
  { table: 'revoked_token', idColumn: 'id', keyColumn: 'token_key_id', columns: ['token'] },
  {
    table: 'connect_state',
    idColumn: 'state_hash',
    keyColumn: 'exchanged_key_id',
    columns: ['exchanged', 'exchanged_token'],
  },
] as const;

async function reencryptRow(
  db: Database,
  secrets: Secrets,
  place: (typeof encryptedPlaces)[number],
  row: Record<string, string | null>,
): Promise<boolean> {
  const set: string[] = [];
  const unchanged: string[] = [];
  const fresh: SqlValue[] = [];
  const old: SqlValue[] = [];
  for (const column of place.columns) {
    const text = row[column];
    if (text === null || text === undefined) continue;
    try {
      fresh.push(await secrets.encrypt(await secrets.decrypt(text)));
    } catch (error) {
      if (error instanceof UndecryptableError) return false;
      throw error;
    }
    set.push(`${column} = ?`);
    unchanged.push(`${column} = ?`);
    old.push(text);
  }
  // What changed meanwhile was encrypted with the first key then.
  const changed = await db.write((tx) =>
    tx.run(
      `UPDATE ${place.table} SET ${[...set, `${place.keyColumn} = ?`].join(', ')}
        WHERE ${[`${place.idColumn} = ?`, ...unchanged].join(' AND ')}`,
      [...fresh, secrets.currentKeyId, row['id'] ?? null, ...old],
    ),
  );
  return changed === 1;
}
