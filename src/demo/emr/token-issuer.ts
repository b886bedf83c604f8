import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JSONWebKeySet,
  type JWK,
} from 'jose';

import type { EmrRole } from './records.ts';
import type { EmrCaller } from './rules.ts';

/** How tokens can be signed. */
export type TokenAlgorithm = 'ES256' | 'RS256' | 'EdDSA';

/** Twelve hours: a working day, and a demo that is left open over lunch. */
const tokenLifetimeSeconds = 12 * 60 * 60;

/** The claims of an EMR token beyond the registered ones; undefined leaves a claim out. */
export interface TokenClaims {
  sub?: string | undefined;
  org?: string | undefined;
  roles?: readonly string[] | undefined;
  practitioner_id?: string | undefined;
}

/** What a single token may have different from the issuer's habit. */
export interface TokenOptions {
  issuer?: string;
  audience?: string;
  /** Seconds from now until the token expires; negative makes an expired one. Default 12 hours. */
  expiresInSeconds?: number;
}

/** Makes and checks the EMR's tokens and publishes the public keys. */
export interface TokenIssuer {
  issuer: string;
  audience: string;
  /** Signs the claims with the current key. */
  sign(claims: TokenClaims, options?: TokenOptions): Promise<string>;
  /** The caller of a valid token; null for none, an expired, a foreign or an unreadable one. */
  findCaller(authorization: string | undefined): Promise<EmrCaller | null>;
  /** The public keys that are published now. */
  keySet(): JSONWebKeySet;
  /** Signs with a new key from now on. The old one stays published unless `forgetOld` is set. */
  rotate(options?: { forgetOld?: boolean }): Promise<void>;
}

/** Builds an issuer with a fresh key pair, so that no key is ever written down. */
export async function createTokenIssuer(needs: {
  issuer: string;
  audience: string;
  algorithm: TokenAlgorithm;
  now: () => Date;
}): Promise<TokenIssuer> {
  const { issuer, audience, algorithm, now } = needs;
  let published: JWK[] = [];
  let generation = 0;
  let signingKey: CryptoKey;
  let keyId: string;

  const rotate = async (options: { forgetOld?: boolean } = {}): Promise<void> => {
    const pair = await generateKeyPair(algorithm);
    generation += 1;
    keyId = `emr-${generation}`;
    signingKey = pair.privateKey;
    const publicKey: JWK = { ...(await exportJWK(pair.publicKey)), kid: keyId, alg: algorithm, use: 'sig' };
    published = options.forgetOld ? [publicKey] : [...published, publicKey];
  };
  await rotate();

  return {
    issuer,
    audience,
    rotate,
    keySet: () => ({ keys: published }),
    sign: async (claims, options = {}) => {
      const issuedAtSeconds = Math.floor(now().getTime() / 1000);
      const { sub, ...own } = claims;
      const token = new SignJWT(JSON.parse(JSON.stringify(own)) as Record<string, unknown>)
        .setProtectedHeader({ alg: algorithm, kid: keyId })
        .setIssuer(options.issuer ?? issuer)
        .setAudience(options.audience ?? audience)
        .setIssuedAt(issuedAtSeconds)
        .setExpirationTime(issuedAtSeconds + (options.expiresInSeconds ?? tokenLifetimeSeconds));
      if (sub !== undefined) token.setSubject(sub);
      return token.sign(signingKey);
    },
    findCaller: async (authorization) => {
      const token = authorization?.match(/^Bearer +(\S+)$/i)?.[1];
      if (!token) return null;
      try {
        const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: published }), {
          issuer,
          audience,
          algorithms: [algorithm],
          currentDate: now(),
        });
        if (typeof payload.sub !== 'string' || typeof payload['org'] !== 'string') return null;
        const roles = Array.isArray(payload['roles']) ? (payload['roles'] as EmrRole[]) : [];
        const practitionerId = payload['practitioner_id'];
        return {
          userId: payload.sub,
          organizationId: payload['org'],
          roles,
          practitionerId: typeof practitionerId === 'string' ? practitionerId : null,
        };
      } catch {
        return null;
      }
    },
  };
}
