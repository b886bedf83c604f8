import { toCursor, type Page } from '../../domain/page.ts';

interface PageInfo {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
}

/** The parts of a connection, made of one page; `toPosition` says where a row stands in the list's order. */
export function toConnection<T extends { id: string }>(
  list: string,
  page: Omit<Page<T>, 'totalCount'>,
  toAt: (row: T) => string,
): { edges: { cursor: string; node: T }[]; nodes: readonly T[]; pageInfo: PageInfo } {
  const edges = page.rows.map((node) => ({ cursor: toCursor(list, { at: toAt(node), id: node.id }), node }));
  return { edges, nodes: page.rows, pageInfo: toPageInfo(list, page, toAt) };
}

/** The cursors of a page's ends, without making those in between. */
export function toPageInfo<T extends { id: string }>(
  list: string,
  page: Omit<Page<T>, 'totalCount'>,
  toAt: (row: T) => string,
): PageInfo {
  const [first] = page.rows;
  const last = page.rows.at(-1);
  return {
    hasNextPage: page.hasNextPage,
    hasPreviousPage: page.hasPreviousPage,
    startCursor: first ? toCursor(list, { at: toAt(first), id: first.id }) : null,
    endCursor: last ? toCursor(list, { at: toAt(last), id: last.id }) : null,
  };
}
