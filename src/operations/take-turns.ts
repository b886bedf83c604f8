import type { Caller } from '../auth/caller.ts';
import { Refusal } from '../domain/errors.ts';
import type { OperationNeeds } from './needs.ts';

/** What only one request may do at a time, in all processes. */
export interface Turn {
  /** The lease, at most 255 characters. */
  name: string;
  /** How long the lease outlives a process that was killed; it is prolonged while the work runs. */
  leaseMs: number;
  /** What the caller is told when their time is over before their turn has come. */
  busy: string;
}

/**
 * Runs work when nobody else does the same, and gives its answer; `lost` fires when the lease was lost all the same. Waits as long as the caller
 * does, then throws FULLSCRIPT_UNAVAILABLE. Nothing of the lease stays behind.
 */
export async function takeTurns<T>(
  { store, newId }: Pick<OperationNeeds, 'store' | 'newId'>,
  caller: Pick<Caller, 'signal'>,
  { name, leaseMs, busy }: Turn,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const options = { owner: newId(), leaseMs, forget: true };
  for (;;) {
    const turn = await store.leases.withLease(name, options, work);
    if (turn) return turn.result;
    if (caller.signal.aborted) throw new Refusal('FULLSCRIPT_UNAVAILABLE', `${busy}: try again`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
