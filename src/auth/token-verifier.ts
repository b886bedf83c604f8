import { errors, jwtVerify, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import { Refusal } from '../domain/errors.ts';
import type { KeySet, KnownKeys } from './key-set.ts';
import { roles, type Role, type Viewer } from './viewer.ts';

/** The signatures an EMR may use; all of them need a private key, so a public key can never pass for a shared secret. */
const algorithms = ['RS256', 'ES256', 'EdDSA'];
const toleranceSeconds = 30;
const maxTokenLength = 16_384;
const maxIdLength = 255;
const rememberedTokens = 2000;

export interface TokenVerifier {
  /**
   * Tells who holds the token. Throws UNAUTHENTICATED for a token that is missing, malformed, not the EMR's, not meant for us, or out of date,
   * and EMR_UNAVAILABLE while the EMR's keys were never read.
   */
  verify(bearer: string | null): Promise<Viewer>;
}

/**
 * Verifies the EMR's tokens: RS256, ES256 or EdDSA; `iss`, `aud`, `exp`, `sub` and `org` required, 30 s of clock tolerance.
 * What was verified is remembered until it expires or the published keys change. `now` gives milliseconds.
 */
export function createTokenVerifier(needs: {
  issuer: string;
  audience: string;
  keySet: KeySet;
  now?: () => number;
}): TokenVerifier {
  const now = needs.now ?? Date.now;
  const remembered = new LRUCache<string, { viewer: Viewer; keysVersion: number; validUntilMs: number }>({
    max: rememberedTokens,
  });

  async function verifyWith(keys: KnownKeys, bearer: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(bearer, keys.getKey, {
      algorithms,
      issuer: needs.issuer,
      audience: needs.audience,
      clockTolerance: toleranceSeconds,
      requiredClaims: ['iss', 'aud', 'exp', 'sub', 'org'],
      currentDate: new Date(now()),
    });
    return payload;
  }

  return {
    async verify(bearer) {
      if (bearer === null) throw new Refusal('UNAUTHENTICATED', 'A bearer token of the EMR is needed');
      if (bearer.length > maxTokenLength) throw new Refusal('UNAUTHENTICATED', 'The bearer token is too long');
      const keys = await needs.keySet.current();
      const hit = remembered.get(bearer);
      if (hit?.keysVersion === keys.version && now() < hit.validUntilMs) return hit.viewer;

      let used = keys;
      let payload: JWTPayload;
      try {
        payload = await verifyWith(keys, bearer);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw toRefusal(error);
        const newer = await needs.keySet.findNewer(keys);
        if (newer === null) throw toRefusal(error);
        used = newer;
        payload = await verifyWith(newer, bearer).catch((failure: unknown) => {
          throw toRefusal(failure);
        });
      }
      const viewer = readViewer(payload, bearer);
      const validUntilMs = ((payload.exp ?? 0) + toleranceSeconds) * 1000;
      remembered.set(bearer, { viewer, keysVersion: used.version, validUntilMs });
      return viewer;
    },
  };
}

/** Says why in general words. The cause goes to the log; jose puts the decoded claims on it, so only its code is taken along. */
function toRefusal(error: unknown): Refusal {
  const message =
    error instanceof errors.JWTExpired ? 'The bearer token has expired' : "The bearer token is not one of the EMR's";
  const cause = error instanceof errors.JOSEError ? error.code : 'malformed';
  return new Refusal('UNAUTHENTICATED', message, { cause });
}

function readViewer(payload: JWTPayload, bearer: string): Viewer {
  const practitionerId = payload['practitioner_id'];
  return {
    userId: readId(payload.sub, 'sub'),
    organizationId: readId(payload['org'], 'org'),
    practitionerId:
      practitionerId === undefined || practitionerId === null ? null : readId(practitionerId, 'practitioner_id'),
    roles: readRoles(payload['roles']),
    bearer,
  };
}

function readId(value: unknown, claim: string): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= maxIdLength) return value;
  throw new Refusal('UNAUTHENTICATED', `The bearer token's ${claim} must be text of 1 to ${maxIdLength} characters`);
}

/** Roles that are not ours are somebody else's business. */
function readRoles(value: unknown): ReadonlySet<Role> {
  const given: readonly unknown[] = Array.isArray(value) ? value : [];
  return new Set(roles.filter((role) => given.includes(role)));
}
