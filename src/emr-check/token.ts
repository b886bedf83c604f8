import { decodeJwt, decodeProtectedHeader } from 'jose';
import { createKeySet, type KeySource } from '../auth/key-set.ts';
import { createTokenVerifier } from '../auth/token-verifier.ts';
import { roles as knownRoles } from '../auth/viewer.ts';
import { Refusal } from '../domain/errors.ts';
import { note, ok, quote, wrong, type Finding } from './findings.ts';

/** What a token is held against. */
export interface TokenNeeds {
  issuer: string;
  audience: string;
  jwks: KeySource;
  fetch: typeof fetch;
  now: () => Date;
}

/** Whether this service would take the user's token, and if not, what in it is why. */
export async function* checkToken(token: string, needs: TokenNeeds): AsyncGenerator<Finding> {
  const now = (): number => needs.now().getTime();
  const keySet = createKeySet({ source: needs.jwks, fetch: needs.fetch, now });
  try {
    const viewer = await createTokenVerifier({ ...needs, keySet, now }).verify(token);
    const { userId, organizationId, practitionerId, roles } = viewer;
    yield ok(
      `The token is valid: sub ${quote(userId)}, org ${quote(organizationId)}, roles ${quote([...roles])}, practitioner_id ${quote(practitionerId)}`,
    );
    if (roles.size === 0)
      yield wrong(`The token's "roles" holds none of ${knownRoles.join(', ')}: this user may do nothing`);
    else if (roles.has('practitioner') && practitionerId === null)
      yield note('The token has no "practitioner_id": it must be the id of the Practitioner that this user is');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    yield wrong(`The token is refused: ${error.message}`);
    for (const reason of findReasons(token, needs)) yield wrong(`The token: ${reason}`);
  }
}

function findReasons(token: string, { issuer, audience, now }: TokenNeeds): string[] {
  let header: Readonly<Record<string, unknown>>;
  let claims: Readonly<Record<string, unknown>>;
  try {
    header = decodeProtectedHeader(token);
    claims = decodeJwt(token);
  } catch {
    return ['it is not a JWT'];
  }
  const { iss, aud, exp, sub, org } = claims;
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  const reasons = [
    ['RS256', 'ES256', 'EdDSA'].includes(header['alg'] as string)
      ? null
      : `"alg" is ${quote(header['alg'])}; RS256, ES256 and EdDSA are taken`,
    iss === issuer ? null : `"iss" is ${quote(iss)}, EMR_JWT_ISSUER is ${quote(issuer)}`,
    audiences.includes(audience) ? null : `"aud" is ${quote(aud)}, EMR_JWT_AUDIENCE is ${quote(audience)}`,
    typeof exp === 'number' ? null : '"exp" is missing',
    typeof exp === 'number' && exp * 1000 < now().getTime() ? 'it has expired: take a fresh one' : null,
    typeof sub === 'string' ? null : '"sub" is missing: the id of the user',
    typeof org === 'string' ? null : '"org" is missing: the id of the organization',
  ].filter((reason) => reason !== null);
  return reasons.length > 0
    ? reasons
    : [`its claims are fine: no published key has made it ("kid" ${quote(header['kid'])}), or a claim is not text`];
}
