import type { z } from 'zod';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import type { Answer } from './answer.ts';
import type { Endpoint, EndpointInput } from './endpoint.ts';
import { isRow, readInteger, readWire, toContractFailure, toSnakeKeys, type Row } from './wire.ts';

/** Fullscript's largest page. */
const pageSize = 100;
/** More pages than any clinic has; whoever gets here is being led round in circles. */
const maxPages = 10_000;

export interface ListInput extends Pick<EndpointInput, 'params' | 'query'> {
  /** The keys under which the rows may stand. */
  rowKeys: readonly string[];
  /** The page to begin with. Default 1. */
  firstPage?: number | undefined;
}

/** One page of a list. */
export interface ListPage<Row> {
  rows: Row[];
  /** Null at the end. */
  nextPage: number | null;
}

/** Reads one page, counted from 1. Throws `contract` when a row or the list itself cannot be read, or when it leads back. */
export async function readPage<Schema extends z.ZodType>(
  client: Client,
  call: Call,
  endpoint: Endpoint,
  input: Pick<ListInput, 'params' | 'query' | 'rowKeys'>,
  schema: Schema,
  page: number,
): Promise<ListPage<z.output<Schema>>> {
  const answer = await client.ask(call, endpoint, {
    params: input.params,
    query: { ...input.query, 'page[number]': String(page), 'page[size]': String(pageSize) },
  });
  const body = toSnakeKeys(answer.body);
  const rows = readRows(body, input.rowKeys, answer).map((row) => readWire(schema, row, answer));
  const nextPage = readNextPage(body, page, rows.length);
  if (nextPage !== null && (nextPage <= page || nextPage > maxPages + 1))
    throw toContractFailure(answer, 'meta.next_page');
  return { rows, nextPage };
}

/**
 * Reads a list from `firstPage` to its end, or to the first page of which `isEnough` says so. Rows that appear twice, because the list moved on while
 * it was read, come once (by `id`).
 * Throws `contract` when a row or the list itself cannot be read, or when the pages do not end: a list is never silently cut short.
 */
export async function listAll<Schema extends z.ZodType<{ id: string }>>(
  client: Client,
  call: Call,
  endpoint: Endpoint,
  input: ListInput,
  schema: Schema,
  isEnough: (rows: readonly z.output<Schema>[]) => boolean = () => false,
): Promise<z.output<Schema>[]> {
  const rows = new Map<string, z.output<Schema>>();
  for (let page = input.firstPage ?? 1; ;) {
    const found: ListPage<z.output<Schema>> = await readPage(client, call, endpoint, input, schema, page);
    for (const row of found.rows) if (!rows.has(row.id)) rows.set(row.id, row);
    if (found.nextPage === null || isEnough(found.rows)) return [...rows.values()];
    page = found.nextPage;
  }
}

function readRows(body: unknown, keys: readonly string[], answer: Answer): unknown[] {
  if (Array.isArray(body)) return body;
  if (isRow(body)) for (const key of keys) if (Array.isArray(body[key])) return body[key];
  throw toContractFailure(answer, keys[0] ?? 'body');
}

/** The next page's number, null at the end. Without `meta` a full page has a successor, and so it goes until one is not full. */
function readNextPage(body: unknown, page: number, count: number): number | null {
  if (count === 0) return null;
  const meta: Row = isRow(body) && isRow(body['meta']) ? body['meta'] : {};
  if ('next_page' in meta) return readInteger(meta['next_page']);
  const totalPages = readInteger(meta['total_pages']);
  if (totalPages !== null) return page < totalPages ? page + 1 : null;
  return count >= pageSize ? page + 1 : null;
}
