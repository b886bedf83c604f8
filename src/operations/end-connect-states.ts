import type { OperationNeeds } from './needs.ts';

/** How long a state stays after its end: longer than a completion that began in time can take. */
const graceMs = 60_000;

/** Deletes states of `connect` that have ended, and queues the authorizations that they kept for revocation. Gives how many states. */
export function createEndConnectStates(needs: OperationNeeds): (signal: AbortSignal) => Promise<number> {
  return async () => {
    const ended = await needs.store.connectStates.prune(new Date(needs.now().getTime() - graceMs).toISOString());
    if (ended > 0) needs.wake('revocations');
    return ended;
  };
}
