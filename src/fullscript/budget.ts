import { FullscriptFailure } from '../domain/errors.ts';
import { interactiveWaitMs } from './call.ts';
import { createCallWindow } from './call-window.ts';
import { wait } from './wait.ts';

/** A share of Fullscript's 5000 calls per rolling 300 s. */
export interface RateBudget {
  /**
   * Waits for permission to make one call. Interactive comes before background, and background leaves a reserve.
   * Throws FullscriptFailure `rate_limited` (with `retryAfterSeconds`) when that would take longer than `maxWaitMs`, `unavailable` when `signal` fires.
   */
  take(request: BudgetRequest): Promise<BudgetPermit>;
  /** Nobody calls for so long: what a 429 asks for. A shorter pause never ends a longer one. */
  pause(milliseconds: number): void;
  stats(): BudgetStats;
  /** Ends timers and connections; waiting takers are refused. */
  close(): Promise<void>;
}

/** One call that may be made and is counted already. */
export interface BudgetPermit {
  /** Takes the call out of the count again, when it was never sent. */
  giveBack(): void;
}

export type BudgetPriority = 'interactive' | 'background';

export interface BudgetRequest {
  priority: BudgetPriority;
  maxWaitMs: number;
  signal?: AbortSignal | undefined;
  /** Fires when a background call becomes interactive: it takes its place among those, and waits 2 s from then at most. */
  raised?: AbortSignal | undefined;
}

export interface BudgetStats {
  /** Calls per 300 s that `used` counts towards: everybody's while the budget is shared, otherwise this process's own. */
  limit: number;
  /** Calls of the last 300 s as far as this process knows. */
  used: number;
  waiting: number;
  /** False for a budget of this process alone, and while the shared one is out of reach. */
  shared: boolean;
}

/** The part of the budget that background calls leave to interactive ones: a fifth. */
export function toReserve(limit: number): number {
  return Math.max(0, Math.min(limit - 1, Math.floor(limit / 5)));
}

/** How many of `limit` calls may be counted already when another one of this priority is made. */
export function toUsable(limit: number, priority: BudgetPriority): number {
  return priority === 'interactive' ? limit : limit - toReserve(limit);
}

/** Where calls are counted. */
export interface BudgetLedger {
  /** Counts one call and gives the permit, or counts nothing and gives the milliseconds after which to ask again (at least 1). */
  tryTake(priority: BudgetPriority): Promise<BudgetPermit | number>;
  pause(milliseconds: number): void;
  limit(): number;
  used(): number;
  isShared(): boolean;
  close(): Promise<void>;
}

/** A ledger for this process alone. `now` gives the time; `limit` is at least 1. */
export function createLocalLedger(needs: { limit: number; now: () => Date }): BudgetLedger {
  const calls = createCallWindow(needs.now);
  let pausedUntil = 0;

  return {
    tryTake(priority) {
      const pausedMs = pausedUntil - needs.now().getTime();
      const waitMs = pausedMs > 0 ? pausedMs : calls.toWaitMs(toUsable(needs.limit, priority));
      if (waitMs > 0) return Promise.resolve(waitMs);
      const call = calls.add('');
      return Promise.resolve({ giveBack: () => calls.remove(call) });
    },
    pause(milliseconds) {
      pausedUntil = Math.max(pausedUntil, needs.now().getTime() + milliseconds);
    },
    limit: () => needs.limit,
    used: () => calls.count(),
    isShared: () => false,
    close: () => Promise.resolve(),
  };
}

interface Waiter {
  priority: BudgetPriority;
  deadline: number;
  resolve: (permit: BudgetPermit) => void;
  reject: (error: unknown) => void;
}

/** How often at most a waiting queue asks its ledger again, in milliseconds; a shared ledger may free up earlier than it foresaw. */
const maxPollMs = 1000;

