import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRedisBudget } from '../../src/fullscript/redis-budget.ts';
import { createMemoryLog, toFailureOf } from '../support/fullscript-room.ts';
import { findFreePort, hasRedis, startRedis } from '../support/redis.ts';

function createBudget(port: number, limit: number, localLimit: number) {
  const log = createMemoryLog();
  const budget = createRedisBudget({ redisUrl: `redis://127.0.0.1:${port}`, limit, localLimit, name: 'test', log });
  onTestFinished(() => budget.close());
  return { budget, log };
}

const interactive = { priority: 'interactive', maxWaitMs: 0 } as const;
const background = { priority: 'background', maxWaitMs: 0 } as const;

/** Until the connection is up a budget uses its local share; this takes a call every few milliseconds until it is. */
async function untilShared({ budget }: ReturnType<typeof createBudget>): Promise<void> {
  await expect.poll(async () => (await budget.take(interactive), budget.stats().shared), { timeout: 5000 }).toBe(true);
}

describe.skipIf(!hasRedis)('a budget over Redis', () => {
  test('is one for several processes, with a reserve for interactive calls, and pauses for all', async () => {
    const port = await findFreePort();
    startRedis(port);
    const first = createBudget(port, 1000, 1000);
    const second = createBudget(port, 1000, 1000);
    await untilShared(first);
    await untilShared(second);
    let taken = second.budget.stats().used;
    while (taken < 800) {
      await (taken % 2 === 0 ? first : second).budget.take(background);
      taken += 1;
    }
    expect(await toFailureOf(second.budget.take(background))).toMatchObject({ kind: 'rate_limited' });
    await first.budget.take(interactive);
    await second.budget.take(interactive);
    expect(second.budget.stats()).toMatchObject({ limit: 1000, used: 802, shared: true });
    first.budget.pause(60_000);
    first.budget.pause(1000);
    await expect
      .poll(async () =>
        second.budget.take(interactive).then(
          () => 0,
          (error: unknown) => (error as { retryAfterSeconds: number }).retryAfterSeconds,
        ),
      )
      .toBeGreaterThan(50);
  });

  test('refuses the call over the limit with the seconds until one is free', async () => {
    const port = await findFreePort();
    startRedis(port);
    const one = createBudget(port, 50, 50);
    await untilShared(one);
    while (one.budget.stats().used < 50) await one.budget.take(interactive);
    const failure = await toFailureOf(one.budget.take(interactive));
    expect(failure).toMatchObject({ kind: 'rate_limited' });
    expect((failure as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(250);
    expect((failure as { retryAfterSeconds: number }).retryAfterSeconds).toBeLessThanOrEqual(300);
  });

  test('falls back to the local share, which counts what was taken before, when Redis goes away', async () => {
    const port = await findFreePort();
    const redis = startRedis(port);
    const one = createBudget(port, 1000, 500);
    await untilShared(one);
    redis.kill('SIGKILL');
    await once(redis, 'exit');
    let taken = 0;
    const failure = await toFailureOf(
      (async () => {
        for (; taken < 2000; taken += 1) await one.budget.take(interactive);
      })(),
    );
    expect(failure).toMatchObject({ kind: 'rate_limited' });
    expect(taken).toBeGreaterThan(300);
    // Less than the whole local share, for what was taken through Redis counts too.
    expect(taken).toBeLessThan(500);
    expect(one.budget.stats().shared).toBe(false);
    expect(one.log.lines.filter((line) => line.level === 'warn').length).toBeGreaterThan(0);
    startRedis(port);
    await expect
      .poll(async () => (await one.budget.take(interactive).catch(() => undefined), one.budget.stats().shared), {
        timeout: 10_000,
      })
      .toBe(true);
  }, 20_000);
});

/** Asks `count` times at once, in turns of both processes and kinds; gives how many calls of each kind were granted. */
async function takeMixed(processes: readonly ReturnType<typeof createBudget>[], count: number) {
  const taken = { interactive: 0, background: 0 };
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const request = i % 3 === 0 ? interactive : background;
      try {
        await processes[i % processes.length]?.budget.take(request);
        taken[request.priority] += 1;
      } catch {
        // Refused: not taken.
      }
    }),
  );
  return taken;
}

