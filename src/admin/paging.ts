import { toCursor, type Page } from '../domain/page.ts';
import { UsageError, type Given, type Option } from './command-line.ts';

/** The options of a list. */
export const pageOptions: Readonly<Record<string, Option>> = {
  first: { value: 'N', about: 'how many rows, 1 to 100; 50 by default' },
  after: { value: 'CURSOR', about: 'go on behind this place; the page before tells it' },
  all: { about: 'all pages' },
};

/** Which pages of a list are wanted. */
export interface WantedPages {
  first: number;
  after: string | null;
  all: boolean;
}

/** Reads the options of a list. Throws `UsageError` for what does not go together. */
export function readWantedPages(given: Given): WantedPages {
  const first = given.whole('first', 1, 100);
  const after = given.text('after') ?? null;
  const all = given.has('all');
  if (all && first !== undefined) throw new UsageError('--first and --all do not go together');
  return { first: first ?? (all ? 100 : 50), after, all };
}

/** Reads page after page, or only the first one wanted; `onMore` gets the cursor of what was not read. */
export async function* readPages<T extends { id: string }>(
  wanted: WantedPages,
  read: (page: { first: number; after: string | null }) => Promise<Omit<Page<T>, 'totalCount'> & { list: string }>,
  toAt: (row: T) => string,
  onMore: (cursor: string) => void,
): AsyncGenerator<readonly T[]> {
  for (let { after } = wanted; ;) {
    const page = await read({ first: wanted.first, after });
    yield page.rows;
    const last = page.rows.at(-1);
    if (!page.hasNextPage || last === undefined) return;
    after = toCursor(page.list, { at: toAt(last), id: last.id });
    if (wanted.all) continue;
    onMore(after);
    return;
  }
}
