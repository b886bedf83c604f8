import type { Sandbox } from '../sandbox.ts';
import type { TokenPair } from '../state.ts';
import type { Caller } from './request.ts';

/** How long an access token works. */
export const accessTokenSeconds = 7200;

/** A new pair for a user: with the scopes that the app has at this moment, or with those of the pair that it refreshes. */
export function issuePair(sandbox: Sandbox, userId: string, refreshed: TokenPair | null): TokenPair {
  const pair: TokenPair = {
    accessToken: sandbox.newSecret('at'),
    refreshToken: sandbox.newSecret('rt'),
    userId,
    authorizationId: refreshed?.authorizationId ?? sandbox.newId(),
    refreshedFrom: refreshed?.accessToken ?? null,
    scopes: [...(refreshed?.scopes ?? sandbox.app.scopes)],
    createdAt: sandbox.instant(),
    usedAt: null,
    endedAt: null,
    endedBecause: null,
  };
  sandbox.state.tokens.set(pair.accessToken, pair);
  return pair;
}

/** Ends a pair for good; a pair that has ended keeps its first reason. */
export function endPair(sandbox: Sandbox, pair: TokenPair, because: NonNullable<TokenPair['endedBecause']>): void {
  if (pair.endedAt !== null) return;
  pair.endedAt = sandbox.instant();
  pair.endedBecause = because;
}

/** The pair with this refresh token, whatever its state, or null. */
export function findPairByRefreshToken(sandbox: Sandbox, refreshToken: string): TokenPair | null {
  for (const pair of sandbox.state.tokens.values()) if (pair.refreshToken === refreshToken) return pair;
  return null;
}

/** The pairs that descend from the same consent and still live. */
export function listLivePairs(sandbox: Sandbox, authorizationId: string): TokenPair[] {
  return [...sandbox.state.tokens.values()].filter(
    (pair) => pair.authorizationId === authorizationId && pair.endedAt === null,
  );
}

/** Whether a pair came of refreshing the other, directly or over several steps. */
function isRefreshedFrom(sandbox: Sandbox, pair: TokenPair, origin: TokenPair): boolean {
  let parent = pair.refreshedFrom;
  while (parent !== null && parent !== origin.accessToken)
    parent = sandbox.state.tokens.get(parent)?.refreshedFrom ?? null;
  return parent !== null;
}

/**
 * Who calls with this access token, or the sentence that says why nobody does. The first use of an access token ends every other pair
 * of the same consent that it did not itself give rise to: from then on the refresh tokens before it are no longer valid.
 */
export function findCaller(sandbox: Sandbox, accessToken: string | null): Caller | string {
  const pair = accessToken === null ? undefined : sandbox.state.tokens.get(accessToken);
  if (pair === undefined) return 'The access token is invalid';
  if (pair.endedAt !== null) return 'The access token was revoked';
  const expiresMs = Date.parse(pair.createdAt) + accessTokenSeconds * 1000;
  if (sandbox.now().getTime() >= expiresMs) return 'The access token expired';
  const user = sandbox.state.users.get(pair.userId);
  const clinic = user === undefined ? undefined : sandbox.state.clinics.get(user.clinicId);
  if (user === undefined || clinic === undefined) return 'The access token is invalid';
  if (pair.usedAt === null) {
    pair.usedAt = sandbox.instant();
    for (const other of listLivePairs(sandbox, pair.authorizationId))
      if (other !== pair && !isRefreshedFrom(sandbox, other, pair)) endPair(sandbox, other, 'rotated');
  }
  return { user, clinic, pair };
}
