import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import PQueue from 'p-queue';
import { FullscriptFailure, type FullscriptFailureKind } from '../domain/errors.ts';
import type { BudgetStats, RateBudget } from './budget.ts';
import { readRetryAfterSeconds, toFailure, toFailureKind } from './errors.ts';
import { toRetryWait, type AttemptFailure } from './retry.ts';
import type { FullscriptSettings } from './settings.ts';
import { untilAborted, wait } from './wait.ts';

/** An address of Fullscript and what is known about it. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'PATCH';
  /** Behind the API's base, as in `/clinic/patients/{id}`. */
  route: string;
  /** The scopes it needs; of several alternatives the more telling one first. */
  scopes: readonly string[];
  /** Open to approved apps only. */
  restricted?: boolean;
  /** Whether doing it twice is the same as doing it once; GET always is. */
  idempotent?: boolean;
}

/** What fills an endpoint. */
export interface EndpointInput {
  /** For the route's braces. */
  params?: Readonly<Record<string, string>> | undefined;
  /** Left out where undefined. */
  query?: Readonly<Record<string, string | undefined>> | undefined;
  body?: unknown;
  /** For POST; a random one, kept over the retries, when left out. */
  idempotencyKey?: string | undefined;
}

/** A success, read but not yet understood. */
export interface Answer {
  /** Method and route pattern. */
  endpoint: string;
  status: number;
  /** Parsed JSON; undefined when there was no body. */
  body: unknown;
  upstreamRequestId: string | undefined;
}

/** One attempt at Fullscript. Holds route patterns and ids of requests only. */
export interface CallRecord {
  /** Method and route pattern, as in `GET /clinic/patients/{id}`. */
  endpoint: string;
  outcome: 'ok' | FullscriptFailureKind;
  /** Undefined when no answer came. */
  status: number | undefined;
  durationMs: number;
  /** Fullscript's `X-Request-Id`. */
  upstreamRequestId: string | undefined;
  requestId: string | undefined;
  /** 1 for the first. */
  attempt: number;
}

/** How a request is sent, whoever it is from. */
export interface Sending {
  priority: 'interactive' | 'background';
  maxWaitMs: number;
  signal?: AbortSignal | undefined;
  requestId?: string | undefined;
  /** In place of the settings' time-out per attempt, for what must be waited for: such a time-out is not followed by another attempt. */
  patienceMs?: number | undefined;
  /** Asked before each attempt, and once more after a long wait for the budget; undefined sends no bearer. */
  bearer?: (() => Promise<{ accessToken: string; scopes: readonly string[] }>) | undefined;
}

export interface Transport {
  /** budget, bearer, concurrency, fetch with time-out, reading, errors, retry. Throws FullscriptFailure. */
  send(sending: Sending, endpoint: Endpoint, input?: EndpointInput): Promise<Answer>;
  /**
   * One attempt at a file, up to the headers; the caller reads or cancels the body. `countsForBudget` for the API's own origin.
   * Redirects and refusals are answers here, not failures. Throws `unavailable` and `rate_limited`.
   */
  openFile(
    sending: Omit<Sending, 'bearer'>,
    url: URL,
    options: { accessToken: string | undefined; countsForBudget: boolean; attempt: number },
  ): Promise<Response>;
  stats(): { inFlight: number; queued: number; budget: BudgetStats };
}

export interface TransportNeeds {
  settings: Pick<FullscriptSettings, 'apiUrl' | 'timeoutMs' | 'maxConcurrency' | 'userAgent'>;
  budget: RateBudget;
  fetch: typeof fetch;
  now: () => Date;
  random: () => number;
  onCall: (record: CallRecord) => void;
}

/** A random key for a request that creates something; the caller keeps it over repeats. */
export function createIdempotencyKey(): string {
  return randomUUID();
}

