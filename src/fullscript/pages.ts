import type { z } from 'zod';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import type { Answer, Endpoint, EndpointInput } from './transport.ts';
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

/**
 * Reads a list from `firstPage` to its end. Rows that appear twice, because the list moved on while it was read, come once (by `id`).
 * Throws `contract` when a row or the list itself cannot be read, or when the pages do not end: a list is never silently cut short.
 */
export async function listAll<Schema extends z.ZodType<{ id: string }>>(
  client: Client,
  call: Call,
  endpoint: Endpoint,
  input: ListInput,
  schema: Schema,
): Promise<z.output<Schema>[]> {
  const rows = new Map<string, z.output<Schema>>();
  const firstPage = input.firstPage ?? 1;
  for (let page = firstPage; ;) {
    const answer = await client.ask(call, endpoint, {
      params: input.params,
      query: { ...input.query, 'page[number]': String(page), 'page[size]': String(pageSize) },
    });
    const body = toSnakeKeys(answer.body);
    const found = readRows(body, input.rowKeys, answer);
    for (const row of found) {
      const read = readWire(schema, row, answer);
      if (!rows.has(read.id)) rows.set(read.id, read);
    }
    const nextPage = readNextPage(body, page, found.length);
    if (nextPage === null) return [...rows.values()];
    if (nextPage <= page || page - firstPage >= maxPages) throw toContractFailure(answer, 'meta.next_page');
    page = nextPage;
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