describe.skipIf(!hasRedis)('two processes over one Redis', () => {
  test('busy with both kinds of calls never make more than the limit together, and background never takes the reserve', async () => {
    const port = await findFreePort();
    startRedis(port);
    const both = [createBudget(port, 200, 100), createBudget(port, 200, 100)];
    for (const one of both) await untilShared(one);
    // What connecting took, before and after.
    const before = Math.max(...both.map(({ budget }) => budget.stats().used));
    const first = await takeMixed(both, 120);
    const second = await takeMixed(both, 1200);
    expect(before + first.interactive + first.background + second.interactive + second.background).toBe(200);
    // Whatever the mix, the last fifth went to interactive calls.
    expect(first.background + second.background).toBeLessThanOrEqual(160);
    for (const { budget } of both) {
      expect(await toFailureOf(budget.take(interactive))).toMatchObject({ kind: 'rate_limited' });
      await expect.poll(() => budget.stats().used, { timeout: 5000 }).toBe(200);
    }
  });

  test('tell a Redis that comes back empty what they have used, before they share again', async () => {
    const port = await findFreePort();
    const redis = startRedis(port);
    const both = [createBudget(port, 200, 100), createBudget(port, 200, 100)];
    for (const one of both) await untilShared(one);
    const before = Math.max(...both.map(({ budget }) => budget.stats().used));
    // More than its share.
    for (let i = 0; i < 130; i += 1) await both[0]!.budget.take(interactive);
    // The other one hears of it.
    await both[1]!.budget.take(interactive);
    redis.kill('SIGKILL');
    await once(redis, 'exit');
    let made = before + 131;
    const takeAll = async (one: ReturnType<typeof createBudget>) => {
      for (let i = 0; i < 400; i += 1) {
        try {
          await one.budget.take(interactive);
          made += 1;
        } catch {
          return;
        }
      }
    };
    for (const one of both) await takeAll(one);
    // Alone they share what was left, although one of them had used almost nothing.
    expect(made).toBeGreaterThan(150);
    expect(made).toBeLessThanOrEqual(200);
    expect(both.map(({ budget }) => budget.stats().shared)).toEqual([false, false]);

    startRedis(port);
    await expect
      .poll(
        async () => {
          for (const one of both) await takeAll(one);
          return both.map(({ budget }) => budget.stats().shared);
        },
        { timeout: 15_000 },
      )
      .toEqual([true, true]);
    await takeAll(both[0]!);
    expect(made).toBeLessThanOrEqual(200);
    // Redis knows of every one.
    for (const { budget } of both) await expect.poll(() => budget.stats().used, { timeout: 5000 }).toBe(made);
  }, 30_000);

  test('give back what was never sent', async () => {
    const port = await findFreePort();
    startRedis(port);
    const both = [createBudget(port, 50, 50), createBudget(port, 50, 50)];
    for (const one of both) await untilShared(one);
    const permit = await both[0]!.budget.take(interactive);
    await both[1]!.budget.take(interactive);
    const { used } = both[1]!.budget.stats();
    permit.giveBack();
    await expect.poll(() => both[1]!.budget.stats().used, { timeout: 5000 }).toBe(used - 1);
  });
});

test.skipIf(!hasRedis)('a Redis that hangs costs one wait, not one for every call', async () => {
  const port = await findFreePort();
  const redis = startRedis(port);
  const one = createBudget(port, 1000, 1000);
  await untilShared(one);
  redis.kill('SIGSTOP');
  const startedAt = performance.now();
  for (let i = 0; i < 100; i += 1) await one.budget.take(interactive);
  expect(performance.now() - startedAt).toBeLessThan(3000);
  expect(one.budget.stats().shared).toBe(false);
});

test('without Redis from the start the local share is used at once', async () => {
  const { budget, log } = createBudget(await findFreePort(), 1000, 3);
  for (let i = 0; i < 3; i += 1) await budget.take(interactive);
  expect(await toFailureOf(budget.take(interactive))).toMatchObject({ kind: 'rate_limited' });
  expect(log.lines.filter((line) => line.level === 'warn')).toHaveLength(1);
  expect(JSON.stringify(log.lines)).not.toContain('redis://');
});
