import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { FullscriptFailure } from '../domain/errors.ts';
import type { OAuth, RefreshedTokens } from './oauth.ts';
import type { FullscriptLog } from './settings.ts';
import { wait } from './wait.ts';

/** An authorization's tokens. `expiresAt` is an ISO instant, `version` rises by one with every pair that is stored. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
  scopes: string[];
  version: number;
}

/** How far the refresh of an account is: which pair is stored, and until when somebody has the right to replace it. */
export interface RefreshState {
  version: number;
  /** By the holder's clock; null when nobody holds the lease. */
  leasedUntil: string | null;
}

/**
 * What became of a refreshed pair: `superseded` when somebody was faster or the authorization is withdrawn; `closed` when the account was revoked (the
 * store then has the pair revoked as well) or is unknown.
 */
export type SaveOutcome = 'saved' | 'superseded' | 'closed';

/** The port to where tokens are kept; `app` joins it to the store. */
export interface TokenStore {
  /** Null when the account is revoked, withdrawn, unknown, or its tokens cannot be decrypted. */
  find(accountId: string): Promise<TokenPair | null>;
  /** How far refreshing is; null as for `find`. Asked again and again while waiting, so it must be cheap. */
  findRefresh(accountId: string): Promise<RefreshState | null>;
  /**
   * Takes the account's refresh lease for `leaseMs` if nobody has taken or prolonged it since it was seen to end at `seenUntil` (null: held by
   * nobody); false when somebody was faster.
   */
  acquireLease(accountId: string, owner: string, leaseMs: number, seenUntil: string | null): Promise<boolean>;
  /** Lets the lease last for another `leaseMs` from now; does nothing when `owner` does not hold it any more. */
  prolongLease(accountId: string, owner: string, leaseMs: number): Promise<void>;
  /** Gives the lease back; does nothing when `owner` does not hold it any more. */
  releaseLease(accountId: string, owner: string): Promise<void>;
  /** Stores a refreshed pair if the stored version still is `expectedVersion`; `pair.version` is `expectedVersion + 1`. */
  saveRefreshed(accountId: string, expectedVersion: number, pair: TokenPair): Promise<SaveOutcome>;
  /** Records that Fullscript definitely refuses this authorization, if its version still is `expectedVersion`; false when it was not, or was recorded already. */
  markWithdrawn(accountId: string, expectedVersion: number, reason: string): Promise<boolean>;
  /** Records that a 403 showed `scope` to be missing. */
  markDenied(accountId: string, scope: string): Promise<void>;
  /** Records when Fullscript last accepted the authorization, and with which pair; called at most about once a minute per account and pair. */
  markVerified(accountId: string, at: string, version: number): Promise<void>;
  /**
   * Takes a live pair that nobody uses, to be revoked together with the account: at once when the account is closed already, otherwise when it is
   * closed (not before, since at Fullscript the end of one pair may be the end of the whole authorization).
   */
  keepForRevocation(accountId: string, pair: TokenPair): Promise<void>;
}

/** Gives valid access tokens, refreshed exactly once however many callers in however many processes want one. */
export interface AccessTokens {
  /**
   * A pair whose access token is valid; throws `withdrawn` or `unavailable`. One that ends soon is given at once and refreshed behind. Whoever stops
   * waiting does not stop the refresh.
   */
  get(accountId: string): Promise<TokenPair>;
  /** After a 401 with `usedAccessToken`: the store's newer pair when there is one, else a forced refresh. Throws like `get`. */
  refreshAfter401(accountId: string, usedAccessToken: string): Promise<TokenPair>;
  /** Stops waiting for other processes, and waits until what this process refreshes is stored: up to `withinMs`, 10 000 by default. */
  close(withinMs?: number): Promise<void>;
}

/**
 * How a refresh ended: `refreshed` and stored; `overtaken` by another process; `refused` by Fullscript, which ends the authorization unless another
 * process was faster; `closed` since the account was revoked meanwhile; `failed` when Fullscript gave no definite answer, to be tried again.
 */
export type RefreshOutcome = 'refreshed' | 'overtaken' | 'refused' | 'closed' | 'failed';

export interface AccessTokensNeeds {
  store: TokenStore;
  oauth: Pick<OAuth, 'refresh' | 'revoke'>;
  now: () => Date;
  /** 0 up to 1. */
  random: () => number;
  log: FullscriptLog;
  /** Told of every refresh that was sent, for metrics. */
  onRefresh?: ((outcome: RefreshOutcome) => void) | undefined;
  /** How long before its expiry a token is refreshed. Default 300. */
  refreshMarginSeconds?: number | undefined;
  /**
   * How long a process that died keeps others from refreshing. Default 10 000; it is prolonged at every third of it while its holder lives, so
   * clocks may differ by two thirds of it. When they differ more, or prolonging fails, two may refresh: compare-and-set still keeps one pair.
   */
  leaseMs?: number | undefined;
  /** Longest wait for another process's refresh before `unavailable`. Default 60 000. */
  maxLeaseWaitMs?: number | undefined;
}

