import type { BudgetStats } from '../fullscript/budget.ts';
import { wait } from '../fullscript/wait.ts';

/** Keeps the filling of clinics gentle: a fifth of the calls over time, and none while others use most of them. */
export interface FillPace {
  /** Told of every call to Fullscript with the request it was made for; counts those of fills. */
  note(requestId: string | undefined): void;
  /** Waits until a fill may go on, or until `signal` fires. */
  untilReady(signal: AbortSignal): Promise<void>;
}

/** How the requests of fills begin, so that their calls can be told from others. */
export const fillRequestPrefix = 'fill-';

const windowMs = 300_000;
/** The part of all calls that fills may use over time. */
const shareOfBudget = 1 / 5;
/** The part of all calls that may come at once after a rest. */
const burstOfBudget = 1 / 100;
/** With so much of the budget used, by whomever, fills stand back; background calls end at four fifths, which leaves sweeps and events their part. */
const standBackAt = 3 / 5;
const lookAgainMs = 500;

/**
 * `limit` is how many calls this process may make in 300 s; `budget` tells how many were made. What a step of a fill uses beyond its part is waited for
 * afterwards.
 */
export function createFillPace(needs: { limit: number; budget: () => BudgetStats; now: () => Date }): FillPace {
  const most = Math.max(1, needs.limit * burstOfBudget);
  const perMs = (needs.limit * shareOfBudget) / windowMs;
  let left = most;
  let countedAtMs = needs.now().getTime();

  function refill(): void {
    const nowMs = needs.now().getTime();
    left = Math.min(most, left + Math.max(0, nowMs - countedAtMs) * perMs);
    countedAtMs = nowMs;
  }

  function isReady(): boolean {
    refill();
    const { used, limit } = needs.budget();
    return left > 0 && used < limit * standBackAt;
  }

  return {
    note(requestId) {
      if (!requestId?.startsWith(fillRequestPrefix)) return;
      refill();
      left -= 1;
    },
    async untilReady(signal) {
      while (!signal.aborted && !isReady()) await wait(lookAgainMs, signal);
    },
  };
}
