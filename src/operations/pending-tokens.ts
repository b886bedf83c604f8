import type { TokenPair, TokenStore } from '../fullscript/access-tokens.ts';

/**
 * A token store with room for tokens that have no account yet: between Fullscript's answer to the code and the first look at the
 * clinic, whose id the account needs. Held tokens live in memory, under an id of their own.
 */
export interface PendingTokens extends TokenStore {
  /** Gives the id under which calls can be made until `release`. */
  hold(id: string, pair: TokenPair): void;
  /**
   * Forgets them once no refresh of them is under way any more, and gives the pair as it is then: what a refresh still brings is another pair at
   * Fullscript, and would be known to nobody. Null when they turned out to be withdrawn.
   */
  release(id: string): Promise<TokenPair | null>;
}

interface Held {
  pair: TokenPair;
  /** Ends with the refresh that is under way; null while there is none. */
  refresh: { owner: string; ended: Promise<void>; end: () => void } | null;
}

/** Puts the room for pending tokens in front of `store`. */
export function createPendingTokens(store: TokenStore): PendingTokens {
  const held = new Map<string, Held>();
  return {
    hold: (id, pair) => void held.set(id, { pair, refresh: null }),
    async release(id) {
      for (let refresh = held.get(id)?.refresh; refresh; refresh = held.get(id)?.refresh) await refresh.ended;
      const pair = held.get(id)?.pair ?? null;
      held.delete(id);
      return pair;
    },
    find: async (id) => held.get(id)?.pair ?? (await store.find(id)),
    async findRefresh(id) {
      const own = held.get(id);
      return own ? { version: own.pair.version, leasedUntil: null } : await store.findRefresh(id);
    },
    async acquireLease(id, owner, leaseMs, seenUntil) {
      const own = held.get(id);
      if (!own) return await store.acquireLease(id, owner, leaseMs, seenUntil);
      if (own.refresh) return false;
      let end = (): void => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      own.refresh = { owner, ended, end };
      return true;
    },
    async prolongLease(id, owner, leaseMs) {
      if (!held.has(id)) await store.prolongLease(id, owner, leaseMs);
    },
    async releaseLease(id, owner) {
      const own = held.get(id);
      if (!own) return await store.releaseLease(id, owner);
      if (own.refresh?.owner !== owner) return;
      own.refresh.end();
      own.refresh = null;
    },
    async saveRefreshed(id, expectedVersion, pair) {
      const own = held.get(id);
      if (!own) return await store.saveRefreshed(id, expectedVersion, pair);
      own.pair = pair;
      return 'saved';
    },
    async markWithdrawn(id, expectedVersion, reason) {
      const own = held.get(id);
      if (!own) return await store.markWithdrawn(id, expectedVersion, reason);
      held.delete(id);
      own.refresh?.end();
      return true;
    },
    async markDenied(id, scope) {
      if (!held.has(id)) await store.markDenied(id, scope);
    },
    async markVerified(id, at, version) {
      if (!held.has(id)) await store.markVerified(id, at, version);
    },
    keepForRevocation: (id, pair) => store.keepForRevocation(id, pair),
  };
}