/** After a refresh ahead of time failed, a token that still works is used this long before the next try. */
const pauseAfterFailureMs = 30_000;
const refreshOutcomes: Record<SaveOutcome, RefreshOutcome> = {
  saved: 'refreshed',
  superseded: 'overtaken',
  closed: 'closed',
};
/** How soon to look whether another process has finished its refresh, before jitter; doubled each time. */
const firstLookMs = 50;
const longestLookMs = 500;
const maxRemembered = 10_000;

/**
 * Makes the keeper of access tokens. A refresh happens once for any number of callers: one promise per account in this process, a lease across
 * processes that lasts while its holder lives, and another look at the store after getting the lease. The new pair is stored before anybody sees it;
 * Fullscript keeps the old refresh token alive until the new access token is first used, so a lost answer, a lost save, a killed holder and an
 * expired lease all end well with the old one.
 */
export function createAccessTokens(needs: AccessTokensNeeds): AccessTokens {
  const { store, oauth, log } = needs;
  const marginMs = (needs.refreshMarginSeconds ?? 300) * 1000;
  const leaseMs = needs.leaseMs ?? 10_000;
  const maxLeaseWaitMs = needs.maxLeaseWaitMs ?? 60_000;
  const closing = new AbortController();
  const refreshes = new Map<string, Promise<TokenPair>>();
  const lookUps = new Map<string, Promise<TokenPair | null>>();
  const quietUntil = new LRUCache<string, number>({ max: maxRemembered });

  const now = () => needs.now().getTime();
  const isValid = (pair: TokenPair) => Date.parse(pair.expiresAt) > now();
  const note = (outcome: RefreshOutcome): void => needs.onRefresh?.(outcome);
  const isFresh = (pair: TokenPair) => Date.parse(pair.expiresAt) - marginMs > now();

  /** Looks into the store, once for everybody who asks at the same time. */
  function look(accountId: string): Promise<TokenPair | null> {
    return shared(lookUps, accountId, () => store.find(accountId));
  }

  async function getPair(accountId: string): Promise<TokenPair> {
    return (await look(accountId)) ?? refuse();
  }

  /** Gives a pair that is newer than `stale`, by whoever refreshes first. */
  async function refresh(accountId: string, stale: TokenPair): Promise<TokenPair> {
    for (;;) {
      const pair = await shared(refreshes, accountId, () => refreshAcrossProcesses(accountId, stale));
      // Somebody else's refresh may have been about an older pair than the one this caller found wanting.
      if (pair.version !== stale.version) return pair;
    }
  }

  async function refreshAcrossProcesses(accountId: string, stale: TokenPair): Promise<TokenPair> {
    const owner = randomUUID();
    let seenUntil: string | null = null;
    let unmovedMs = 0;
    for (let waitedMs = 0, lookMs = firstLookMs; ; lookMs = Math.min(lookMs * 2, longestLookMs)) {
      const state = (await store.findRefresh(accountId)) ?? refuse();
      if (state.version !== stale.version) return (await store.find(accountId)) ?? refuse();
      if (state.leasedUntil !== seenUntil) unmovedMs = 0;
      seenUntil = state.leasedUntil;
      // A lease that nobody has prolonged for its whole length is a dead process's, whatever its clock said.
      const isFree = seenUntil === null || Date.parse(seenUntil) <= now() || unmovedMs >= leaseMs;
      if (isFree && (await store.acquireLease(accountId, owner, leaseMs, seenUntil))) {
        return await refreshWithLease(accountId, owner, stale);
      }
      if (waitedMs >= maxLeaseWaitMs || closing.signal.aborted) {
        throw new FullscriptFailure('unavailable', 'Another process is still refreshing this authorization');
      }
      const waitMs = lookMs * (0.5 + needs.random());
      await wait(waitMs, closing.signal);
      waitedMs += waitMs;
      unmovedMs += waitMs;
    }
  }

  async function refreshWithLease(accountId: string, owner: string, stale: TokenPair): Promise<TokenPair> {
    const prolonging = setInterval(() => {
      // The next turn tries again; if none gets through, the lease ends by itself and another process may begin.
      store.prolongLease(accountId, owner, leaseMs).catch(() => undefined);
    }, leaseMs / 3);
    prolonging.unref();
    try {
      // Another look: while the lease was asked for, somebody may have finished.
      const current = (await store.find(accountId)) ?? refuse();
      return current.version === stale.version ? await refreshNow(accountId, current) : current;
    } finally {
      clearInterval(prolonging);
      await release(accountId, owner);
    }
  }

  async function refreshNow(accountId: string, current: TokenPair): Promise<TokenPair> {
    let tokens: RefreshedTokens;
    try {
      tokens = await oauth.refresh(current.refreshToken);
    } catch (error) {
      const isRefused = error instanceof FullscriptFailure && error.kind === 'rejected';
      note(isRefused ? 'refused' : 'failed');
      if (!isRefused) throw error;
      // The old refresh token dies with the first use of what another process got with it: that is then in the store already.
      const stored = await store.find(accountId);
      if (stored && stored.version !== current.version) return stored;
      if (stored) await store.markWithdrawn(accountId, current.version, 'Fullscript refuses the refresh token');
      log.info({ accountId, upstreamRequestId: error.upstreamRequestId }, 'Fullscript withdrew an authorization');
      return refuse(error);
    }
    const pair: TokenPair = {
      accessToken: tokens.accessToken,
      refreshToken: tokens.refreshToken,
      expiresAt: tokens.expiresAt,
      scopes: tokens.scopes.length > 0 ? tokens.scopes : current.scopes,
      version: current.version + 1,
    };
    const outcome = await store.saveRefreshed(accountId, current.version, pair);
    note(refreshOutcomes[outcome]);
    if (outcome === 'saved') return pair;
    if (outcome === 'closed') {
      await revokeAtOnce(accountId, pair);
      return refuse();
    }
    // Somebody was faster while the lease had run out. What is stored counts, also when it is of no use to this process.
    const stored = await store.find(accountId);
    if (stored?.accessToken !== pair.accessToken) await store.keepForRevocation(accountId, pair);
    return stored ?? refuse();
  }

  /** Closed means that nothing stays alive at Fullscript, whoever has been refreshing meanwhile. */
  async function revokeAtOnce(accountId: string, pair: TokenPair): Promise<void> {
    try {
      await oauth.revoke(pair.accessToken);
    } catch (error) {
      log.error({ accountId, failure: toWord(error) }, 'A pair of a closed account could not be revoked at once');
      await store.keepForRevocation(accountId, pair);
    }
  }

  async function release(accountId: string, owner: string): Promise<void> {
    try {
      await store.releaseLease(accountId, owner);
    } catch (error) {
      // It runs out by itself; the refresh itself is done and must not fail over this.
      log.warn({ accountId, failure: toWord(error) }, 'A refresh lease could not be given back');
    }
  }

  /** Renews a pair that still works, without anybody waiting for it. */
  function refreshAhead(accountId: string, pair: TokenPair): void {
    if (refreshes.has(accountId) || (quietUntil.get(accountId) ?? 0) > now()) return;
    refresh(accountId, pair).catch((error: unknown) => {
      if (error instanceof FullscriptFailure && error.kind === 'withdrawn') return;
      quietUntil.set(accountId, now() + pauseAfterFailureMs);
      log.warn({ accountId, failure: toWord(error) }, 'Refreshing ahead failed; the access token still works');
    });
  }

  return {
    async get(accountId) {
      const pair = await getPair(accountId);
      if (!isValid(pair)) return await refresh(accountId, pair);
      if (!isFresh(pair)) refreshAhead(accountId, pair);
      return pair;
    },
    async refreshAfter401(accountId, usedAccessToken) {
      // Not the shared look: it may have begun before the token that was refused was even stored.
      const pair = (await store.find(accountId)) ?? refuse();
      return pair.accessToken === usedAccessToken ? refresh(accountId, pair) : pair;
    },
    async close(withinMs = 10_000) {
      closing.abort();
      const ended = new AbortController();
      const settled = Promise.allSettled(refreshes.values()).then(() => ended.abort());
      await Promise.race([settled, wait(withinMs, ended.signal)]);
    },
  };
}

function refuse(cause?: unknown): never {
  throw new FullscriptFailure('withdrawn', 'There is no usable authorization at Fullscript', { cause });
}

function toWord(error: unknown): string {
  return error instanceof FullscriptFailure ? error.kind : error instanceof Error ? error.name : 'unknown';
}

/** Joins whoever asks for `key` while `start` is under way. */
function shared<T>(running: Map<string, Promise<T>>, key: string, start: () => Promise<T>): Promise<T> {
  const known = running.get(key);
  if (known) return known;
  const begun = start().finally(() => running.delete(key));
  running.set(key, begun);
  return begun;
}
