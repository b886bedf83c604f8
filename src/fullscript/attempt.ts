import { FullscriptFailure } from '../domain/errors.ts';
import type { AttemptFailure } from './retry.ts';

/** One request, as `fetch` takes it, and for how long it is waited for. */
export interface AttemptRequest {
  url: URL;
  method: string;
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
  timeoutMs: number;
  /** The caller's own end of waiting. */
  signal?: AbortSignal | undefined;
}

/** An attempt that came to no answer, and how. */
export class AttemptError extends Error {
  readonly manner: Exclude<AttemptFailure, 'answer'>;

  constructor(manner: Exclude<AttemptFailure, 'answer'>, cause: unknown) {
    super(manner, { cause });
    this.name = 'AttemptError';
    this.manner = manner;
  }
}

const timedOut = new Error('The time for one attempt is over');

/** Fetches and reads as a whole, under the attempt's time-out and the caller's signal; redirects are not followed. Throws AttemptError. */
export async function attemptOnce<T>(
  fetchOutside: typeof fetch,
  request: AttemptRequest,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { url, method, headers, body, timeoutMs, signal: callers } = request;
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(timedOut), timeoutMs);
  try {
    const signal = callers ? AbortSignal.any([timeout.signal, callers]) : timeout.signal;
    return await read(await fetchOutside(url, { method, headers, body: body ?? null, redirect: 'manual', signal }));
  } catch (error) {
    // The signals are looked at first: what fetch says after an abort differs between versions.
    if (callers?.aborted) throw new AttemptError('aborted', error);
    if (timeout.signal.aborted) throw new AttemptError('timeout', error);
    throw new AttemptError(wasNeverSent(error) ? 'not_sent' : 'reset', error);
  } finally {
    clearTimeout(timer);
  }
}

/** How an attempt failed that came to no answer; what is neither an attempt's failure nor the caller's leaving is a bug and thrown on. */
export function toManner(error: unknown, signal: AbortSignal | undefined): Exclude<AttemptFailure, 'answer'> {
  if (error instanceof AttemptError) return error.manner;
  if (signal?.aborted) return 'aborted';
  throw error;
}

const manners: Record<AttemptFailure, string> = {
  answer: 'did not answer',
  aborted: 'did not answer before the caller stopped waiting',
  timeout: 'did not answer in time',
  not_sent: 'cannot be reached',
  reset: 'broke the connection off',
};

/** Keeps only the system's code as cause: what else a network error says may hold the address with its query. */
export function toUnavailable(
  manner: AttemptFailure,
  endpoint: string,
  error?: unknown,
  upstreamRequestId?: string,
): FullscriptFailure {
  const code = findCode(error instanceof AttemptError ? error.cause : error);
  return new FullscriptFailure('unavailable', `Fullscript ${manners[manner]}: ${endpoint}`, {
    upstreamRequestId,
    ...(code !== undefined && /^[A-Z][A-Z\d_]+$/.test(code) ? { cause: new Error(code) } : {}),
  });
}

/** The codes with which a connection fails before a byte of the request is on its way. */
const notSentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function findCode(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const code: unknown = 'code' in at ? at.code : undefined;
    if (typeof code === 'string') return code;
  }
  return undefined;
}

function wasNeverSent(error: unknown): boolean {
  return notSentCodes.has(findCode(error) ?? '');
}
