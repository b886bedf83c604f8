import { decodeJwt } from 'jose';

/**
 * The token of the request's one `Authorization: Bearer …` header; null when there is none or the scheme is another. Several headers name
 * nobody: whoever stands between may have looked at another one than we would.
 */
export function findBearer(authorization: readonly string[] | undefined): string | null {
  const [header, ...others] = authorization ?? [];
  if (header === undefined || others.length > 0) return null;
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)?.[1] ?? null;
}

/** The organization that a token speaks of, unverified; null for a token that is no JWT or names none. For our own token only: it grants nothing. */
export function findOrganization(token: string): string | null {
  try {
    const { org } = decodeJwt(token);
    return typeof org === 'string' ? org : null;
  } catch {
    return null;
  }
}
