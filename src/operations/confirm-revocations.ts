import { FullscriptFailure } from '../domain/errors.ts';
import type { RevokedToken } from '../store/revocations.ts';
import type { OperationNeeds } from './needs.ts';

const batchSize = 20;
/** Longer than one call with its retries can take; a worker that dies gives its share back after this. */
const leaseMs = 60_000;
const longestWaitMs = 15 * 60_000;

/** How long to wait after the `attempts`-th try (1 for the first): a second, doubled each time, a quarter of an hour at most. */
export function toRevocationWaitMs(attempts: number): number {
  return Math.min(longestWaitMs, 1000 * 2 ** Math.min(attempts - 1, 20));
}

/**
 * Has Fullscript confirm closed authorizations that are due, and puts back what it does not confirm. Confirmed means that Fullscript said so
 * or does not know the token; anything else is tried again until it is. Gives how many it looked at.
 */
export function createConfirmRevocations(needs: OperationNeeds): (signal: AbortSignal) => Promise<number> {
  const { store, fullscript, now, log } = needs;

  async function confirmOne(revoked: RevokedToken, signal: AbortSignal): Promise<void> {
    const about = {
      organizationId: revoked.organizationId,
      accountId: revoked.accountId,
      attempts: revoked.attempts,
    };
    const retryAt = new Date(now().getTime() + toRevocationWaitMs(revoked.attempts)).toISOString();
    if (revoked.token === null) {
      log.error(about, 'an authorization cannot be revoked at Fullscript: no configured key opens its token');
      await store.revocations.retryAt(revoked.id, retryAt, 'undecryptable');
      return;
    }
    try {
      await fullscript.oauth.revoke(revoked.token, {
        priority: 'background',
        signal,
        requestId: `revoke-${revoked.id}`,
      });
      await store.revocations.confirm(revoked.id, now().toISOString());
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
      log.error(
        { ...about, kind: error.kind, status: error.status },
        'Fullscript has not confirmed a revocation: it will be tried again',
      );
      await store.revocations.retryAt(revoked.id, retryAt, `${error.kind} ${error.status ?? ''}`.trim());
    }
  }

  return async (signal) => {
    let seen = 0;
    while (!signal.aborted) {
      const batch = await store.revocations.claim(batchSize, leaseMs);
      if (batch.length === 0) break;
      seen += batch.length;
      await Promise.all(batch.map((revoked) => confirmOne(revoked, signal)));
    }
    return seen;
  };
}
