import { FullscriptFailure } from '../domain/errors.ts';
import type { OAuthOptions } from '../fullscript/oauth.ts';
import type { RevokedToken } from '../store/revocations.ts';
import type { OperationNeeds } from './needs.ts';

/** Batches under way at the same time: one that is slow does not hold up the others. */
const lanes = 2;
const batchSize = 10;
/** A worker that dies gives its share back after this. */
const leaseMs = 30_000;
/** What a batch's calls may take with their retries; over before the lease is. */
const callMs = 20_000;
/** How long a call waits for the budget or for a Retry-After; what would take longer is given back. */
const callWaitMs = 2000;
const longestWaitMs = 15 * 60_000;
/** Longest silence while Fullscript confirms nothing at all and does not say for how long. */
const longestSilenceMs = 30_000;
/** Longest silence that Fullscript or the budget may ask for: Fullscript's window. */
const longestAskedSilenceMs = 300_000;
/** How often failures are logged, together. */
const logEveryMs = 60_000;
const loggedIds = 10;

/** How long to wait after the `attempts`-th try (1 for the first): a second, doubled each time, a quarter of an hour at most. */
export function toRevocationWaitMs(attempts: number): number {
  return Math.min(longestWaitMs, 1000 * 2 ** Math.min(attempts - 1, 20));
}

type Outcome =
  | { kind: 'confirmed'; retryAfterMs: 0 }
  /** There was no budget, Fullscript asked for fewer calls, or this process stops: no attempt at this token. */
  | { kind: 'held'; retryAfterMs: number }
  | { kind: 'failed'; reason: string; retryAfterMs: number; isOutage: boolean };

/**
 * Has Fullscript confirm closed authorizations that are due, and puts back what it does not confirm. Confirmed means that Fullscript said so
 * or does not know the token; anything else is tried again until it is. While there is no budget, or Fullscript confirms nothing at all, nothing is
 * taken. Gives how many it looked at.
 */
