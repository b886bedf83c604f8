import type { Account, AuthorizationState, FullscriptEnvironment, FullscriptUserType } from '../domain/account.ts';
import { readJson } from './conditions.ts';
import type { AccountRow } from './entities/account.ts';
import type { Secrets } from './secrets.ts';

/** The columns that `AccountReading.read` needs, for a SELECT. */
export const accountColumns = `id, organization_id, user_id, practitioner_id, environment, fullscript_user_id, user_type, clinic_id, state,
  state_reason, is_default, scopes, denied_scopes, connected_at, verified_at, token_key_id`;

export type ReadAccountRow = Pick<
  AccountRow,
  | 'id'
  | 'organization_id'
  | 'user_id'
  | 'practitioner_id'
  | 'environment'
  | 'fullscript_user_id'
  | 'user_type'
  | 'clinic_id'
  | 'state'
  | 'state_reason'
  | 'is_default'
  | 'scopes'
  | 'denied_scopes'
  | 'connected_at'
  | 'verified_at'
  | 'token_key_id'
>;

/** Why an account is withdrawn whose tokens no configured key opens. */
export const undecryptable = 'The stored tokens cannot be decrypted: an encryption key is missing';

/** Turns rows into accounts, with an eye on whether their tokens can still be opened. */
export interface AccountReading {
  /** An authorization whose key is not configured is worth nothing here, for as long as that is so; told once per process and account. */
  read(row: ReadAccountRow): Account;
  /** Tells an operator that the tokens of this account cannot be opened. */
  reportUndecryptable(accountId: string): void;
}

function toAccount(row: ReadAccountRow): Account {
  return {
    id: row.id,
    organizationId: row.organization_id,
    userId: row.user_id,
    practitionerId: row.practitioner_id,
    environment: row.environment as FullscriptEnvironment,
    fullscriptUserId: row.fullscript_user_id,
    userType: row.user_type as FullscriptUserType,
    clinicId: row.clinic_id,
    state: row.state as AuthorizationState,
    stateReason: row.state_reason,
    isDefault: row.is_default === 1,
    scopes: readJson(row.scopes) as string[],
    deniedScopes: readJson(row.denied_scopes) as string[],
    connectedAt: row.connected_at,
    verifiedAt: row.verified_at,
  };
}

/** Makes the reading of account rows. */
export function createAccountReading(needs: {
  secrets: Secrets;
  onError?: ((message: string, details: Readonly<Record<string, string>>) => void) | undefined;
}): AccountReading {
  const { secrets } = needs;
  const keyIds = new Set([secrets.currentKeyId, ...secrets.olderKeyIds]);
  const reported = new Set<string>();

  function reportUndecryptable(accountId: string): void {
    needs.onError?.('The tokens of a Fullscript account cannot be decrypted: an encryption key is missing', {
      accountId,
    });
  }

  return {
    reportUndecryptable,

    read(row) {
      const account = toAccount(row);
      if (account.state !== 'ACTIVE' || row.token_key_id === null || keyIds.has(row.token_key_id)) return account;
      if (!reported.has(account.id)) {
        reported.add(account.id);
        reportUndecryptable(account.id);
      }
      return { ...account, state: 'RECONNECT_REQUIRED', stateReason: undecryptable };
    },
  };
}
