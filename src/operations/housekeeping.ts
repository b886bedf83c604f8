import type { OperationNeeds } from './needs.ts';
import { createRotateKeys } from './rotate-keys.ts';

const hourMs = 3600 * 1000;
const dayMs = 24 * hourMs;

const batchSize = 500;

/**
 * Deletes what has served: changes an hour after live updates were told of them, revoked tokens 90 days after Fullscript has confirmed them, idempotency keys that have expired, leases and claims of processes that were killed, and finished events once Fullscript itself has
 * forgotten them (so that none can come again). Encrypts with the first key what another one still holds. Gives how many rows it dealt with.
 */
export function createHousekeeping(needs: OperationNeeds): (signal: AbortSignal) => Promise<number> {
  const { store, now } = needs;
  const rotateKeys = createRotateKeys(needs);
  return async (signal) => {
    const ago = (ms: number): string => new Date(now().getTime() - ms).toISOString();
    let rows = await store.recommendations.prune(ago(0));
    rows += await store.leases.prune(ago(dayMs));
    rows += await store.refreshClaims.prune(ago(dayMs));
    const prunes = [
      () => store.inbox.prune(ago(40 * dayMs), batchSize),
      () => store.revocations.prune(ago(90 * dayMs), batchSize),
      () => store.changes.prune(ago(hourMs), batchSize),
    ];
    for (const prune of prunes) {
      for (let batch = 1; batch > 0 && !signal.aborted;) {
        batch = await prune();
        rows += batch;
      }
    }
    return rows + (await rotateKeys(signal)).done;
  };
}
