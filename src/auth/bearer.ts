/**
 * The token of the request's one `Authorization: Bearer …` header; null when there is none or the scheme is another. Several headers name
 * nobody: whoever stands between may have looked at another one than we would.
 */
export function findBearer(authorization: readonly string[] | undefined): string | null {
  const [header, ...others] = authorization ?? [];
  if (header === undefined || others.length > 0) return null;
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)?.[1] ?? null;
}
