import { z } from 'zod';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import type { Endpoint } from './endpoint.ts';
import { isRow, readWire, toSnakeKeys, wireInstant } from './wire.ts';

export interface SessionGrant {
  /** For one use, 120 s; a secret. */
  secretToken: string;
  expiresAt: string;
}

export interface SessionGrants {
  /** A fresh login for Fullscript's embedded page; make it just before it is needed. */
  create(call: Call): Promise<SessionGrant>;
}

const endpoint: Endpoint = {
  method: 'POST',
  route: '/clinic/embeddable/session_grants',
  scopes: ['clinic:write'],
  // A grant that nobody claims runs out by itself.
  idempotent: true,
};
const lifeMs = 120_000;

const wireGrant = z.object({ secret_token: z.string().min(1), expires_at: wireInstant });

/** Makes the call for embed logins. `now` stands in where Fullscript leaves the expiry out. */
export function createSessionGrants(client: Client, now: () => Date): SessionGrants {
  return {
    async create(call) {
      const askedAt = now().getTime();
      const answer = await client.ask(call, endpoint);
      const body = toSnakeKeys(answer.body);
      const wrapped = isRow(body) ? body['session_grant'] : undefined;
      const grant = readWire(wireGrant, isRow(wrapped) ? wrapped : body, answer);
      return {
        secretToken: grant.secret_token,
        expiresAt: grant.expires_at ?? new Date(askedAt + lifeMs).toISOString(),
      };
    },
  };
}
