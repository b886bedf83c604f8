import type { Revocation } from '../domain/revocation.ts';

/** A token that Fullscript is still to revoke. */
export interface RevokedToken {
  id: string;
  /** Null for the old token of an account that was connected again. */
  revocationId: string | null;
  accountId: string;
  organizationId: string;
  userId: string;
  /** Null when no configured key opens it: it can never be revoked from here. */
  token: string | null;
  attempts: number;
}

export interface StoredRevocation extends Revocation {
  scope: 'own' | 'user' | 'organization' | 'all';
  reason: string | null;
}

export interface Revocations {
  /** A revocation of the organization, with how far it has come. */
  find(organizationId: string, id: string): Promise<StoredRevocation | null>;
  /** Takes up to `limit` tokens that are due, each for `leaseMs`. */
  claim(owner: string, limit: number, leaseMs: number): Promise<RevokedToken[]>;
  /** As `claim`, for the tokens of one revocation only: what its requester waits for. */
  claimOf(revocationId: string, owner: string, limit: number, leaseMs: number): Promise<RevokedToken[]>;
  /** Fullscript has confirmed: the token is wiped, and the revocation finished when it was the last. Confirming twice is harmless. */
  confirm(id: string, at: string): Promise<void>;
  /** Puts it back until `runAt`; `error` is an operator's word, without the token. */
  retryAt(id: string, runAt: string, error: string): Promise<void>;
  /** How many tokens Fullscript has not confirmed, and since when the oldest waits. */
  depth(): Promise<{ pending: number; oldestPendingAt: string | null }>;
}