export function createConfirmRevocations(needs: OperationNeeds): (signal: AbortSignal) => Promise<number> {
  const { store, fullscript, now, log } = needs;
  const failures = createFailureLog(needs);
  let quietUntil = 0;
  let batchesInVain = 0;

  const isQuiet = (): boolean => now().getTime() < quietUntil;

  /**
   * Ends pairs that nobody knows, which a refresh may have left behind whose answer was lost: the first use of a new pair ends all others. Gives its
   * access token; null when Fullscript refuses the refresh token, because such a pair was used or revoked already. The new pair is stored before it
   * is used, so that this can be broken off anywhere and begun again.
   */
  async function endOthers(id: string, refreshToken: string, options: OAuthOptions): Promise<string | null> {
    try {
      const pair = await fullscript.oauth.refresh(refreshToken, options);
      await store.revocations.replace(id, pair);
      await fullscript.oauth.use(pair.accessToken, options);
      return pair.accessToken;
    } catch (error) {
      if (error instanceof FullscriptFailure && error.kind === 'rejected') return null;
      throw error;
    }
  }

  async function send(revoked: RevokedToken, stopping: AbortSignal, late: AbortSignal): Promise<Outcome> {
    if (revoked.token === null) return { kind: 'failed', reason: 'undecryptable', retryAfterMs: 0, isOutage: false };
    const options: OAuthOptions = {
      priority: 'background',
      maxWaitMs: callWaitMs,
      // The silences here are kept instead of the circuit's.
      insists: true,
      signal: AbortSignal.any([stopping, late]),
      requestId: `revoke-${revoked.id}`,
    };
    try {
      const last = revoked.refreshToken === null ? null : await endOthers(revoked.id, revoked.refreshToken, options);
      await fullscript.oauth.revoke(last ?? revoked.token, options);
      return { kind: 'confirmed', retryAfterMs: 0 };
    } catch (error) {
      return stopping.aborted ? { kind: 'held', retryAfterMs: 0 } : toOutcome(error);
    }
  }

  function toOutcome(error: unknown): Outcome {
    if (!(error instanceof FullscriptFailure)) {
      log.error({ err: error }, 'a revocation could not be sent');
      return { kind: 'failed', reason: 'internal', retryAfterMs: 0, isOutage: false };
    }
    const retryAfterMs = (error.retryAfterSeconds ?? 0) * 1000;
    if (error.kind === 'rate_limited') return { kind: 'held', retryAfterMs };
    const reason = `${error.kind} ${error.status ?? ''}`.trim();
    return { kind: 'failed', reason, retryAfterMs, isOutage: error.kind === 'unavailable' };
  }

  async function settle(batch: readonly RevokedToken[], outcomes: readonly Outcome[]): Promise<void> {
    const at = now();
    const idsOf = (kind: Outcome['kind']) =>
      batch.filter((_, index) => outcomes[index]?.kind === kind).map(({ id }) => id);
    await store.revocations.confirm(idsOf('confirmed'), at.toISOString());
    await store.revocations.giveBack(idsOf('held'), at.toISOString());
    for (const [index, revoked] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome?.kind !== 'failed') continue;
      const waitMs = Math.max(toRevocationWaitMs(revoked.attempts), Math.min(outcome.retryAfterMs, longestWaitMs));
      await store.revocations.retryAt(revoked.id, new Date(at.getTime() + waitMs).toISOString(), outcome.reason);
      failures.note(revoked, outcome.reason);
    }
  }

  /**
   * Leaves Fullscript alone when the budget is used up, when Fullscript asked for it, and when a whole batch came to nothing for reasons that
   * are Fullscript's: asking for thousands in vain would use up everybody's calls.
   */
  function keepQuiet(outcomes: readonly Outcome[]): void {
    const unserved = outcomes.filter(
      (outcome) => outcome.kind === 'held' || (outcome.kind === 'failed' && outcome.isOutage),
    );
    const isInVain = unserved.length === outcomes.length;
    if (!isInVain) batchesInVain = 0;
    // Of batches that fail at the same time one is counted.
    else if (!isQuiet()) batchesInVain += 1;
    const askedMs = Math.max(0, ...unserved.map(({ retryAfterMs }) => retryAfterMs));
    const ownMs = isInVain ? Math.min(longestSilenceMs, toRevocationWaitMs(batchesInVain)) : 0;
    const waitMs = Math.max(ownMs, Math.min(askedMs, longestAskedSilenceMs));
    quietUntil = Math.max(quietUntil, now().getTime() + waitMs);
  }

  async function runLane(signal: AbortSignal): Promise<number> {
    let seen = 0;
    while (!signal.aborted && !isQuiet()) {
      const batch = await store.revocations.claim(batchSize, leaseMs);
      if (batch.length === 0) break;
      seen += batch.length;
      const late = AbortSignal.timeout(callMs);
      const outcomes = await Promise.all(batch.map((revoked) => send(revoked, signal, late)));
      keepQuiet(outcomes);
      await settle(batch, outcomes);
      failures.write();
    }
    return seen;
  }

  return async (signal) => {
    failures.write();
    const ended = await Promise.allSettled(Array.from({ length: lanes }, () => runLane(signal)));
    let seen = 0;
    for (const lane of ended) {
      if (lane.status === 'rejected') throw lane.reason;
      seen += lane.value;
    }
    return seen;
  };
}

/** Gathers what was not confirmed and writes it once a minute: thousands fail together when Fullscript is down. */
function createFailureLog({ log, now }: Pick<OperationNeeds, 'log' | 'now'>) {
  let failed: { revoked: RevokedToken; reason: string }[] = [];
  let silentUntil = 0;

  function toSummary(some: typeof failed): object {
    const reasons: Record<string, number> = {};
    for (const { reason } of some) reasons[reason] = (reasons[reason] ?? 0) + 1;
    const firstOf = (toId: (revoked: RevokedToken) => string | null): string[] =>
      [...new Set(some.map(({ revoked }) => toId(revoked)))].filter((id) => id !== null).slice(0, loggedIds);
    return {
      failed: some.length,
      reasons,
      organizationIds: firstOf((revoked) => revoked.organizationId),
      accountIds: firstOf((revoked) => revoked.accountId),
    };
  }

  return {
    note(revoked: RevokedToken, reason: string): void {
      failed.push({ revoked: { ...revoked, token: null }, reason });
    },
    /** Writes what was noted, unless something was written less than a minute ago. */
    write(): void {
      if (failed.length === 0 || now().getTime() < silentUntil) return;
      silentUntil = now().getTime() + logEveryMs;
      const closed = failed.filter(({ reason }) => reason === 'undecryptable');
      const unconfirmed = failed.filter(({ reason }) => reason !== 'undecryptable');
      failed = [];
      if (closed.length > 0) {
        log.error(
          toSummary(closed),
          'an authorization cannot be revoked at Fullscript: no configured key opens its token',
        );
      }
      if (unconfirmed.length > 0) {
        log.error(toSummary(unconfirmed), 'Fullscript has not confirmed revocations: they will be tried again');
      }
      if (unconfirmed.some(({ reason }) => reason === 'unavailable 401')) {
        log.error({ status: 401 }, 'Fullscript refuses this app itself');
      }
    },
  };
}
