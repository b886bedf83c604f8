import type { Hono } from 'hono';
import { listLivePairs } from '../api/tokens.ts';
import { readBody, readText } from '../api/request.ts';
import type { Sandbox } from '../sandbox.ts';
import { Refusal, type User } from '../state.ts';

/** How many tokens of each user live, by e-mail, and all together. */
export function countLiveTokens(sandbox: Sandbox): { total: number; byUser: Record<string, number> } {
  const byUser: Record<string, number> = {};
  let total = 0;
  for (const pair of sandbox.state.tokens.values()) {
    if (pair.endedAt !== null) continue;
    total += 1;
    const key = sandbox.state.users.get(pair.userId)?.email ?? pair.userId;
    byUser[key] = (byUser[key] ?? 0) + 1;
  }
  return { total, byUser };
}

/** The user that an id or e-mail means. Throws a 404 refusal. */
function getUser(sandbox: Sandbox, idOrEmail: string): User {
  const wanted = idOrEmail.toLowerCase();
  for (const user of sandbox.state.users.values())
    if (user.id === idOrEmail || user.email.toLowerCase() === wanted) return user;
  throw new Refusal(404, ['Not Found']);
}

/** Adds the actions on users' authorizations. A user is named by id or e-mail. */
export function addUserRoutes(routes: Hono, sandbox: Sandbox): void {
  const { actions, app, state } = sandbox;
  routes.get('/tokens', (c) => c.json(countLiveTokens(sandbox)));
  // A code for the callback without walking through the pages.
  routes.post('/users/:user/authorize', async (c) => {
    const redirectUri = readText((await readBody(c))['redirect_uri']) ?? app.redirectUris[0] ?? '';
    const user = getUser(sandbox, c.req.param('user'));
    return c.json({ code: actions.authorize({ userId: user.id, redirectUri }), redirect_uri: redirectUri });
  });
  routes.post('/users/:user/revoke', (c) =>
    c.json({ ended: actions.revokeAuthorizationByUser(getUser(sandbox, c.req.param('user')).id) }),
  );
  // Ages the access tokens of a user, so that they have expired while their refresh tokens still work.
  routes.post('/users/:user/expire', (c) => {
    const user = getUser(sandbox, c.req.param('user'));
    const authorizations = new Set([...state.tokens.values()].map((pair) => pair.authorizationId));
    let expired = 0;
    for (const id of authorizations)
      for (const pair of listLivePairs(sandbox, id)) {
        if (pair.userId !== user.id) continue;
        pair.createdAt = new Date(sandbox.now().getTime() - 86_400_000).toISOString();
        expired += 1;
      }
    return c.json({ expired });
  });
}
