import { randomUUID } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Fault } from '../faults.ts';
import type { Sandbox } from '../sandbox.ts';
import type { ApiEnv } from './request.ts';

/** Breaks the client's connection. The response given to the framework afterwards goes nowhere. */
function breakConnection(c: Context<ApiEnv>): Response {
  c.env.incoming.socket.resetAndDestroy();
  return new Response(null, { status: 200, headers: { 'x-hono-already-sent': 'true' } });
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** Makes a request as slow as a fault told it to be. Stands after the look at idempotency keys, so that a repetition meets the first one at work. */
export function createDelay(): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const delayMs = c.get('delayMs') ?? 0;
    if (delayMs > 0) await pause(delayMs);
    await next();
  };
}

/** The pattern of the route that handled the request, or its path when none did. */
function toRoutePattern(c: Context<ApiEnv>): string {
  const patterns = matchedRoutes(c).filter((route) => !route.path.includes('*'));
  return patterns.at(-1)?.path ?? c.req.path;
}

/** Counts requests in a rolling window over all endpoints. Gives the seconds to wait when there are too many, else null. */
function createRateLimit(sandbox: Sandbox): () => number | null {
  let times: number[] = [];
  return () => {
    const { limit, windowMs } = sandbox.settings.rateLimit;
    const nowMs = sandbox.now().getTime();
    // The clock may have been set back; then the window begins anew.
    if ((times.at(-1) ?? 0) > nowMs) times = [];
    let passed = 0;
    while (passed < times.length && (times[passed] ?? 0) <= nowMs - windowMs) passed += 1;
    if (passed > 0) times = times.slice(passed);
    if (times.length >= limit) return Math.max(1, Math.ceil(((times[0] ?? nowMs) + windowMs - nowMs) / 1000));
    times.push(nowMs);
    return null;
  };
}

async function play(c: Context<ApiEnv>, fault: Fault, next: () => Promise<void>): Promise<Response | undefined> {
  const handled = fault.reset !== true && fault.status === undefined;
  if (handled) c.set('delayMs', fault.latencyMs ?? 0);
  else await pause(fault.latencyMs ?? 0);
  if (fault.reset === true) return breakConnection(c);
  if (fault.status !== undefined) {
    const body = fault.body ?? { status: fault.status, error: 'Fault' };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return new Response(fault.status === 204 || fault.status === 304 ? null : text, {
      status: fault.status,
      headers: { 'content-type': 'application/json', ...fault.headers },
    });
  }
  await next();
  return fault.lost === true ? breakConnection(c) : undefined;
}

/** Everything that happens around an API request: its id, the log, the rate limit and the faults. */
export function createTraffic(sandbox: Sandbox): MiddlewareHandler<ApiEnv> {
  const takeRate = createRateLimit(sandbox);
  return async (c, next) => {
    const requestId = randomUUID();
    const { method, path } = c.req;
    const call = sandbox.calls.begin({
      at: sandbox.instant(),
      method,
      path,
      query: new URL(c.req.url).search,
      requestId,
      idempotencyKey: c.req.header('idempotency-key') ?? null,
    });
    let broken = false;
    try {
      const fault = sandbox.faults.take(method, path);
      broken = fault?.reset === true || fault?.lost === true;
      const waitSeconds = takeRate();
      if (waitSeconds !== null) {
        if (sandbox.settings.rateLimit.retryAfter) c.header('Retry-After', String(waitSeconds));
        c.res = c.json({ error: 'Rate limit exceeded' }, 429);
      } else if (fault === null) await next();
      else c.res = (await play(c, fault, next)) ?? c.res;
      c.header('X-Request-Id', requestId);
    } finally {
      sandbox.calls.end(call, toRoutePattern(c), broken ? 0 : c.res.status);
    }
  };
}
