import { describe, expect, test } from 'vitest';
import { toRetryWait, type FailedAttempt } from '../../src/fullscript/retry.ts';

function toFailed(overrides: Partial<FailedAttempt>): FailedAttempt {
  return { attempt: 1, method: 'GET', idempotent: true, failure: 'answer', maxWaitMs: 2000, random: 0.5, ...overrides };
}
const post = { method: 'POST', idempotent: false } as const;
const patch = { method: 'PATCH', idempotent: true } as const;

describe('toRetryWait', () => {
  test.each([
    ['GET 503', { status: 503 }, true],
    ['GET 500', { status: 500 }, true],
    ['GET 501', { status: 501 }, false],
    ['GET 408', { status: 408 }, true],
    ['GET 404', { status: 404 }, false],
    ['GET 401', { status: 401 }, false],
    ['GET 422', { status: 422 }, false],
    ['GET 409', { status: 409 }, false],
    ['GET 429', { status: 429 }, true],
    ['GET time-out', { failure: 'timeout' }, true],
    ['GET reset', { failure: 'reset' }, true],
    ['GET given up by the caller', { failure: 'aborted' }, false],
    ['POST 503', { ...post, status: 503 }, false],
    ['POST 429', { ...post, status: 429 }, true],
    ['POST 409, the same key is under way', { ...post, status: 409 }, true],
    ['POST time-out, may have been done', { ...post, failure: 'timeout' }, false],
    ['POST reset, may have been done', { ...post, failure: 'reset' }, false],
    ['POST that was never sent', { ...post, failure: 'not_sent' }, true],
    ['PATCH that sets values, 503', { ...patch, status: 503 }, true],
    ['PATCH that sets values, time-out', { ...patch, failure: 'timeout' }, true],
    ['PATCH that is no repetition, time-out', { method: 'PATCH', idempotent: false, failure: 'timeout' }, false],
  ] satisfies [string, Partial<FailedAttempt>, boolean][])('%s', (_, overrides, isRepeated) => {
    expect(toRetryWait(toFailed(overrides)) !== 'stop').toBe(isRepeated);
  });

  test('backs off with full jitter that doubles, and stops after three attempts', () => {
    expect(toRetryWait(toFailed({ status: 503, attempt: 1, random: 0.999 }))).toBeCloseTo(249.75);
    expect(toRetryWait(toFailed({ status: 503, attempt: 2, random: 0.5 }))).toBe(250);
    expect(toRetryWait(toFailed({ status: 503, attempt: 2, random: 0 }))).toBe(0);
    expect(toRetryWait(toFailed({ status: 503, attempt: 3 }))).toBe('stop');
    const late = { status: 503, attempt: 19, maxAttempts: 20, random: 1, maxWaitMs: Infinity };
    expect(toRetryWait(toFailed(late))).toBe(8000);
  });

  test('Retry-After wins, is capped at 300 s, and a longer wait than the caller allows means stopping', () => {
    expect(toRetryWait(toFailed({ status: 429, retryAfterSeconds: 2 }))).toBe(2000);
    expect(toRetryWait(toFailed({ status: 503, retryAfterSeconds: 0 }))).toBe(0);
    expect(toRetryWait(toFailed({ status: 429, retryAfterSeconds: 3 }))).toBe('stop');
    expect(toRetryWait(toFailed({ status: 429, retryAfterSeconds: 9999, maxWaitMs: Infinity }))).toBe(300_000);
  });
});
