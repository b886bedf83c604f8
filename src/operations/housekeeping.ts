import type { OperationNeeds } from './needs.ts';

const dayMs = 24 * 3600 * 1000;

/**
 * Deletes what has served: idempotency keys that have expired, and finished events once Fullscript itself has forgotten them (so that none can
 * come again). Encrypts with the first key what another one still holds. Gives how many rows it dealt with.
 */
export function createHousekeeping(needs: OperationNeeds): (signal: AbortSignal) => Promise<number> {
  const { store, now } = needs;
  return async (signal) => {
    const ago = (ms: number): string => new Date(now().getTime() - ms).toISOString();
    let rows = await store.recommendations.prune(ago(0));
    for (let batch = 1; batch > 0 && !signal.aborted;) {
      batch = await store.inbox.prune(ago(40 * dayMs), 500);
      rows += batch;
    }
    // A batch that changed nothing, while something is left, is what no configured key opens.
    for (let batch = 1; batch > 0 && !signal.aborted;) {
      batch = await store.accounts.reencrypt(200);
      rows += batch;
    }
    return rows;
  };
}
