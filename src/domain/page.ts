import { Refusal } from './errors.ts';

/** The arguments of a list as a caller gives them. */
export interface PageArguments {
  first?: number | null | undefined;
  after?: string | null | undefined;
}

/** The arguments of a list, checked: `first` is 1 to 100, `after` the position behind which it starts. */
export interface PageRequest {
  first: number;
  after: Position | null;
}

/** A place in a list that is ordered by an instant (or any text) and then by id, both descending. */
export interface Position {
  at: string;
  id: string;
}

export interface Page<T> {
  rows: readonly T[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  totalCount: number;
}

/**
 * Checks the arguments of a list. `kind` names the list, so that a cursor of another list is refused.
 * Throws BAD_USER_INPUT for `first` outside 1 to 100 and for a cursor that this list did not give.
 */
export function readPageRequest(kind: string, { first, after }: PageArguments, defaultFirst: number): PageRequest {
  const count = first ?? defaultFirst;
  if (!Number.isInteger(count) || count < 1 || count > 100) {
    throw new Refusal('BAD_USER_INPUT', 'first must be a whole number from 1 to 100', {
      extensions: { argument: 'first' },
    });
  }
  return { first: count, after: after === null || after === undefined ? null : readCursor(kind, after) };
}

/** Makes the opaque cursor of a place in the list `kind`. */
export function toCursor(kind: string, position: Position): string {
  return Buffer.from(JSON.stringify([kind, position.at, position.id])).toString('base64url');
}

function readCursor(kind: string, cursor: string): Position {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parsed) && parsed.length === 3 && parsed[0] === kind) {
      const [, at, id] = parsed as unknown[];
      if (typeof at === 'string' && typeof id === 'string') return { at, id };
    }
  } catch {
    // Falls through to the refusal: what cannot be read is not a cursor of ours.
  }
  throw new Refusal('BAD_USER_INPUT', 'after is not a cursor of this list', { extensions: { argument: 'after' } });
}
