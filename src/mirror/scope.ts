import type { Account } from '../domain/account.ts';
import type { Freshness } from '../domain/freshness.ts';
import { toClinicKey } from '../store/keys.ts';

/** One clinic of one organization, through somebody's authorization. */
export interface ClinicScope {
  organizationId: string;
  clinicId: string;
  clinicKey: string;
  /** The account whose authorization Fullscript is asked with. */
  accountId: string;
}

export function toClinicScope(account: Pick<Account, 'id' | 'organizationId' | 'clinicId'>): ClinicScope {
  return {
    organizationId: account.organizationId,
    clinicId: account.clinicId,
    clinicKey: toClinicKey(account.organizationId, account.clinicId),
    accountId: account.id,
  };
}

/** How somebody reads: through which clinic, how current, for which request, and until when they wait. */
export interface Reading {
  scope: ClinicScope;
  freshness: Freshness;
  requestId: string;
  /** The end of the request's time for Fullscript. */
  signal: AbortSignal;
}

/** Fetches one object by Fullscript's id together with everybody else who wants the same, and stores it; null when Fullscript does not know it. */
export type FetchOne<T> = (
  scope: ClinicScope,
  id: string,
  requestId: string,
  /** Until when the caller waits; the fetch itself goes on. */
  signal: AbortSignal,
  /** `anew`: never with the answer to a question that was asked before this moment. Priority is interactive unless said. */
  how?: { anew?: boolean; priority?: 'interactive' | 'background' },
) => Promise<T | null>;
