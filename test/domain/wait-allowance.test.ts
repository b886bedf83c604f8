import { expect, test } from 'vitest';
import { createWaitAllowance, findAllowance, lendAllowance } from '../../src/domain/wait-allowance.ts';

function start(totalMs = 2000) {
  let at = Date.parse('2026-03-02T14:00:00.000Z');
  const allowance = createWaitAllowance(totalMs, () => new Date(at));
  const begin = () => {
    let end: () => void = () => undefined;
    const waiting = allowance.spend(() => new Promise<void>((resolve) => (end = resolve)));
    return async () => {
      end();
      await waiting;
    };
  };
  return { allowance, begin, forward: (milliseconds: number) => void (at += milliseconds) };
}

test('waiting that overlaps counts once, waiting in a row adds up', async () => {
  const { allowance, begin, forward } = start();
  const endFirst = begin();
  forward(500);
  const endSecond = begin();
  forward(300);
  expect(allowance.leftMs()).toBe(1200);
  await endFirst();
  forward(200);
  await endSecond();
  expect(allowance.leftMs()).toBe(1000);
  // Time in which nobody waits is free.
  forward(60_000);
  expect(allowance.leftMs()).toBe(1000);
  const endThird = begin();
  forward(1500);
  expect(allowance.leftMs()).toBe(0);
  await endThird();
  expect(allowance.leftMs()).toBe(0);
});

test('waiting that fails counts as well, and passes its failure on', async () => {
  const { allowance, forward } = start();
  const failing = allowance.spend(() => {
    forward(700);
    return Promise.reject(new Error('refused'));
  });
  await expect(failing).rejects.toThrow('refused');
  expect(allowance.leftMs()).toBe(1300);
});

test('goes with the signal it was lent with, and with no other', () => {
  const { allowance } = start();
  const { signal } = new AbortController();
  expect(findAllowance(lendAllowance(signal, allowance))).toBe(allowance);
  expect(findAllowance(AbortSignal.any([signal]))).toBeUndefined();
  expect(findAllowance(lendAllowance(new AbortController().signal, undefined))).toBeUndefined();
  expect(findAllowance(null)).toBeUndefined();
});
