import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { FullscriptFailure, type FullscriptFailureKind } from '../domain/errors.ts';
import { parseJson, readRequestId, unreadable, type Answer } from './answer.ts';
import { AttemptError, attemptOnce, toManner, toUnavailable, type AttemptRequest } from './attempt.ts';
import type { BudgetPermit, BudgetStats, RateBudget } from './budget.ts';
import { toMaxWaitMs, type Call } from './call.ts';
import { createCircuit, type CircuitState } from './circuit.ts';
import { toUrl, type Endpoint, type EndpointInput } from './endpoint.ts';
import { readRetryAfterSeconds, toFailure, toFailureKind } from './errors.ts';
import { createPatience } from './patience.ts';
import { toRetryWait, type AttemptFailure } from './retry.ts';
import type { FullscriptLog, FullscriptSettings } from './settings.ts';
import { createSlots } from './slots.ts';
import { createThrottle } from './throttle.ts';
import { untilAborted } from './wait.ts';

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
  priority: Call['priority'];
}

/** How a request is sent, whoever it is from. */
export interface Sending extends Omit<Call, 'accountId'> {
  /** In place of the settings' time-out per attempt, for what must be waited for: such a time-out is not followed by another attempt. */
  patienceMs?: number | undefined;
  /** Sent also while Fullscript seems to be down, for what must be tried; whoever repeats it keeps to a back-off of their own. */
  insists?: boolean | undefined;
  /** Asked before each attempt, and once more after a long wait for the budget; undefined sends no bearer. */
  bearer?: (() => Promise<{ accessToken: string; scopes: readonly string[] }>) | undefined;
}

export interface TransportStats {
  inFlight: number;
  /** Waiting for one of the process's slots. */
  queued: number;
  budget: BudgetStats;
  /** `open`: Fullscript is down and not asked; `half_open`: one call at a time finds out whether it is back. */
  circuit: CircuitState;
}

export interface Transport {
  /** circuit, bearer, budget, concurrency, fetch with time-out, reading, errors, retry. Throws FullscriptFailure. */
  send(sending: Sending, endpoint: Endpoint, input?: EndpointInput): Promise<Answer>;
  /**
   * One attempt at a file, up to the headers; the caller reads or cancels the body. `isOwn` for the API's own origin, whose budget and circuit then count.
   * Redirects and refusals are answers here, not failures. Throws `unavailable` and `rate_limited`.
   */
  openFile(
    sending: Omit<Sending, 'bearer'>,
    url: URL,
    options: { accessToken: string | undefined; isOwn: boolean; attempt: number },
  ): Promise<Response>;
  stats(): TransportStats;
}

export interface TransportNeeds {
  settings: Pick<FullscriptSettings, 'apiUrl' | 'timeoutMs' | 'maxConcurrency' | 'userAgent'>;
  budget: RateBudget;
  fetch: typeof fetch;
  now: () => Date;
  random: () => number;
  log: FullscriptLog;
  onCall: (record: CallRecord) => void;
}

/** A random key for a request that creates something; the caller keeps it over repeats. */
export function createIdempotencyKey(): string {
  return randomUUID();
}

