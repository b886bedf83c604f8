/** The token of an `Authorization: Bearer …` header; null when there is none or the scheme is another. */
export function findBearer(authorization: string | undefined): string | null {
  if (authorization === undefined) return null;
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization)?.[1] ?? null;
}
