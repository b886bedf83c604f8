/** A success, read but not yet understood. */
export interface Answer {
  /** Method and route pattern. */
  endpoint: string;
  status: number;
  /** Parsed JSON; undefined when there was no body. */
  body: unknown;
  upstreamRequestId: string | undefined;
}

/** What `parseJson` gives for a body that is not JSON. */
export const unreadable = Symbol('unreadable');

/** Fullscript's id of the request, if it is a sane one. */
export function readRequestId(response: Response): string | undefined {
  const id = response.headers.get('x-request-id');
  return id !== null && /^[\w.:-]{1,128}$/.test(id) ? id : undefined;
}

/** Undefined for an empty body, `unreadable` for what is not JSON. */
export function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return unreadable;
  }
}
