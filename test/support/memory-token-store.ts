import type { TokenPair, TokenStore } from '../../src/fullscript/access-tokens.ts';

export interface MemoryTokenStore extends TokenStore {
  pairs: Map<string, TokenPair>;
  withdrawn: { accountId: string; reason: string }[];
  denied: { accountId: string; scope: string }[];
  verified: { accountId: string; at: string }[];
  kept: TokenPair[];
  /** Accounts that were revoked, as against withdrawn ones and unreadable ones, which have no pair either. */
  closed: Set<string>;
}

/** A token store of the right behaviour in memory; several keepers of tokens may share it, as processes share a database. */
export function createMemoryTokenStore(now: () => Date): MemoryTokenStore {
  const pairs = new Map<string, TokenPair>();
  const leases = new Map<string, { owner: string; until: string }>();
  const toEnd = (leaseMs: number) => new Date(now().getTime() + leaseMs).toISOString();
  const store: MemoryTokenStore = {
    pairs,
    withdrawn: [],
    denied: [],
    verified: [],
    kept: [],
    closed: new Set(),
    find: (accountId) => Promise.resolve(pairs.get(accountId) ?? null),
    findRefresh(accountId) {
      const pair = pairs.get(accountId);
      return Promise.resolve(
        pair ? { version: pair.version, leasedUntil: leases.get(accountId)?.until ?? null } : null,
      );
    },
    acquireLease(accountId, owner, leaseMs, seenUntil) {
      if ((leases.get(accountId)?.until ?? null) !== seenUntil) return Promise.resolve(false);
      leases.set(accountId, { owner, until: toEnd(leaseMs) });
      return Promise.resolve(true);
    },
    prolongLease(accountId, owner, leaseMs) {
      const lease = leases.get(accountId);
      if (lease?.owner === owner) lease.until = toEnd(leaseMs);
      return Promise.resolve();
    },
    releaseLease(accountId, owner) {
      if (leases.get(accountId)?.owner === owner) leases.delete(accountId);
      return Promise.resolve();
    },
    saveRefreshed(accountId, expectedVersion, pair) {
      if (store.closed.has(accountId)) return Promise.resolve('closed');
      if (pairs.get(accountId)?.version !== expectedVersion) return Promise.resolve('superseded');
      pairs.set(accountId, pair);
      return Promise.resolve('saved');
    },
    markWithdrawn(accountId, expectedVersion, reason) {
      if (pairs.get(accountId)?.version !== expectedVersion) return Promise.resolve(false);
      pairs.delete(accountId);
      store.withdrawn.push({ accountId, reason });
      return Promise.resolve(true);
    },
    markDenied(accountId, scope) {
      store.denied.push({ accountId, scope });
      return Promise.resolve();
    },
    markVerified(accountId, at) {
      store.verified.push({ accountId, at });
      return Promise.resolve();
    },
    keepForRevocation(_accountId, pair) {
      store.kept.push(pair);
      return Promise.resolve();
    },
  };
  return store;
}