/** Makes the one ring that every request to Fullscript goes through. */
export function createTransport(needs: TransportNeeds): Transport {
  const { settings, budget, now } = needs;
  const slots = createSlots(settings.maxConcurrency);
  const circuit = createCircuit({
    now,
    random: needs.random,
    log: needs.log,
    slots: settings.maxConcurrency,
    onSlots: (limit) => slots.setLimit(limit),
  });
  const userAgent = settings.userAgent ?? 'fullscript-subgraph';
  const throttle = createThrottle({ pause: (milliseconds) => budget.pause(milliseconds), now, random: needs.random });

  function assertUp(sending: Sending, name: string): void {
    if (!sending.insists && circuit.findRefusal(name) !== null) throw toRefused(name);
  }

  /** One attempt in a slot, counted by circuit and budget if it is at the API's own origin. `onStart` is called when it is about to go out. */
  async function attempt<T extends { status: number }>(
    sending: Sending,
    name: string,
    permit: BudgetPermit | null,
    request: Omit<AttemptRequest, 'timeoutMs' | 'signal'>,
    read: (response: Response) => Promise<T>,
    onStart: () => void,
  ): Promise<T> {
    const timeoutMs = sending.patienceMs ?? settings.timeoutMs;
    const sent = { began: false };
    const go = async (): Promise<T> => {
      const passage = permit ? circuit.enter(name, sending.insists) : null;
      if (permit && !passage) throw toRefused(name);
      sent.began = true;
      onStart();
      const startedAt = now().getTime();
      try {
        const answer = await attemptOnce(needs.fetch, { ...request, timeoutMs, signal: sending.signal }, read);
        passage?.end(answer.status >= 500 ? 'failed' : 'answered');
        if (answer.status < 400) throttle.forget();
        return answer;
      } catch (error) {
        // Whoever leaves early tells nothing about Fullscript.
        const isEarly = now().getTime() - startedAt < Math.min(timeoutMs, tellingMs);
        passage?.end(error instanceof AttemptError && error.manner === 'aborted' && isEarly ? 'nothing' : 'failed');
        throw error;
      }
    };
    try {
      return await slots.run({ ...sending, isPatient: sending.patienceMs !== undefined }, go);
    } finally {
      if (!sent.began) permit?.giveBack();
    }
  }

  async function send(sending: Sending, endpoint: Endpoint, input: EndpointInput = {}): Promise<Answer> {
    // A page of patients, or a clinic's events, may have any number of calls waiting under one signal.
    if (sending.signal) setMaxListeners(0, sending.signal);
    if (sending.raised) setMaxListeners(0, sending.raised);
    const name = `${endpoint.method} ${endpoint.route}`;
    const url = toUrl(settings.apiUrl, endpoint.route, input, name);
    const idempotencyKey =
      endpoint.method === 'POST' ? (input.idempotencyKey ?? createIdempotencyKey()) : input.idempotencyKey;
    const body = input.body === undefined ? undefined : JSON.stringify(input.body);
    const patience = createPatience(sending, now);
    const getBearer = async () =>
      sending.bearer
        ? await untilAborted(sending.bearer(), sending.signal, () => toUnavailable('aborted', name))
        : undefined;

    for (let tries = 1; ; tries += 1) {
      assertUp(sending, name);
      // Before the budget: what waits for a token, and maybe in vain, must not use up calls.
      let pair = await getBearer();
      const askedAt = now().getTime();
      const permit = await patience.spend((maxWaitMs) => budget.take({ ...sending, maxWaitMs }));
      try {
        if (now().getTime() - askedAt > bearerKeptMs) pair = await getBearer();
      } catch (error) {
        permit.giveBack();
        throw error;
      }
      const headers: Record<string, string> = { accept: 'application/json', 'user-agent': userAgent };
      if (pair) headers['authorization'] = `Bearer ${pair.accessToken}`;
      if (body !== undefined) headers['content-type'] = 'application/json';
      if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
      if (sending.requestId !== undefined) headers['x-request-id'] = sending.requestId;

      let startedAt: number | undefined;
      let status: number | undefined;
      let upstreamRequestId: string | undefined;
      let failure: FullscriptFailure;
      let manner: AttemptFailure = 'answer';
      try {
        const answer = await attempt(
          sending,
          name,
          permit,
          { url, method: endpoint.method, headers, body },
          async (response) => {
            status = response.status;
            upstreamRequestId = readRequestId(response);
            return { status: response.status, headers: response.headers, text: await response.text() };
          },
          () => (startedAt = now().getTime()),
        );
        const parsed = parseJson(answer.text);
        const isOk = answer.status >= 200 && answer.status < 300;
        if (isOk && parsed !== unreadable) {
          note('ok');
          return { endpoint: name, status: answer.status, body: parsed, upstreamRequestId };
        }
        failure = isOk
          ? new FullscriptFailure('contract', `Fullscript's answer to ${name} is not JSON`, {
              status,
              upstreamRequestId,
            })
          : toFailure({
              endpoint: name,
              status: answer.status,
              body: parsed === unreadable ? undefined : parsed,
              retryAfterSeconds: readRetryAfterSeconds(answer.headers.get('retry-after'), now()),
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
      if (failure.status === 429) throttle.slowDown(failure.retryAfterSeconds);
      // A back-off of our own is short, and not what the request's patience is about.
      const isAsked = failure.status === 429 || failure.retryAfterSeconds !== undefined;
      const isPatienceOver = manner === 'timeout' && sending.patienceMs !== undefined;
      const waitMs =
        failure.kind === 'contract' || isPatienceOver
          ? 'stop'
          : toRetryWait({
              attempt: tries,
              method: endpoint.method,
              idempotent: endpoint.idempotent ?? endpoint.method === 'GET',
              failure: manner,
              status: failure.status,
              retryAfterSeconds: failure.retryAfterSeconds,
              maxWaitMs: isAsked ? patience.leftMs() : toMaxWaitMs(sending),
              random: needs.random(),
            });
      if (waitMs === 'stop' || (!sending.insists && circuit.findRefusal(name) !== null)) throw failure;
      if (!(await patience.pause(waitMs, isAsked)) || sending.signal?.aborted) throw failure;

      function note(outcome: CallRecord['outcome']): void {
        // What never went out is no attempt.
        if (startedAt === undefined) return;
        needs.onCall({
          endpoint: name,
          outcome,
          status: status,
          durationMs: now().getTime() - startedAt,
          upstreamRequestId,
          requestId: sending.requestId,
          attempt: tries,
          priority: sending.priority,
        });
      }
    }
  }

  return {
    send,
    async openFile(sending, url, options) {
      const name = 'GET file';
      if (options.isOwn) assertUp(sending, name);
      const permit = options.isOwn
        ? await createPatience(sending, now).spend((maxWaitMs) => budget.take({ ...sending, maxWaitMs }))
        : null;
      const headers: Record<string, string> = { accept: 'application/pdf', 'user-agent': userAgent };
      if (options.accessToken !== undefined) headers['authorization'] = `Bearer ${options.accessToken}`;
      if (options.isOwn && sending.requestId !== undefined) headers['x-request-id'] = sending.requestId;
      let startedAt: number | undefined;
      const note = (outcome: CallRecord['outcome'], response?: Response) => {
        if (startedAt === undefined) return;
        needs.onCall({
          endpoint: name,
          outcome,
          status: response?.status,
          durationMs: now().getTime() - startedAt,
          upstreamRequestId: response && options.isOwn ? readRequestId(response) : undefined,
          requestId: sending.requestId,
          attempt: options.attempt,
          priority: sending.priority,
        });
      };
      try {
        const response = await attempt(
          sending,
          name,
          permit,
          { url, method: 'GET', headers },
          (opened) => Promise.resolve(opened),
          () => (startedAt = now().getTime()),
        );
        note(response.status < 400 ? 'ok' : toFailureKind(response.status), response);
        if (options.isOwn && response.status === 429) {
          throttle.slowDown(readRetryAfterSeconds(response.headers.get('retry-after'), now()));
        }
        return response;
      } catch (error) {
        if (error instanceof FullscriptFailure) throw error;
        note('unavailable');
        throw toUnavailable(toManner(error, sending.signal), name, error);
      }
    },
    stats: () => ({ ...slots.stats(), budget: budget.stats(), circuit: circuit.state() }),
  };
}

/** How long a bearer may wait for the budget before it is asked for anew. */
const bearerKeptMs = 5000;
/** Whoever has waited so long for an answer in vain tells that Fullscript does not answer. */
const tellingMs = 2000;

function toRefused(name: string): FullscriptFailure {
  return new FullscriptFailure('unavailable', `Fullscript is down and was not asked: ${name}`);
}