/** Makes the one ring that every request to Fullscript goes through. */
export function createTransport(needs: TransportNeeds): Transport {
  const { settings, budget } = needs;
  const queue = new PQueue({ concurrency: settings.maxConcurrency });
  // Background calls that hang must not hold every slot: a fifth of them is for interactive calls alone.
  const reservedSlots = settings.maxConcurrency > 1 ? Math.ceil(settings.maxConcurrency / 5) : 0;
  const backgroundQueue = new PQueue({ concurrency: settings.maxConcurrency - reservedSlots });
  // Nor must those that wait longest.
  const patientQueue = new PQueue({ concurrency: Math.max(1, Math.floor(settings.maxConcurrency / 2)) });
  const userAgent = settings.userAgent ?? 'fullscript-subgraph';

  async function inSlot<T>(
    { priority, signal, patienceMs }: Pick<Sending, 'priority' | 'signal' | 'patienceMs'>,
    task: () => Promise<T>,
  ): Promise<T> {
    const options = signal ? { signal } : {};
    const inQueue = () =>
      priority === 'interactive'
        ? queue.add(task, { ...options, priority: 1 })
        : backgroundQueue.add(() => queue.add(task, options), options);
    return patienceMs === undefined ? inQueue() : patientQueue.add(inQueue, options);
  }

  /** Fetches and reads as a whole, under the attempt's time-out and the caller's signal. */
  async function attemptOnce<T>(
    sending: Pick<Sending, 'signal' | 'patienceMs'>,
    url: URL,
    init: RequestInit,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(timedOut), sending.patienceMs ?? settings.timeoutMs);
    try {
      const signal = sending.signal ? AbortSignal.any([timeout.signal, sending.signal]) : timeout.signal;
      return await read(await needs.fetch(url, { ...init, redirect: 'manual', signal }));
    } catch (error) {
      // The signals are looked at first: what fetch says after an abort differs between versions.
      if (sending.signal?.aborted) throw new AttemptError('aborted', error);
      if (timeout.signal.aborted) throw new AttemptError('timeout', error);
      throw new AttemptError(wasNeverSent(error) ? 'not_sent' : 'reset', error);
    } finally {
      clearTimeout(timer);
    }
  }

  async function send(sending: Sending, endpoint: Endpoint, input: EndpointInput = {}): Promise<Answer> {
    // A page of patients, or a clinic's events, may have any number of calls waiting under one signal.
    if (sending.signal) setMaxListeners(0, sending.signal);
    const name = `${endpoint.method} ${endpoint.route}`;
    const url = toUrl(settings.apiUrl, endpoint.route, input, name);
    const idempotencyKey =
      endpoint.method === 'POST' ? (input.idempotencyKey ?? createIdempotencyKey()) : input.idempotencyKey;
    const body = input.body === undefined ? undefined : JSON.stringify(input.body);
    let waitLeftMs = sending.maxWaitMs;
    const getBearer = async () =>
      sending.bearer ? await untilAborted(sending.bearer(), sending.signal, () => toAborted(name)) : undefined;

    for (let attempt = 1; ; attempt += 1) {
      // Before the budget: what waits for a token, and maybe in vain, must not use up calls.
      let pair = await getBearer();
      const askedAt = needs.now().getTime();
      await budget.take({ priority: sending.priority, maxWaitMs: waitLeftMs, signal: sending.signal });
      const waitedMs = Math.max(0, needs.now().getTime() - askedAt);
      waitLeftMs = Math.max(0, waitLeftMs - waitedMs);
      if (waitedMs > bearerKeptMs) pair = await getBearer();
      const headers: Record<string, string> = { accept: 'application/json', 'user-agent': userAgent };
      if (pair) headers['authorization'] = `Bearer ${pair.accessToken}`;
      if (body !== undefined) headers['content-type'] = 'application/json';
      if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
      if (sending.requestId !== undefined) headers['x-request-id'] = sending.requestId;

      let startedAt = needs.now().getTime();
      let status: number | undefined;
      let upstreamRequestId: string | undefined;
      let failure: FullscriptFailure;
      let manner: AttemptFailure = 'answer';
      try {
        const answer = await inSlot(sending, () => {
          startedAt = needs.now().getTime();
          return attemptOnce(
            sending,
            url,
            { method: endpoint.method, headers, body: body ?? null },
            async (response) => {
              status = response.status;
              upstreamRequestId = readRequestId(response);
              return {
                status: response.status,
                ok: response.ok,
                headers: response.headers,
                text: await response.text(),
              };
            },
          );
        });
        const parsed = parseJson(answer.text);
        if (answer.ok && parsed !== unreadable) {
          note('ok');
          return { endpoint: name, status: answer.status, body: parsed, upstreamRequestId };
        }
        failure = answer.ok
          ? new FullscriptFailure('contract', `Fullscript's answer to ${name} is not JSON`, {
              status,
              upstreamRequestId,
            })
          : toFailure({
              endpoint: name,
              status: answer.status,
              body: parsed === unreadable ? undefined : parsed,
              retryAfterSeconds: readRetryAfterSeconds(answer.headers.get('retry-after'), needs.now()),
              upstreamRequestId,
              neededScopes: endpoint.scopes,
              grantedScopes: pair?.scopes ?? [],
              restricted: endpoint.restricted ?? false,
            });
      } catch (error) {
        if (error instanceof FullscriptFailure) throw error;
        manner = toManner(error, sending.signal);
        failure = toUnavailable(manner, name, error, upstreamRequestId);
      }
      note(failure.kind);
      if (failure.status === 429 && failure.retryAfterSeconds !== undefined) {
        budget.pause(Math.min(failure.retryAfterSeconds, maxPauseSeconds) * 1000);
      }
      const isPatienceOver = manner === 'timeout' && sending.patienceMs !== undefined;
      const waitMs =
        failure.kind === 'contract' || isPatienceOver
          ? 'stop'
          : toRetryWait({
              attempt,
              method: endpoint.method,
              idempotent: endpoint.idempotent ?? endpoint.method === 'GET',
              failure: manner,
              status: failure.status,
              retryAfterSeconds: failure.retryAfterSeconds,
              maxWaitMs: waitLeftMs,
              random: needs.random(),
            });
      if (waitMs === 'stop') throw failure;
      await wait(waitMs, sending.signal);
      if (sending.signal?.aborted) throw failure;
      waitLeftMs -= waitMs;

      function note(outcome: CallRecord['outcome']): void {
        needs.onCall({
          endpoint: name,
          outcome,
          status: status,
          durationMs: needs.now().getTime() - startedAt,
          upstreamRequestId,
          requestId: sending.requestId,
          attempt,
        });
      }
    }
  }

  return {
    send,
    async openFile(sending, url, options) {
      const name = 'GET file';
      if (options.countsForBudget) {
        await budget.take({ priority: sending.priority, maxWaitMs: sending.maxWaitMs, signal: sending.signal });
      }
      const headers: Record<string, string> = { accept: 'application/pdf', 'user-agent': userAgent };
      if (options.accessToken !== undefined) headers['authorization'] = `Bearer ${options.accessToken}`;
      if (options.countsForBudget && sending.requestId !== undefined) headers['x-request-id'] = sending.requestId;
      const startedAt = needs.now().getTime();
      const note = (outcome: CallRecord['outcome'], response?: Response) =>
        needs.onCall({
          endpoint: name,
          outcome,
          status: response?.status,
          durationMs: needs.now().getTime() - startedAt,
          upstreamRequestId: response && options.countsForBudget ? readRequestId(response) : undefined,
          requestId: sending.requestId,
          attempt: options.attempt,
        });
      try {
        const response = await inSlot(sending, () =>
          attemptOnce(sending, url, { method: 'GET', headers }, (opened) => Promise.resolve(opened)),
        );
        note(response.status < 400 ? 'ok' : toFailureKind(response.status), response);
        return response;
      } catch (error) {
        note('unavailable');
        throw toUnavailable(toManner(error, sending.signal), name, error, undefined);
      }
    },
    stats: () => ({
      inFlight: queue.pending,
      queued: queue.size + backgroundQueue.size + patientQueue.size,
      budget: budget.stats(),
    }),
  };
}

