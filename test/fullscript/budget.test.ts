import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLocalBudget, type BudgetPriority, type RateBudget } from '../../src/fullscript/budget.ts';
import { toFailureOf } from '../support/fullscript-room.ts';

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-03-02T14:00:00.000Z') }));
afterEach(() => void vi.useRealTimers());

const take = (budget: RateBudget, priority: BudgetPriority = 'interactive', maxWaitMs = 2000) =>
  budget.take({ priority, maxWaitMs });

async function takeMany(budget: RateBudget, count: number, priority: BudgetPriority = 'interactive'): Promise<void> {
  for (let i = 0; i < count; i += 1) await take(budget, priority);
}

describe('a budget of 10 calls', () => {
  test('refuses the eleventh with the seconds until the first leaves the window', async () => {
    const budget = createLocalBudget({ limit: 10 });
    await take(budget);
    await vi.advanceTimersByTimeAsync(100_000);
    await takeMany(budget, 9);
    expect(await toFailureOf(take(budget))).toMatchObject({ kind: 'rate_limited', retryAfterSeconds: 200 });
    expect(budget.stats()).toEqual({ limit: 10, used: 10, waiting: 0, shared: false });
  });

  test('rolls: never more than 10 in any 300 s, also across the edge of a fixed window', async () => {
    const budget = createLocalBudget({ limit: 10 });
    await takeMany(budget, 5);
    await vi.advanceTimersByTimeAsync(299_000);
    await takeMany(budget, 5);
    await vi.advanceTimersByTimeAsync(1000);
    await takeMany(budget, 5);
    expect(await toFailureOf(take(budget))).toMatchObject({ kind: 'rate_limited', retryAfterSeconds: 299 });
  });

  test('background leaves a fifth to interactive calls', async () => {
    const budget = createLocalBudget({ limit: 10 });
    await takeMany(budget, 8, 'background');
    expect(await toFailureOf(take(budget, 'background', 1000))).toMatchObject({ kind: 'rate_limited' });
    await takeMany(budget, 2);
    expect(await toFailureOf(take(budget))).toMatchObject({ kind: 'rate_limited' });
  });

  test('background waits without bound, behind interactive calls that came later', async () => {
    const budget = createLocalBudget({ limit: 10 });
    await takeMany(budget, 10);
    const order: string[] = [];
    const waiting = [
      take(budget, 'background', Infinity).then(() => order.push('background')),
      take(budget, 'interactive', 400_000).then(() => order.push('interactive')),
    ];
    expect(budget.stats().waiting).toBe(2);
    await vi.advanceTimersByTimeAsync(299_000);
    expect(order).toEqual([]);
    await vi.advanceTimersByTimeAsync(2000);
    await Promise.all(waiting);
    expect(order).toEqual(['interactive', 'background']);
  });

  test('an interactive call is not held up by background calls that wait for the reserve', async () => {
    const budget = createLocalBudget({ limit: 10 });
    await takeMany(budget, 8, 'background');
    const background = take(budget, 'background', Infinity);
    await vi.advanceTimersByTimeAsync(5000);
    await take(budget);
    expect(budget.stats().waiting).toBe(1);
    await vi.advanceTimersByTimeAsync(300_000);
    await background;
  });

  test('a pause holds everybody; a shorter one does not end it', async () => {
    const budget = createLocalBudget({ limit: 10 });
    budget.pause(10_000);
    budget.pause(1000);
    expect(await toFailureOf(take(budget))).toMatchObject({ kind: 'rate_limited', retryAfterSeconds: 10 });
    const patient = take(budget, 'background', Infinity);
    await vi.advanceTimersByTimeAsync(9000);
    expect(budget.stats().waiting).toBe(1);
    await vi.advanceTimersByTimeAsync(1500);
    await patient;
  });

  test('a caller who gives up leaves the queue and takes nothing', async () => {
    const budget = createLocalBudget({ limit: 10 });
    await takeMany(budget, 10);
    const controller = new AbortController();
    const waiting = budget.take({ priority: 'background', maxWaitMs: Infinity, signal: controller.signal });
    controller.abort();
    expect(await toFailureOf(waiting)).toMatchObject({ kind: 'unavailable' });
    expect(budget.stats().waiting).toBe(0);
    const late = budget.take({ priority: 'interactive', maxWaitMs: 0, signal: controller.signal });
    expect(await toFailureOf(late)).toMatchObject({ kind: 'unavailable' });
  });

  test('closing refuses whoever waits', async () => {
    const budget = createLocalBudget({ limit: 1 });
    await take(budget);
    const waiting = toFailureOf(take(budget, 'background', Infinity));
    await budget.close();
    expect(await waiting).toMatchObject({ kind: 'unavailable' });
    expect(await toFailureOf(take(budget))).toMatchObject({ kind: 'unavailable' });
  });

  test('a call that is given back may be made by somebody else', async () => {
    const budget = createLocalBudget({ limit: 2 });
    const first = await take(budget);
    const second = await take(budget);
    second.giveBack();
    second.giveBack();
    expect(budget.stats().used).toBe(1);
    await take(budget);
    expect(await toFailureOf(take(budget))).toMatchObject({ kind: 'rate_limited' });
    first.giveBack();
    await take(budget);
  });

  test('two processes with half of the limit each, busy with both kinds of calls, keep to it together and to the reserve', async () => {
    const limit = 100;
    const halves = [createLocalBudget({ limit: limit / 2 }), createLocalBudget({ limit: limit / 2 })];
    const taken = { interactive: 0, background: 0 };
    const ask = (budget: RateBudget, priority: BudgetPriority) =>
      take(budget, priority, 0).then(
        () => void (taken[priority] += 1),
        () => undefined,
      );
    const all = halves.flatMap((budget) => Array.from({ length: 200 }, () => ask(budget, 'background')));
    await Promise.all(all);
    expect(taken).toEqual({ interactive: 0, background: 80 });
    const both = halves.flatMap((budget) =>
      Array.from({ length: 200 }, (_, i) => ask(budget, i % 2 === 0 ? 'interactive' : 'background')),
    );
    await Promise.all(both);
    expect(taken).toEqual({ interactive: 20, background: 80 });
  });

  test('a limit of 1 is usable, by background calls too', async () => {
    const budget = createLocalBudget({ limit: 1 });
    await take(budget, 'background');
    expect(await toFailureOf(take(budget))).toMatchObject({ kind: 'rate_limited' });
  });
});
