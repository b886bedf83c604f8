/** How an attempt failed: with an answer, before anything was sent, by the time-out, in the middle, or by the caller's own wish. */
export type AttemptFailure = 'answer' | 'not_sent' | 'timeout' | 'reset' | 'aborted';

export interface FailedAttempt {
  /** 1 for the first. */
  attempt: number;
  /** Default 3. */
  maxAttempts?: number | undefined;
  method: string;
  /** Whether doing it twice is the same as doing it once. GET always is. */
  idempotent: boolean;
  failure: AttemptFailure;
  /** With 'answer'. */
  status?: number | undefined;
  retryAfterSeconds?: number | undefined;
  /** How long the caller is still willing to wait; a longer wait means stopping. */
  maxWaitMs: number;
  /** 0 up to 1. */
  random: number;
}

const baseMs = 250;
const maxBackoffMs = 8000;
const maxRetryAfterMs = 300_000;

/**
 * Whether and when to try again: milliseconds, or 'stop'. Pure. Retry-After wins over the back-off (full jitter, doubling from 250 ms, at most 8 s) and is
 * capped at 300 s, the length of Fullscript's window. What may have been done already is repeated only when that is harmless; a refusal for too many calls
 * (429), an equal request under way (409, the idempotency key is the same) and a connection that never came about did nothing, so anything may be repeated.
 */
export function toRetryWait(failed: FailedAttempt): number | 'stop' {
  if (failed.attempt >= (failed.maxAttempts ?? 3) || !isWorthRepeating(failed)) return 'stop';
  const backoff = failed.random * Math.min(maxBackoffMs, baseMs * 2 ** (failed.attempt - 1));
  const waitMs =
    failed.retryAfterSeconds === undefined ? backoff : Math.min(failed.retryAfterSeconds * 1000, maxRetryAfterMs);
  return waitMs > failed.maxWaitMs ? 'stop' : waitMs;
}

/**
 * How long nobody calls after a 429 that does not say for how long, in milliseconds: 250, doubled with each that follows without a success between them (`times`,
 * 1 for the first), at most 8 s, less up to half of it by chance (`random`, 0 to 1).
 */
export function toThrottleMs(times: number, random: number): number {
  return Math.min(maxBackoffMs, baseMs * 2 ** Math.min(times - 1, 20)) * (1 - random / 2);
}

function isWorthRepeating({ failure, status = 0, method, idempotent }: FailedAttempt): boolean {
  const harmless = idempotent || method === 'GET';
  switch (failure) {
    case 'aborted':
      return false;
    case 'not_sent':
      return true;
    case 'timeout':
    case 'reset':
      return harmless;
    case 'answer':
      if (status === 429) return true;
      if (status === 409) return method !== 'GET';
      return harmless && (status === 408 || status === 425 || status >= 500) && status !== 501;
  }
}
