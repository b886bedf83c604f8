import type { Page, PageRequest } from '../domain/page.ts';
import { isIn, isOneOf } from './conditions.ts';
import type { SqlValue } from './database.ts';
import { toRowKey, type ClinicRowKey } from './keys.ts';

/** What a page query needs to know of a table that holds (clinic_key, id, created_at). */
export interface PageQuery {
  table: string;
  /** The column whose values are asked for: each (clinic, value) has its own page. */
  subject: string;
  keys: readonly ClinicRowKey[];
  filter: { column: string; values: readonly string[] } | null;
  page: PageRequest;
  /** The columns of a row, each written with the alias `t`. */
  columns: string;
}

/** A row of a page query; the columns of the table are null on the one row that stands for a page behind the end. */
export interface PagedRow {
  page_clinic: string;
  page_subject: string;
  page_place: number;
  page_total: number;
  page_skipped: number;
  id: string | null;
}

/**
 * Makes the one statement that gives the pages of any number of subjects, newest first by (created_at, id): rows are numbered and
 * counted on the index alone, and wide columns are read only for those on a page. `keys` must not be empty.
 */
export function toPageSql(query: PageQuery): { sql: string; params: SqlValue[] } {
  const { table, subject, page, filter } = query;
  const among = isOneOf('clinic_key', subject, query.keys);
  const partition = `PARTITION BY clinic_key, ${subject}`;
  const params: SqlValue[] = [];
  let skipped = '0';
  if (page.after !== null) {
    skipped = `SUM(CASE WHEN created_at > ? OR (created_at = ? AND id >= ?) THEN 1 ELSE 0 END) OVER (${partition})`;
    params.push(page.after.at, page.after.at, page.after.id);
  }
  params.push(...among.params);
  let only = '';
  if (filter !== null) {
    const condition = isIn(filter.column, filter.values);
    only = ` AND ${condition.sql}`;
    params.push(...condition.params);
  }
  params.push(page.first);
  const sql = `WITH ranked AS (
    SELECT clinic_key, ${subject} AS subject, id,
      ROW_NUMBER() OVER (${partition} ORDER BY created_at DESC, id DESC) AS place,
      COUNT(*) OVER (${partition}) AS total,
      ${skipped} AS skipped
    FROM ${table} WHERE ${among.sql}${only}
  )
  SELECT r.clinic_key AS page_clinic, r.subject AS page_subject, r.place AS page_place, r.total AS page_total,
    r.skipped AS page_skipped, ${query.columns}
  FROM ranked r LEFT JOIN ${table} t ON t.clinic_key = r.clinic_key AND t.id = r.id AND r.place > r.skipped
  WHERE r.place = 1 OR (r.place > r.skipped AND r.place <= r.skipped + ?)
  ORDER BY r.clinic_key, r.subject, r.place`;
  return { sql, params };
}

/** Sorts the rows of a page query into pages; every key has one, an empty page when nothing is stored. */
export function toPages<R extends PagedRow, T>(
  query: Pick<PageQuery, 'keys' | 'page'>,
  rows: readonly R[],
  toValue: (row: R) => T,
): Map<string, Page<T>> {
  const pages = new Map<string, MutablePage<T>>();
  for (const { clinicKey, id } of query.keys) pages.set(toRowKey(clinicKey, id), toEmptyPage<T>());
  for (const row of rows) {
    const page = pages.get(toRowKey(row.page_clinic, row.page_subject));
    if (page !== undefined) addTo(page, row, query.page.first, toValue);
  }
  return pages;
}

interface MutablePage<T> extends Page<T> {
  rows: T[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  totalCount: number;
}

function toEmptyPage<T>(): MutablePage<T> {
  return { rows: [], hasNextPage: false, hasPreviousPage: false, totalCount: 0 };
}

function addTo<R extends PagedRow, T>(page: MutablePage<T>, row: R, first: number, toValue: (row: R) => T): void {
  page.totalCount = row.page_total;
  page.hasPreviousPage = row.page_skipped > 0;
  page.hasNextPage = row.page_total > row.page_skipped + first;
  if (row.id !== null) page.rows.push(toValue(row));
}
