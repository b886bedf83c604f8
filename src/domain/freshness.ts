/** How current an answer must be. */
export type Freshness = 'STORED' | 'STALE_WHILE_REVALIDATE' | 'CURRENT';

/** What is known about the age of a stored copy. */
export interface CopyAge {
  /** When this copy itself was last compared with Fullscript; null when never. */
  syncedAt: string | null;
  /** When the last finished sweep of its clinic's events began, since that proves everything before it; null when never. */
  sweptAt: string | null;
  /**
   * When it was called into question since it was compared: something may have changed of which no event tells. Then no sweep vouches for it, and it is
   * not current however young it is. Null or left out when it was not.
   */
  expiredAt?: string | null;
}

/** When the stored copy was last known to equal Fullscript's; null when it was never fetched (a sweep cannot vouch for what is not there). */
export function toKnownAt(age: CopyAge): string | null {
  const { syncedAt, sweptAt, expiredAt = null } = age;
  if (syncedAt === null || expiredAt !== null) return syncedAt;
  return sweptAt !== null && sweptAt > syncedAt ? sweptAt : syncedAt;
}

/**
 * A copy is current while its own sync, or the last finished sweep of its clinic, is younger than `freshForSeconds`, and nothing has called it into question
 * since.
 */
export function isCurrent(age: CopyAge, now: Date, freshForSeconds: number): boolean {
  if ((age.expiredAt ?? null) !== null) return false;
  const knownAt = toKnownAt(age);
  return knownAt !== null && now.getTime() - Date.parse(knownAt) < freshForSeconds * 1000;
}