/** Puts a queue in front of a ledger: first come, first served, interactive before background. */
export function createRateBudget(needs: { ledger: BudgetLedger; now: () => Date }): RateBudget {
  const queues: Record<BudgetPriority, Waiter[]> = { interactive: [], background: [] };
  let running = false;
  let closed = false;
  let wake = new AbortController();

  const head = () => queues.interactive[0] ?? queues.background[0];

  /** False when it does not wait any more. */
  function remove(waiter: Waiter): boolean {
    const queue = queues[waiter.priority];
    const index = queue.indexOf(waiter);
    if (index >= 0) queue.splice(index, 1);
    return index >= 0;
  }

  function refuseLate(priority: BudgetPriority, waitMs: number): void {
    const at = needs.now().getTime();
    // Whoever comes behind somebody that has to wait so long has to wait at least as long.
    for (const name of priority === 'interactive'
      ? (['interactive', 'background'] as const)
      : (['background'] as const)) {
      queues[name] = queues[name].filter((waiter) => {
        if (waiter.deadline >= at + waitMs) return true;
        waiter.reject(toRateLimited(waitMs));
        return false;
      });
    }
  }

  async function serve(): Promise<void> {
    for (let waiter = head(); waiter; waiter = head()) {
      // Made before the ledger is asked, so that whoever comes meanwhile is not overlooked.
      wake = new AbortController();
      const { priority } = waiter;
      const taken = await needs.ledger.tryTake(priority);
      if (typeof taken === 'object') {
        // It may have given up while the ledger was asked.
        if (remove(waiter)) waiter.resolve(taken);
        else taken.giveBack();
        continue;
      }
      refuseLate(priority, taken);
      if (!head()) return;
      await wait(Math.min(taken, maxPollMs), wake.signal);
    }
  }

  function start(): void {
    if (running) return;
    running = true;
    serve()
      .catch((error: unknown) => {
        for (const queue of Object.values(queues)) for (const waiter of queue.splice(0)) waiter.reject(error);
      })
      .finally(() => {
        running = false;
        if (head()) start();
      });
  }

  return {
    take({ priority, maxWaitMs, signal, raised }) {
      if (closed) return Promise.reject(new FullscriptFailure('unavailable', 'Calls to Fullscript have been stopped'));
      if (signal?.aborted) return Promise.reject(toAborted());
      return new Promise<BudgetPermit>((resolve, reject) => {
        const onAbort = () => {
          remove(waiter);
          waiter.reject(toAborted());
        };
        const onRaise = () => {
          if (!remove(waiter)) return;
          waiter.priority = 'interactive';
          waiter.deadline = Math.min(waiter.deadline, needs.now().getTime() + interactiveWaitMs);
          queues.interactive.push(waiter);
          wake.abort();
        };
        const settle = () => {
          signal?.removeEventListener('abort', onAbort);
          raised?.removeEventListener('abort', onRaise);
        };
        const waiter: Waiter = {
          priority: raised?.aborted ? 'interactive' : priority,
          deadline: needs.now().getTime() + maxWaitMs,
          resolve: (permit) => {
            settle();
            resolve(permit);
          },
          reject: (error) => {
            settle();
            reject(error instanceof Error ? error : new Error(String(error)));
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        if (waiter.priority === 'background') raised?.addEventListener('abort', onRaise, { once: true });
        queues[waiter.priority].push(waiter);
        // A newcomer ahead of those who wait, or one who will not wait at all, is looked at now.
        wake.abort();
        start();
      });
    },
    pause: (milliseconds) => needs.ledger.pause(milliseconds),
    stats: () => ({
      limit: needs.ledger.limit(),
      used: needs.ledger.used(),
      waiting: queues.interactive.length + queues.background.length,
      shared: needs.ledger.isShared(),
    }),
    async close() {
      closed = true;
      for (const queue of Object.values(queues)) {
        for (const waiter of queue.splice(0)) {
          waiter.reject(new FullscriptFailure('unavailable', 'Calls to Fullscript have been stopped'));
        }
      }
      wake.abort();
      await needs.ledger.close();
    },
  };
}

/** A budget of `limit` calls per 300 s for this process alone. */
export function createLocalBudget(needs: { limit: number; now?: (() => Date) | undefined }): RateBudget {
  const now = needs.now ?? (() => new Date());
  return createRateBudget({ now, ledger: createLocalLedger({ limit: needs.limit, now }) });
}

function toRateLimited(waitMs: number): FullscriptFailure {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new FullscriptFailure('rate_limited', 'The budget of calls to Fullscript is used up', { retryAfterSeconds });
}

function toAborted(): FullscriptFailure {
  return new FullscriptFailure('unavailable', 'The caller stopped waiting for Fullscript');
}
