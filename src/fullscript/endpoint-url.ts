import { FullscriptFailure } from '../domain/errors.ts';
import type { EndpointInput } from './transport.ts';

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
