import type { Account, AuthorizationState, FullscriptEnvironment, FullscriptUserType } from '../domain/account.ts';
import { isIn, readJson, type Condition } from './conditions.ts';
import type { AccountRow } from './entities/account.ts';
import type { Secrets } from './secrets.ts';

/** The columns that `AccountReading.read` needs, for a SELECT. */
export const accountColumns = `id, organization_id, user_id, practitioner_id, environment, fullscript_user_id, user_type, clinic_id, state,
  state_reason, is_default, scopes, denied_scopes, connected_at, verified_at, token_key_id, token_version`;

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
  | 'token_version'
>;

/** Why an account has to be connected again whose tokens no configured key opens. */
const undecryptable = 'The stored tokens cannot be decrypted: an encryption key is missing';

/** Turns rows into accounts, with an eye on whether their tokens can still be opened. */
export interface AccountReading {
  /** An authorization that no configured key opens is worth nothing in this process. Nothing of that is stored: with the right key it is good again. */
  read(row: ReadAccountRow): Account;
  /** The ACTIVE rows that `read` may give as RECONNECT_REQUIRED; null when any may be one. */
  toUnreadable(): Condition | null;
  /** Remembers that these tokens cannot be opened, and tells an operator once per process and pair. */
  noteUndecryptable(row: Pick<AccountRow, 'id' | 'token_version'>): void;
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
  /** The version of the pair that could not be opened, by account. */
  const undecryptableVersions = new Map<string, number>();

  function noteUndecryptable({ id, token_version: version }: Pick<AccountRow, 'id' | 'token_version'>): void {
    if (undecryptableVersions.get(id) === version) return;
    undecryptableVersions.set(id, version);
    needs.onError?.('The tokens of a Fullscript account cannot be decrypted: an encryption key is missing', {
      accountId: id,
    });
  }

  return {
    noteUndecryptable,

    toUnreadable() {
      if (undecryptableVersions.size > 0) return null;
      const among = isIn('token_key_id', keyIds);
      return { sql: `(token_key_id IS NOT NULL AND NOT ${among.sql})`, params: among.params };
    },

    read(row) {
      const account = toAccount(row);
      if (account.state !== 'ACTIVE') return account;
      if (row.token_key_id !== null && !keyIds.has(row.token_key_id)) noteUndecryptable(row);
      if (undecryptableVersions.get(row.id) !== row.token_version) return account;
      return { ...account, state: 'RECONNECT_REQUIRED', stateReason: undecryptable };
    },
  };
}
