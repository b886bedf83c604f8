/** A revocation that is being followed, and what it is about in words. */
export interface FollowedRevocation {
  id: string;
  label: string;
}

/** More than these are not followed at once; the oldest go first. */
const MAX_FOLLOWED = 20;

function toKey(userId: string): string {
  return `juniper.revocations.${userId}`;
}

/** The revocations that this user follows in this browser, newest first; empty when nothing readable is kept. */
export function listFollowed(storage: { getItem(key: string): string | null }, userId: string): FollowedRevocation[] {
  try {
    const value: unknown = JSON.parse(storage.getItem(toKey(userId)) ?? '[]');
    if (!Array.isArray(value)) return [];
    return value.flatMap((entry: unknown) => {
      const { id, label } = (entry ?? {}) as Record<string, unknown>;
      return typeof id === 'string' && typeof label === 'string' ? [{ id, label }] : [];
    });
  } catch {
    return [];
  }
}

/** Keeps which revocations this user follows, so that a reload does not lose them. */
export function rememberFollowed(
  storage: { setItem(key: string, value: string): void },
  userId: string,
  followed: readonly FollowedRevocation[],
): void {
  storage.setItem(toKey(userId), JSON.stringify(followed.slice(0, MAX_FOLLOWED)));
}