const maxPauseSeconds = 300;
/** How long a bearer may wait for the budget before it is asked for anew. */
const bearerKeptMs = 5000;
const unreadable = Symbol('unreadable');
const timedOut = new Error('The time for one attempt is over');

class AttemptError extends Error {
  readonly manner: Exclude<AttemptFailure, 'answer'>;

  constructor(manner: Exclude<AttemptFailure, 'answer'>, cause: unknown) {
    super(manner, { cause });
    this.name = 'AttemptError';
    this.manner = manner;
  }
}

function toManner(error: unknown, signal: AbortSignal | undefined): AttemptFailure {
  if (error instanceof AttemptError) return error.manner;
  if (signal?.aborted) return 'aborted';
  throw error;
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

const manners: Record<AttemptFailure, string> = {
  answer: 'did not answer',
  aborted: 'did not answer before the caller stopped waiting',
  timeout: 'did not answer in time',
  not_sent: 'cannot be reached',
  reset: 'broke the connection off',
};

/** Keeps only the system's code as cause: what else a network error says may hold the address with its query. */
function toUnavailable(
  manner: AttemptFailure,
  name: string,
  error: unknown,
  upstreamRequestId: string | undefined,
): FullscriptFailure {
  const code = findCode(error instanceof AttemptError ? error.cause : error);
  return new FullscriptFailure('unavailable', `Fullscript ${manners[manner]}: ${name}`, {
    upstreamRequestId,
    ...(code !== undefined && /^[A-Z][A-Z\d_]+$/.test(code) ? { cause: new Error(code) } : {}),
  });
}

function toAborted(name: string): FullscriptFailure {
  return toUnavailable('aborted', name, undefined, undefined);
}

function readRequestId(response: Response): string | undefined {
  const id = response.headers.get('x-request-id');
  return id !== null && /^[\w.:-]{1,128}$/.test(id) ? id : undefined;
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return unreadable;
  }
}

/** Fills the route. An id that cannot stand in a path names nothing that exists: `not_found`, without asking. */
function toUrl(apiUrl: string, route: string, input: EndpointInput, name: string): URL {
  const path = route.replaceAll(/\{(\w+)\}/g, (_, key: string) => {
    const value = input.params?.[key] ?? '';
    try {
      if (value !== '' && value !== '.' && value !== '..' && value.length <= 255) return encodeURIComponent(value);
    } catch {
      // Half of a surrogate pair: as impossible as the others.
    }
    throw new FullscriptFailure('not_found', `Fullscript does not know this: ${name}`);
  });
  const url = new URL(`${apiUrl.replace(/\/+$/, '')}${path}`);
  for (const [key, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, value);
  }
  return url;
}
