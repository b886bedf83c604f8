import type { Caller } from '../auth/caller.ts';
import { Refusal } from '../domain/errors.ts';
import type { OperationNeeds } from './needs.ts';

/** What only one request or job may do at a time, in all processes. */
export interface Turn {
  /** The lease, at most 255 characters. */
  name: string;
  /** How long the lease outlives a process that was killed; it is prolonged while the work runs. */
  leaseMs: number;
  /** What the caller is told when their time is over before their turn has come, and with which code: FULLSCRIPT_UNAVAILABLE by default. */
  busy: string;
  busyCode?: 'FULLSCRIPT_UNAVAILABLE' | 'EMR_UNAVAILABLE';
}

type TurnNeeds = Pick<OperationNeeds, 'store' | 'newId'>;

/** Runs work when nobody else does the same; null, without running it, when somebody does. `lost` fires when the lease was lost all the same. */
export function tryTurn<T>(
  { store, newId }: TurnNeeds,
  { name, leaseMs }: Turn,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<{ result: T } | null> {
  return store.leases.withLease(name, { owner: newId(), leaseMs, forget: true }, work);
}

/** As `tryTurn`, but waits as long as the caller does, then throws what the turn is refused with. Nothing of the lease stays behind. */
export async function takeTurns<T>(
  needs: TurnNeeds,
  caller: Pick<Caller, 'signal'>,
  turn: Turn,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  for (;;) {
    const taken = await tryTurn(needs, turn, work);
    if (taken) return taken.result;
    if (caller.signal.aborted) throw toBusyRefusal(turn);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The refusal of who came while somebody else had the turn. */
export function toBusyRefusal({ busy, busyCode = 'FULLSCRIPT_UNAVAILABLE' }: Turn): Refusal {
  return new Refusal(busyCode, `${busy}: try again`);
}
