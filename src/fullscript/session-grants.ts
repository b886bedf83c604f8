import type { Call } from './call.ts';

export interface SessionGrant {
  /** For one use, 120 s; a secret. */
  secretToken: string;
  expiresAt: string;
}

export interface SessionGrants {
  create(call: Call): Promise<SessionGrant>;
}
