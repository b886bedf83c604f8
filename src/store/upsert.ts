import { placeholders, toChunks } from './conditions.ts';
import type { SqlValue, Transaction } from './database.ts';

export interface Upsert {
  table: string;
  /** The columns of the primary key (or of the only unique key that can be met). */
  keys: readonly string[];
  /** All columns that are written, keys included, in the order of each row's values. */
  columns: readonly string[];
  rows: readonly (readonly SqlValue[])[];
  /** Columns that an existing row keeps as they are. */
  kept?: readonly string[];
  /** Columns that an existing row keeps when the new value is null, since null says only that this answer did not tell. */
  keptWhenNull?: readonly string[];
  /**
   * Newer wins: an existing row changes only when the new one is not older by these columns, the first one deciding most. Null counts as oldest.
   */
  newerBy?: readonly string[];
}

/** The most values one statement carries; SQLite takes 32766. */
const valuesPerStatement = 15_000;

/** Inserts rows, and where the key is there already, changes the row unless the stored one is newer. */
export async function upsert(tx: Transaction, request: Upsert): Promise<void> {
  const { table, keys, columns, keptWhenNull = [], newerBy = [] } = request;
  const fixed = new Set([...keys, ...(request.kept ?? [])]);
  const changed = columns.filter((column) => !fixed.has(column));
  const positions = keys.map((key) => columns.indexOf(key));
  // One order for everybody, so that two writers do not wait for each other crosswise.
  const rows = withoutRepeats(request.rows, positions).toSorted((a, b) => compareKeys(a, b, positions));
  const onConflict =
    tx.engine === 'sqlite'
      ? onConflictUpdate(keys, changed, newerBy, keptWhenNull)
      : onDuplicateUpdate(keys, changed, newerBy, keptWhenNull);
  for (const chunk of toChunks(rows, Math.max(1, Math.floor(valuesPerStatement / columns.length)))) {
    const values = chunk.map(() => `(${placeholders(columns.length)})`).join(',');
    await tx.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values} ${onConflict}`, chunk.flat());
  }
}

/** Inserts rows and passes over those whose unique key is there already. */
export async function insertMissing(
  tx: Transaction,
  request: Pick<Upsert, 'table' | 'columns' | 'rows' | 'keys'>,
): Promise<void> {
  const { table, columns, rows, keys } = request;
  const key = keys[0] ?? '';
  const ignore =
    tx.engine === 'sqlite' ? `ON CONFLICT(${keys.join(', ')}) DO NOTHING` : `ON DUPLICATE KEY UPDATE ${key} = ${key}`;
  for (const chunk of toChunks(rows, Math.max(1, Math.floor(valuesPerStatement / columns.length)))) {
    const values = chunk.map(() => `(${placeholders(columns.length)})`).join(',');
    await tx.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values} ${ignore}`, chunk.flat());
  }
}

function onConflictUpdate(
  keys: readonly string[],
  changed: readonly string[],
  newerBy: readonly string[],
  keptWhenNull: readonly string[],
): string {
  if (changed.length === 0) return `ON CONFLICT(${keys.join(', ')}) DO NOTHING`;
  const set = changed
    .map((column) =>
      keptWhenNull.includes(column)
        ? `${column} = COALESCE(excluded.${column}, ${column})`
        : `${column} = excluded.${column}`,
    )
    .join(', ');
  const isNewer = toNewer(newerBy, (column) => `excluded.${column}`);
  // Inside ON CONFLICT a bare column name is the stored row's.
  return `ON CONFLICT(${keys.join(', ')}) DO UPDATE SET ${set}${isNewer === '' ? '' : ` WHERE ${isNewer}`}`;
}

function onDuplicateUpdate(
  keys: readonly string[],
  changed: readonly string[],
  newerBy: readonly string[],
  keptWhenNull: readonly string[],
): string {
  const key = keys[0] ?? '';
  if (changed.length === 0) return `ON DUPLICATE KEY UPDATE ${key} = ${key}`;
  const isNewer = toNewer(newerBy, (column) => `VALUES(${column})`);
  const toValue = (column: string): string =>
    keptWhenNull.includes(column) ? `COALESCE(VALUES(${column}), ${column})` : `VALUES(${column})`;
  if (isNewer === '') {
    return `ON DUPLICATE KEY UPDATE ${changed.map((column) => `${column} = ${toValue(column)}`).join(', ')}`;
  }
  // These engines assign from left to right, and a later condition sees what an earlier one assigned: so the columns that decide come
  // last, the one that decides most at the very end.
  const ordered = [...changed.filter((column) => !newerBy.includes(column)), ...newerBy.toReversed()];
  return `ON DUPLICATE KEY UPDATE ${ordered.map((column) => `${column} = IF(${isNewer}, ${toValue(column)}, ${column})`).join(', ')}`;
}

function toNewer(newerBy: readonly string[], toNew: (column: string) => string): string {
  const [column, ...rest] = newerBy;
  if (column === undefined) return '';
  const offered = `COALESCE(${toNew(column)}, '')`;
  const stored = `COALESCE(${column}, '')`;
  if (rest.length === 0) return `${offered} >= ${stored}`;
  return `(${offered} > ${stored} OR (${offered} = ${stored} AND ${toNewer(rest, toNew)}))`;
}

/** Of rows with the same key the last one counts. */
function withoutRepeats(rows: readonly (readonly SqlValue[])[], positions: readonly number[]): (readonly SqlValue[])[] {
  const byKey = new Map<string, readonly SqlValue[]>();
  for (const row of rows) byKey.set(JSON.stringify(positions.map((position) => row[position])), row);
  return [...byKey.values()];
}

function compareKeys(a: readonly SqlValue[], b: readonly SqlValue[], positions: readonly number[]): number {
  for (const position of positions) {
    const left = String(a[position]);
    const right = String(b[position]);
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
