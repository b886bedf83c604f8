import { createWaitAllowance, findAllowance } from '../domain/wait-allowance.ts';
import { interactiveWaitMs, toMaxWaitMs, type Call } from './call.ts';
import { wait } from './wait.ts';

/** What one call may still wait for the budget and for Retry-After: its own bound, and that of the request it belongs to. */
export interface Patience {
  /** Milliseconds that are left; infinite for background calls. */
  leftMs(): number;
  /** Runs what waits for the budget, with what is left as its bound, and counts its time. */
  spend<T>(waiting: (maxWaitMs: number) => Promise<T>): Promise<T>;
  /**
   * Waits before another attempt; `isAsked` when Fullscript asked for it, which counts, while a back-off of our own does not. False when that became
   * longer than what is left, because somebody began to wait for a background call.
   */
  pause(milliseconds: number, isAsked: boolean): Promise<boolean>;
}

/** Makes a call's patience. A background call that is raised has as much as an interactive one from then on. */
export function createPatience(
  call: Pick<Call, 'priority' | 'maxWaitMs' | 'raised' | 'signal'>,
  now: () => Date,
): Patience {
  const allowance = findAllowance(call.signal);
  let own = createWaitAllowance(toMaxWaitMs(call), now);
  let isRaised = false;

  function noticeRaise(): void {
    if (isRaised || call.raised?.aborted !== true || call.priority === 'interactive') return;
    isRaised = true;
    own = createWaitAllowance(Math.min(own.leftMs(), interactiveWaitMs), now);
  }

  function leftMs(): number {
    noticeRaise();
    return Math.min(own.leftMs(), allowance?.leftMs() ?? Number.POSITIVE_INFINITY);
  }

  function count<T>(waiting: () => Promise<T>): Promise<T> {
    return own.spend(() => (allowance ? allowance.spend(waiting) : waiting()));
  }

  return {
    leftMs,
    spend: (waiting) => {
      const maxWaitMs = leftMs();
      return count(() => waiting(maxWaitMs));
    },
    async pause(milliseconds, isAsked) {
      if (!isAsked) {
        await wait(milliseconds, call.signal);
        return true;
      }
      const until = now().getTime() + milliseconds;
      const isBehind = call.priority === 'background' && call.raised !== undefined && !call.raised.aborted;
      const ends = [call.signal, isBehind ? call.raised : undefined].filter((signal) => signal !== undefined);
      await count(() => wait(milliseconds, ends.length > 0 ? AbortSignal.any(ends) : undefined));
      if (!isBehind || !call.raised?.aborted) return true;
      const remainingMs = until - now().getTime();
      if (remainingMs > leftMs()) return false;
      await count(() => wait(remainingMs, call.signal));
      return true;
    },
  };
}
