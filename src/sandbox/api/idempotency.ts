import type { MiddlewareHandler } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import type { ApiEnv } from './request.ts';

interface Remembered {
  body: string;
  /** Null while the first request runs. */
  answer: { status: number; text: string } | null;
}

/**
 * Honours `Idempotency-Key` on POST while the setting is on: the same key replays the first answer, 409 while that runs, 422 for another body.
 * Answers of 500 and above are not kept.
 */
export function createIdempotency(sandbox: Sandbox): MiddlewareHandler<ApiEnv> {
  const remembered = new Map<string, Remembered>();
  return async (c, next) => {
    const key = c.req.header('idempotency-key');
    if (!sandbox.settings.idempotency || c.req.method !== 'POST' || key === undefined) return next();
    const scope = `${c.req.header('authorization') ?? ''} ${c.req.path} ${key}`;
    const body = await c.req.text();
    const first = remembered.get(scope);
    if (first !== undefined) {
      if (first.body !== body) return c.json({ error: '["Idempotency key was used with different parameters"]' }, 422);
      if (first.answer === null) return c.json({ error: 'request_in_progress' }, 409);
      return new Response(first.answer.text, {
        status: first.answer.status,
        headers: { 'content-type': 'application/json' },
      });
    }
    const entry: Remembered = { body, answer: null };
    remembered.set(scope, entry);
    try {
      await next();
    } finally {
      if (c.res.status >= 500) remembered.delete(scope);
      else entry.answer = { status: c.res.status, text: await c.res.clone().text() };
    }
  };
}
