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
