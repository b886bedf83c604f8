import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createWaitAllowance, lendAllowance } from '../../src/domain/wait-allowance.ts';
import { createLocalBudget } from '../../src/fullscript/budget.ts';
import type { Call } from '../../src/fullscript/call.ts';
import { createFullscript } from '../../src/fullscript/fullscript.ts';
import { createMemoryLog, toFailureOf, toPair, toSettings } from '../support/fullscript-room.ts';
import { createMemoryTokenStore } from '../support/memory-token-store.ts';

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-03-02T14:00:00.000Z') }));
afterEach(() => void vi.useRealTimers());

const now = () => new Date();

/** A Fullscript that answers each call at once: what `answers` gives next, and then that all is well. */
function start(answers: Response[] = [], limit = 5000, random = 0) {
  const store = createMemoryTokenStore(now);
  store.pairs.set('account-1', toPair());
  const budget = createLocalBudget({ limit, now });
  const asked: number[] = [];
  const fullscript = createFullscript({
    settings: toSettings('https://fullscript.example'),
    tokens: store,
    log: createMemoryLog(),
    now,
    random: () => random,
    budget,
    fetch: () => {
      asked.push(Date.now());
      return Promise.resolve(answers.shift() ?? Response.json({ clinic: { id: 'c1', name: 'Cedar' } }));
    },
  });
  const allowance = createWaitAllowance(2000, now);
  const signal = lendAllowance(new AbortController().signal, allowance);
  const call: Call = { accountId: 'account-1', priority: 'interactive', signal };
  return { fullscript, budget, call, asked, allowance };
}

const refuse = (seconds: number) => new Response('{}', { status: 429, headers: { 'retry-after': String(seconds) } });

describe('one request', () => {
  test('waits two seconds for the limit altogether, however many calls it makes one after the other', async () => {
    const { fullscript, call } = start([refuse(1), Response.json({ clinic: { id: 'c1', name: 'Cedar' } }), refuse(1)]);
    const first = fullscript.clinics.get(call);
    await vi.advanceTimersByTimeAsync(1000);
    await expect(first).resolves.toMatchObject({ id: 'c1' });
    const second = fullscript.clinics.get(call);
    await vi.advanceTimersByTimeAsync(1000);
    await expect(second).resolves.toMatchObject({ id: 'c1' });
    const third = start([refuse(1)]);
    await third.allowance.spend(() => vi.advanceTimersByTimeAsync(1500));
    expect(await toFailureOf(third.fullscript.clinics.get(third.call))).toMatchObject({ kind: 'rate_limited' });
    expect(third.asked).toHaveLength(1);
  });

  test('spends the same two seconds in all its calls at a time', async () => {
    const { fullscript, budget, call, allowance } = start();
    budget.pause(1500);
    const all = Array.from({ length: 50 }, () => fullscript.clinics.get(call));
    await vi.advanceTimersByTimeAsync(1500);
    await Promise.all(all);
    expect(allowance.leftMs()).toBe(500);
    budget.pause(700);
    expect(await toFailureOf(fullscript.clinics.get(call))).toMatchObject({ kind: 'rate_limited' });
    // Somebody else's request has two seconds of its own.
    const other = fullscript.clinics.get({ accountId: 'account-1', priority: 'interactive' });
    await vi.advanceTimersByTimeAsync(700);
    await expect(other).resolves.toMatchObject({ id: 'c1' });
  });

  test('spends none of them on repeating what failed', async () => {
    const failed = () => new Response('{}', { status: 503 });
    const { fullscript, call, allowance } = start([failed(), failed()], 5000, 1);
    await allowance.spend(() => vi.advanceTimersByTimeAsync(1900));
    const asking = fullscript.clinics.get(call);
    for (let i = 0; i < 10; i += 1) await vi.advanceTimersByTimeAsync(100);
    await expect(asking).resolves.toMatchObject({ id: 'c1' });
    expect(allowance.leftMs()).toBe(100);
  });
});

describe('a background call for which somebody begins to wait', () => {
  test('comes before other background calls, and waits two seconds more at most', async () => {
    const { fullscript, budget } = start();
    const raised = new AbortController();
    const background: Call = { accountId: 'account-1', priority: 'background' };
    const order: string[] = [];
    budget.pause(10_000);
    const waiting = [
      fullscript.clinics.get(background).then(() => order.push('background')),
      fullscript.clinics.get({ ...background, raised: raised.signal }).then(() => order.push('raised')),
    ];
    await vi.advanceTimersByTimeAsync(9000);
    raised.abort();
    await vi.advanceTimersByTimeAsync(2000);
    await Promise.all(waiting);
    expect(order).toEqual(['raised', 'background']);

    budget.pause(10_000);
    const late = new AbortController();
    const failure = toFailureOf(fullscript.clinics.get({ ...background, raised: late.signal }));
    await vi.advanceTimersByTimeAsync(1000);
    late.abort();
    expect(await failure).toMatchObject({ kind: 'rate_limited', retryAfterSeconds: 9 });
  });

  test('takes from the reserve', async () => {
    const { fullscript, call, asked } = start([], 10);
    const background: Call = { ...call, priority: 'background', signal: undefined };
    for (let i = 0; i < 8; i += 1) await fullscript.clinics.get(background);
    const raised = new AbortController();
    const ninth = fullscript.clinics.get({ ...background, raised: raised.signal });
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toHaveLength(8);
    raised.abort();
    await vi.advanceTimersByTimeAsync(0);
    await expect(ninth).resolves.toMatchObject({ id: 'c1' });
  });

  test('does not sit out a long Retry-After', async () => {
    const unavailable = new Response('{}', { status: 503, headers: { 'retry-after': '60' } });
    const { fullscript, asked } = start([unavailable]);
    const raised = new AbortController();
    const call: Call = { accountId: 'account-1', priority: 'background', raised: raised.signal };
    const failure = toFailureOf(fullscript.clinics.get(call));
    await vi.advanceTimersByTimeAsync(1000);
    raised.abort();
    expect(await failure).toMatchObject({ kind: 'unavailable', retryAfterSeconds: 60 });
    expect(asked).toHaveLength(1);
  });
});
