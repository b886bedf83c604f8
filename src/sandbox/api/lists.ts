import type { ApiContext } from './request.ts';

const defaultPageSize = 20;
const largestPageSize = 100;

interface Page {
  rows: Record<string, unknown>[];
  meta: {
    current_page: number;
    next_page: number | null;
    prev_page: number | null;
    total_pages: number;
    total_count: number;
  };
}

function readPositive(text: string | undefined, otherwise: number): number {
  const number = Number(text);
  return Number.isInteger(number) && number > 0 ? number : otherwise;
}

/** The page that the query asks for: 20 rows unless told, never more than 100; past the end it is empty. */
export function toPage<T>(c: ApiContext, things: readonly T[], toRow: (thing: T) => Record<string, unknown>): Page {
  const size = Math.min(readPositive(c.req.query('page[size]'), defaultPageSize), largestPageSize);
  const current = readPositive(c.req.query('page[number]'), 1);
  const totalPages = Math.ceil(things.length / size);
  return {
    rows: things.slice((current - 1) * size, current * size).map(toRow),
    meta: {
      current_page: current,
      next_page: current < totalPages ? current + 1 : null,
      prev_page: current > 1 ? current - 1 : null,
      total_pages: totalPages,
      total_count: things.length,
    },
  };
}

/** The things in the order that `sort_by` and `order_by` ask for, the oldest first by default. Unknown fields sort like the first one. */
export function sortBy<T>(
  c: ApiContext,
  things: readonly T[],
  fields: Readonly<Record<string, (thing: T) => string | number>>,
): T[] {
  const wanted = c.req.query('sort_by') ?? '';
  const field = Object.hasOwn(fields, wanted) ? fields[wanted] : Object.values(fields)[0];
  const sign = (c.req.query('order_by') ?? 'ASC').toUpperCase() === 'DESC' ? -1 : 1;
  if (field === undefined) return [...things];
  return [...things].sort((left, right) => {
    const [a, b] = [field(left), field(right)];
    return a === b ? 0 : sign * (a < b ? -1 : 1);
  });
}

/** Whether an instant falls into a filter of whole days in UTC: `<2026-03-02`, `>2026-03-02`, `2026-03-01..2026-03-02` or one day. No filter takes all. */
export function matchesDays(filter: string | undefined, instant: string): boolean {
  if (filter === undefined || filter === '') return true;
  const day = instant.slice(0, 10);
  if (filter.startsWith('<')) return day < filter.slice(1);
  if (filter.startsWith('>')) return day > filter.slice(1);
  const [from, to] = filter.split('..');
  return day >= (from ?? '') && day <= (to ?? from ?? '');
}
