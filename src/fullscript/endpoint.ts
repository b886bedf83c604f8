import { FullscriptFailure } from '../domain/errors.ts';

/** An address of Fullscript and what is known about it. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'PATCH';
  /** Behind the API's base, as in `/clinic/patients/{id}`. */
  route: string;
  /** The scopes it needs; of several alternatives the more telling one first. */
  scopes: readonly string[];
  /** Open to approved apps only. */
  restricted?: boolean;
  /** Whether doing it twice is the same as doing it once; GET always is. */
  idempotent?: boolean;
}

/** What fills an endpoint. */
export interface EndpointInput {
  /** For the route's braces. */
  params?: Readonly<Record<string, string>> | undefined;
  /** Left out where undefined. */
  query?: Readonly<Record<string, string | undefined>> | undefined;
  body?: unknown;
  /** For POST; a random one, kept over the retries, when left out. */
  idempotencyKey?: string | undefined;
}

/** Fills the route. An id that cannot stand in a path names nothing that exists: throws `not_found`, without asking. `name` is for the message. */
export function toUrl(apiUrl: string, route: string, input: EndpointInput, name: string): URL {
  const path = route.replaceAll(/\{(\w+)\}/g, (_, key: string) => {
    const value = input.params?.[key] ?? '';
    try {
      if (value !== '' && value !== '.' && value !== '..' && value.length <= 255) return encodeURIComponent(value);
    } catch {
      // Half of a surrogate pair: as impossible as the others.
    }
    throw new FullscriptFailure('not_found', `Fullscript does not know this: ${name}`);
  });
  const url = new URL(`${apiUrl.replace(/\/+$/, '')}${path}`);
  for (const [key, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, value);
  }
  return url;
}
