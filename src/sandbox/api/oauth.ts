import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import type { TokenPair } from '../state.ts';
import { readBody, type ApiEnv, type Fields } from './request.ts';
import { accessTokenSeconds, endPair, findPairByRefreshToken, issuePair, listLivePairs } from './tokens.ts';

const codeSeconds = 600;

type OAuthError = { status: 400 | 401; error: string; error_description: string };

function toError(status: 400 | 401, error: string, description: string): OAuthError {
  return { status, error, error_description: description };
}

const invalidGrant = toError(
  400,
  'invalid_grant',
  'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.',
);

function toTokenBody(sandbox: Sandbox, pair: TokenPair): Record<string, unknown> {
  const user = sandbox.state.users.get(pair.userId);
  return {
    oauth: {
      access_token: pair.accessToken,
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      refresh_token: pair.refreshToken,
      scope: pair.scopes.join(' '),
      created_at: pair.createdAt,
      resource_owner: { id: pair.userId, type: user?.type ?? 'Practitioner' },
    },
  };
}

function findClientFault(sandbox: Sandbox, body: Fields): OAuthError | null {
  const known = body['client_id'] === sandbox.app.clientId && body['client_secret'] === sandbox.app.clientSecret;
  if (known) return null;
  return toError(
    401,
    'invalid_client',
    'Client authentication failed due to unknown client or no client authentication.',
  );
}

function exchangeCode(sandbox: Sandbox, body: Fields): TokenPair | OAuthError {
  if (typeof body['code'] !== 'string' || typeof body['redirect_uri'] !== 'string')
    return toError(400, 'invalid_request', 'Missing required parameter: code or redirect_uri.');
  const code = sandbox.state.codes.get(body['code']);
  if (code === undefined || code.used || code.redirectUri !== body['redirect_uri']) return invalidGrant;
  if (sandbox.now().getTime() >= Date.parse(code.issuedAt) + codeSeconds * 1000) return invalidGrant;
  code.used = true;
  return issuePair(sandbox, code.userId, null);
}

function refresh(sandbox: Sandbox, body: Fields): TokenPair | OAuthError {
  if (typeof body['refresh_token'] !== 'string')
    return toError(400, 'invalid_request', 'Missing required parameter: refresh_token.');
  const pair = findPairByRefreshToken(sandbox, body['refresh_token']);
  if (pair === null || pair.endedAt !== null) return invalidGrant;
  if (!sandbox.settings.refreshGrace) endPair(sandbox, pair, 'rotated');
  return issuePair(sandbox, pair.userId, pair);
}

/** The token and revoke endpoints, to be mounted under `/api`. Their errors are not wrapped in `oauth`. */
export function createOAuthRoutes(sandbox: Sandbox): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>();

  routes.post('/oauth/token', async (c) => {
    const body = await readBody(c);
    const grantType = body['grant_type'];
    let answer: TokenPair | OAuthError;
    if (grantType === undefined) answer = toError(400, 'invalid_request', 'Missing required parameter: grant_type.');
    else if (grantType !== 'authorization_code' && grantType !== 'refresh_token')
      answer = toError(
        400,
        'unsupported_grant_type',
        'The authorization grant type is not supported by the authorization server.',
      );
    else
      answer =
        findClientFault(sandbox, body) ??
        (grantType === 'authorization_code' ? exchangeCode(sandbox, body) : refresh(sandbox, body));
    if ('error' in answer) {
      const { status, ...rest } = answer;
      return c.json(rest, status);
    }
    c.header('Cache-Control', 'no-store');
    return c.json(toTokenBody(sandbox, answer));
  });

  routes.post('/oauth/revoke', async (c) => {
    const body = await readBody(c);
    const fault = findClientFault(sandbox, body);
    if (fault !== null) {
      const { status, ...rest } = fault;
      return c.json(rest, status);
    }
    const token = body['token'];
    if (typeof token !== 'string')
      return c.json({ error: 'invalid_request', error_description: 'Missing required parameter: token.' }, 400);
    const pair = sandbox.state.tokens.get(token) ?? findPairByRefreshToken(sandbox, token);
    if (pair !== null) {
      const ended = sandbox.settings.revokeReaches === 'pair' ? [pair] : listLivePairs(sandbox, pair.authorizationId);
      for (const each of ended) endPair(sandbox, each, 'revoked');
    }
    return c.json({});
  });

  return routes;
}
