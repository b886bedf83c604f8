import type { MiddlewareHandler } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import { Refusal } from '../state.ts';
import { findCaller } from './tokens.ts';
import type { ApiEnv } from './request.ts';

const groups = ['catalog', 'clinic', 'patients', 'labs'];

/** Names the scope's group in backquotes, as Fullscript's refusals do. */
function toScopeRefusal(scope: string): Refusal {
  const group = groups.find((name) => scope.startsWith(`${name}:`)) ?? scope;
  return new Refusal(403, [`Must have \`${group}\` scope enabled`]);
}

/**
 * Lets a request through when its bearer token lives (else 401) and holds at least one of the scopes (else 403). Without scopes any live token does.
 * The handler finds the caller in the context.
 */
export function authorized(sandbox: Sandbox, ...anyOf: string[]): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const token = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const found = findCaller(sandbox, token ?? null);
    if (typeof found === 'string') {
      c.header('WWW-Authenticate', `Bearer realm="Fullscript", error="invalid_token", error_description="${found}"`);
      return c.json({ error: found }, 401);
    }
    const [first] = anyOf;
    if (first !== undefined && !anyOf.some((scope) => found.pair.scopes.includes(scope))) throw toScopeRefusal(first);
    c.set('caller', found);
    return next();
  };
}

/** Refuses the request with 403 unless the endpoint has been opened to the app. */
export function restricted(sandbox: Sandbox): MiddlewareHandler<ApiEnv> {
  return async (_c, next) => {
    if (!sandbox.settings.restrictedEndpoints)
      throw new Refusal(403, ['This endpoint is restricted. Contact Fullscript to request access']);
    await next();
  };
}
