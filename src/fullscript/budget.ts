import { FullscriptFailure } from '../domain/errors.ts';
import { wait } from './wait.ts';

/** A share of Fullscript's 5000 calls per rolling 300 s. */
export interface RateBudget {
  /**
   * Waits for permission to make one call. Interactive comes before background, and background leaves a reserve.
   * Throws FullscriptFailure `rate_limited` (with `retryAfterSeconds`) when that would take longer than `maxWaitMs`, `unavailable` when `signal` fires.
   */
  take(request: BudgetRequest): Promise<void>;
  /** Nobody calls for so long: what a 429 with Retry-After asks for. A shorter pause never ends a longer one. */
  pause(milliseconds: number): void;
  stats(): BudgetStats;
  /** Ends timers and connections; waiting takers are refused. */
  close(): Promise<void>;
}

export type BudgetPriority = 'interactive' | 'background';

export interface BudgetRequest {
  priority: BudgetPriority;
  maxWaitMs: number;
  signal?: AbortSignal | undefined;
}

export interface BudgetStats {
  limit: number;
  /** Calls of the last 300 s as far as this process knows. */
  used: number;
  waiting: number;
  /** False for a budget of this process alone, and while the shared one is out of reach. */
  shared: boolean;
}

/** Fullscript's window. */
export const windowMs = 300_000;

/** The part of the budget that background calls leave to interactive ones: a fifth. */
export function toReserve(limit: number): number {
  return Math.min(limit - 1, Math.floor(limit / 5));
}

/** Where calls are counted. */
export interface BudgetLedger {
  /** Takes one call and gives 0, or takes nothing and gives the milliseconds after which to ask again (at least 1). */
  tryTake(priority: BudgetPriority): Promise<number>;
  pause(milliseconds: number): void;
  used(): number;
  isShared(): boolean;
  close(): Promise<void>;
}

/**
 * A ledger for this process alone: the times of the last `limit` calls. Exact over any 300 s, not only over fixed ones.
 * `now` gives the time; `limit` is at least 1.
 */
export function createLocalLedger(needs: { limit: number; now: () => Date }): BudgetLedger {
  const reserve = toReserve(needs.limit);
  let times: number[] = [];
  let head = 0;
  let pausedUntil = 0;

  function dropOld(at: number): void {
    while (head < times.length && (times[head] ?? at) <= at - windowMs) head += 1;
    if (head > 1024 && head * 2 > times.length) {
      times = times.slice(head);
      head = 0;
    }
  }

  return {
    tryTake(priority) {
      const at = needs.now().getTime();
      if (pausedUntil > at) return Promise.resolve(pausedUntil - at);
      dropOld(at);
      const usable = priority === 'interactive' ? needs.limit : needs.limit - reserve;
      const used = times.length - head;
      if (used < usable) {
        times.push(at);
        return Promise.resolve(0);
      }
      // As many of the oldest calls have to leave the window as stand above what this priority may use.
      const leaving = times[head + used - usable] ?? at;
      return Promise.resolve(Math.max(1, leaving + windowMs - at));
    },
    pause(milliseconds) {
      pausedUntil = Math.max(pausedUntil, needs.now().getTime() + milliseconds);
    },
    used() {
      dropOld(needs.now().getTime());
      return times.length - head;
    },
    isShared: () => false,
    close: () => Promise.resolve(),
  };
}

interface Waiter {
  priority: BudgetPriority;
  deadline: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** How often at most a waiting queue asks its ledger again, in milliseconds; a shared ledger may free up earlier than it foresaw. */
const maxPollMs = 1000;

/** Puts a queue in front of a ledger: first come, first served, interactive before background. */
export function createRateBudget(needs: { limit: number; ledger: BudgetLedger; now: () => Date }): RateBudget {
  const queues: Record<BudgetPriority, Waiter[]> = { interactive: [], background: [] };
  let running = false;
  let closed = false;
  let wake = new AbortController();

  const head = () => queues.interactive[0] ?? queues.background[0];

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
      const waitMs = await needs.ledger.tryTake(waiter.priority);
      if (waitMs <= 0) {
        const queue = queues[waiter.priority];
        const index = queue.indexOf(waiter);
        // It may have given up while the ledger was asked; the next in line then has what it took.
        const served = index >= 0 ? queue.splice(index, 1)[0] : queue.shift();
        served?.resolve();
        continue;
      }
      refuseLate(waiter.priority, waitMs);
      if (!head()) return;
      await wait(Math.min(waitMs, maxPollMs), wake.signal);
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
    take({ priority, maxWaitMs, signal }) {
      if (closed) return Promise.reject(new FullscriptFailure('unavailable', 'Calls to Fullscript have been stopped'));
      if (signal?.aborted) return Promise.reject(toAborted());
      return new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          const queue = queues[priority];
          const index = queue.indexOf(waiter);
          if (index >= 0) queue.splice(index, 1);
          waiter.reject(toAborted());
        };
        const settle = () => signal?.removeEventListener('abort', onAbort);
        const waiter: Waiter = {
          priority,
          deadline: needs.now().getTime() + maxWaitMs,
          resolve: () => {
            settle();
            resolve();
          },
          reject: (error) => {
            settle();
            reject(error instanceof Error ? error : new Error(String(error)));
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        queues[priority].push(waiter);
        // A newcomer ahead of those who wait, or one who will not wait at all, is looked at now.
        wake.abort();
        start();
      });
    },
    pause: (milliseconds) => needs.ledger.pause(milliseconds),
    stats: () => ({
      limit: needs.limit,
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
  return createRateBudget({ limit: needs.limit, now, ledger: createLocalLedger({ limit: needs.limit, now }) });
}

function toRateLimited(waitMs: number): FullscriptFailure {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new FullscriptFailure('rate_limited', 'The budget of calls to Fullscript is used up', { retryAfterSeconds });
}

function toAborted(): FullscriptFailure {
  return new FullscriptFailure('unavailable', 'The caller stopped waiting for Fullscript');
}
