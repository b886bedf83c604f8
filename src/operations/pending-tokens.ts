import type { TokenPair, TokenStore } from '../fullscript/access-tokens.ts';

/**
 * A token store with room for tokens that have no account yet: between Fullscript's answer to the code and the first look at the
 * clinic, whose id the account needs. Held tokens live in memory, under an id of their own.
 */
export interface PendingTokens extends TokenStore {
  /** Gives the id under which calls can be made until `release`. */
  hold(id: string, pair: TokenPair): void;
  /** Forgets them; gives the pair as it is now (it may have been refreshed meanwhile). */
  release(id: string): TokenPair | null;
}

/** Puts the room for pending tokens in front of `store`. */
export function createPendingTokens(store: TokenStore): PendingTokens {
  const held = new Map<string, TokenPair>();
  const { keepForRevocation } = store;
  return {
    hold: (id, pair) => void held.set(id, pair),
    release(id) {
      const pair = held.get(id) ?? null;
      held.delete(id);
      return pair;
    },
    find: async (id) => held.get(id) ?? (await store.find(id)),
    async findRefresh(id) {
      const pair = held.get(id);
      return pair ? { version: pair.version, leasedUntil: null } : await store.findRefresh(id);
    },
    acquireLease: async (id, owner, leaseMs, seenUntil) =>
      held.has(id) || (await store.acquireLease(id, owner, leaseMs, seenUntil)),
    async prolongLease(id, owner, leaseMs) {
      if (!held.has(id)) await store.prolongLease(id, owner, leaseMs);
    },
    async releaseLease(id, owner) {
      if (!held.has(id)) await store.releaseLease(id, owner);
    },
    async saveRefreshed(id, expectedVersion, pair) {
      if (!held.has(id)) return await store.saveRefreshed(id, expectedVersion, pair);
      held.set(id, pair);
      return true;
    },
    async markWithdrawn(id, expectedVersion, reason) {
      if (!held.delete(id)) await store.markWithdrawn(id, expectedVersion, reason);
    },
    async markDenied(id, scope) {
      if (!held.has(id)) await store.markDenied(id, scope);
    },
    async markVerified(id, at, version) {
      if (!held.has(id)) await store.markVerified(id, at, version);
    },
    ...(keepForRevocation ? { keepForRevocation: keepForRevocation.bind(store) } : {}),
  };
}
