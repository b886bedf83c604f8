import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import type { SessionGrant } from '../state.ts';
import { authorized } from './authorized.ts';
import type { ApiEnv } from './request.ts';

const grantSeconds = 120;

/** One-time logins for the embed. To be mounted under `/api`. */
export function createSessionGrantRoutes(sandbox: Sandbox): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>();
  routes.post('/clinic/embeddable/session_grants', authorized(sandbox, 'clinic:write'), (c) => {
    const { user } = c.var.caller;
    const now = sandbox.now();
    const grant: SessionGrant = {
      id: sandbox.newId(),
      secretToken: sandbox.newSecret('grant'),
      userId: user.id,
      createdAt: now.toISOString(),
      expiresAt: new Date(now.getTime() + grantSeconds * 1000).toISOString(),
      claimedAt: null,
    };
    sandbox.state.sessionGrants.set(grant.id, grant);
    return c.json({
      id: grant.id,
      secret_token: grant.secretToken,
      claimed_at: grant.claimedAt,
      expires_at: grant.expiresAt,
      user: { type: user.type, id: user.id },
    });
  });
  return routes;
}
