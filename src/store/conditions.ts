import type { Reader, SqlValue } from './database.ts';
import type { ClinicRowKey } from './keys.ts';

/** A piece of a WHERE with the values for its placeholders. */
export interface Condition {
  sql: string;
  params: SqlValue[];
}

/** Makes `column IN (…)` for at least one value; repeated values are sent once. */
export function isIn(column: string, values: Iterable<SqlValue>): Condition {
  const params = [...new Set(values)];
  return { sql: `${column} IN (${placeholders(params.length)})`, params };
}

/** Makes the condition that finds rows of several clinics, in the form that all engines answer from an index. */
export function isOneOf(clinicColumn: string, idColumn: string, keys: readonly ClinicRowKey[]): Condition {
  const idsByClinic = new Map<string, Set<string>>();
  for (const { clinicKey, id } of keys) {
    const ids = idsByClinic.get(clinicKey);
    if (ids === undefined) idsByClinic.set(clinicKey, new Set([id]));
    else ids.add(id);
  }
  const parts: string[] = [];
  const params: SqlValue[] = [];
  for (const [clinicKey, ids] of idsByClinic) {
    parts.push(`(${clinicColumn} = ? AND ${idColumn} IN (${placeholders(ids.size)}))`);
    params.push(clinicKey, ...ids);
  }
  return { sql: parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' OR ')})`, params };
}

/** Makes `?,?,?`. */
export function placeholders(count: number): string {
  return count === 1 ? '?' : '?,'.repeat(count - 1) + '?';
}

/** Cuts a list into pieces of at most `size`. */
export function toChunks<T>(list: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < list.length; start += size) chunks.push(list.slice(start, start + size));
  return chunks;
}

/** Puts values into lists by key, in their order. */
export function toGroups<T>(values: Iterable<T>, toKey: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = toKey(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}

/** Reads a JSON column, which some drivers give as text and some already read. */
export function readJson(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}

/** What makes a SELECT inside a transaction keep others from changing its rows; SQLite has one writer anyway. */
export function forUpdate(tx: Reader): string {
  return tx.engine === 'sqlite' ? '' : 'FOR UPDATE';
}
