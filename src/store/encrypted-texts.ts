import { isIn } from './conditions.ts';
import type { Database, SqlValue } from './database.ts';
import { UndecryptableError, type Secrets } from './secrets.ts';

/** Where a walk over everything encrypted stands: behind this row of this table. */
export interface EncryptedPosition {
  table: string;
  id: string;
}

/** Everything that is stored encrypted, as far as keys are concerned. */
export interface EncryptedTexts {
  /** How many rows another key than the first holds, by the id of that key, whether it is configured or not; none is left out. */
  countOlder(): Promise<{ keyId: string; rows: number }[]>;
  /**
   * Looks at up to `limit` rows behind `after` (null: from the beginning) that another configured key than the first holds, and encrypts with the first what
   * can be opened. Gives how many it did, and where to go on; null at the end. What somebody else changes meanwhile is left as it is.
   */
  reencrypt(limit: number, after: EncryptedPosition | null): Promise<{ done: number; next: EncryptedPosition | null }>;
}

/** The tables with encrypted texts. A token moves from the first two into the last when it is to be revoked, so the last is walked last. */
const places = [
  { table: 'account', idColumn: 'id', keyColumn: 'token_key_id', columns: ['access_token', 'refresh_token'] },
  {
    table: 'connect_state',
    idColumn: 'state_hash',
    keyColumn: 'exchanged_key_id',
    columns: ['exchanged', 'exchanged_token'],
  },
  { table: 'revoked_token', idColumn: 'id', keyColumn: 'token_key_id', columns: ['token', 'refresh_token'] },
] as const;

type Place = (typeof places)[number];
type EncryptedRow = Record<string, string | null> & { id: string };

/** Builds the queries on everything encrypted. */
export function createEncryptedTexts(db: Database, { secrets }: { secrets: Secrets }): EncryptedTexts {
  /** Encrypts one row again; false when no configured key opens it, or when somebody else changed it meanwhile. */
  async function reencryptRow(place: Place, row: EncryptedRow): Promise<boolean> {
    const texts = place.columns.flatMap((column) => (row[column] == null ? [] : [{ column, old: row[column] }]));
    const fresh: string[] = [];
    try {
      for (const { old } of texts) fresh.push(await secrets.encrypt(await secrets.decrypt(old)));
    } catch (error) {
      if (error instanceof UndecryptableError) return false;
      throw error;
    }
    const set = [...texts.map(({ column }) => `${column} = ?`), `${place.keyColumn} = ?`];
    const unchanged = [`${place.idColumn} = ?`, ...texts.map(({ column }) => `${column} = ?`)];
    const params: SqlValue[] = [...fresh, secrets.currentKeyId, row.id, ...texts.map(({ old }) => old)];
    const changed = await db.write((tx) =>
      tx.run(`UPDATE ${place.table} SET ${set.join(', ')} WHERE ${unchanged.join(' AND ')}`, params),
    );
    return changed === 1;
  }

  function findRows(place: Place, afterId: string, limit: number): Promise<EncryptedRow[]> {
    const among = isIn(place.keyColumn, secrets.olderKeyIds);
    return db.read<EncryptedRow>(
      `SELECT ${place.idColumn} AS id, ${place.columns.join(', ')} FROM ${place.table}
        WHERE ${among.sql} AND ${place.idColumn} > ? ORDER BY ${place.idColumn} LIMIT ${String(limit)}`,
      [...among.params, afterId],
    );
  }

  return {
    async countOlder() {
      const rowsByKey = new Map<string, number>();
      for (const { table, keyColumn } of places) {
        const counts = await db.read<{ key_id: string; total: number }>(
          `SELECT ${keyColumn} AS key_id, COUNT(*) AS total FROM ${table}
            WHERE ${keyColumn} IS NOT NULL AND ${keyColumn} <> ? GROUP BY ${keyColumn}`,
          [secrets.currentKeyId],
        );
        for (const { key_id: keyId, total } of counts) rowsByKey.set(keyId, (rowsByKey.get(keyId) ?? 0) + total);
      }
      return [...rowsByKey].map(([keyId, rows]) => ({ keyId, rows })).sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
    },

    async reencrypt(limit, after) {
      if (secrets.olderKeyIds.length === 0) return { done: 0, next: null };
      const start = after === null ? 0 : places.findIndex(({ table }) => table === after.table);
      for (const place of places.slice(start)) {
        const rows = await findRows(place, after?.table === place.table ? after.id : '', limit);
        const last = rows.at(-1);
        if (last === undefined) continue;
        let done = 0;
        for (const row of rows) if (await reencryptRow(place, row)) done += 1;
        return { done, next: { table: place.table, id: last.id } };
      }
      return { done: 0, next: null };
    },
  };
}
