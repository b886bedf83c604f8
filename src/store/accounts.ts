import type { Account, AuthorizationState, FullscriptEnvironment, FullscriptUserType } from '../domain/account.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import type { ClinicRef } from './keys.ts';

/** What Fullscript hands out for one authorization. */
export interface NewTokens {
  accessToken: string;
  refreshToken: string;
  /** When the access token ends. */
  expiresAt: string;
  scopes: readonly string[];
}

/** The tokens of an account; `version` counts their changes, for compare-and-set. */
export interface StoredTokens {
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
  scopes: string[];
  version: number;
}

/** The store's side of keeping tokens fresh; the room that speaks to Fullscript declares the same port. */
export interface AccountTokens {
  /**
   * The tokens of an ACTIVE account; null when it is unknown, revoked or withdrawn. Tokens that no configured key opens make
   * the account RECONNECT_REQUIRED, log an error and give null.
   */
  find(accountId: string): Promise<StoredTokens | null>;
  /** Takes the right to refresh for `leaseMs`; false while somebody else holds it or the account is not ACTIVE. */
  acquireLease(accountId: string, owner: string, leaseMs: number): Promise<boolean>;
  /** Gives the right back, if `owner` still holds it. */
  releaseLease(accountId: string, owner: string): Promise<void>;
  /** Stores a new pair if the version is still `expectedVersion` and the account ACTIVE; false when somebody was faster. */
  saveRefreshed(accountId: string, expectedVersion: number, pair: NewTokens): Promise<boolean>;
  /** Marks the authorization RECONNECT_REQUIRED, if the version is still `expectedVersion` and the account ACTIVE. */
  markWithdrawn(accountId: string, expectedVersion: number, reason: string): Promise<void>;
  /** Notes that a 403 showed `scope` to be missing. */
  markDenied(accountId: string, scope: string): Promise<void>;
  /** Notes that Fullscript accepted the authorization at `at`; older instants change nothing. */
  markVerified(accountId: string, at: string): Promise<void>;
}

export interface NewConnection {
  organizationId: string;
  userId: string;
  practitionerId: string | null;
  environment: FullscriptEnvironment;
  fullscriptUserId: string;
  userType: FullscriptUserType;
  clinicId: string;
  tokens: NewTokens;
}

/** Which live authorizations to close; nothing given means all organizations. */
export interface CloseSelection {
  organizationId?: string | undefined;
  userId?: string | undefined;
  clinicId?: string | undefined;
  accountId?: string | undefined;
}

export interface NewRevocation {
  id: string;
  /** The organization of the requester, to which the revocation belongs even when it reaches over all. */
  organizationId: string;
  requestedBy: string;
  requestedAt: string;
  scope: 'own' | 'user' | 'organization' | 'all';
  reason: string | null;
}

/** What `close` did. */
export interface Closed {
  /** Authorizations closed, each of which Fullscript must confirm. */
  total: number;
  accounts: readonly Pick<Account, 'id' | 'organizationId' | 'userId' | 'clinicId'>[];
}

export interface Accounts extends AccountTokens {
  /** A user's accounts, revoked ones left out: the default first, then the oldest. */
  findByUser(organizationId: string, userId: string): Promise<Account[]>;
  /** The same for several users at once, by user id; users without any are missing from the map. One statement. */
  findByUsers(organizationId: string, userIds: readonly string[]): Promise<Map<string, Account[]>>;
  /** The accounts of EMR practitioners, revoked ones left out, by practitioner id: the default first, then the oldest. One statement. */
  findByPractitioners(organizationId: string, practitionerIds: readonly string[]): Promise<Map<string, Account[]>>;
  /** An account of the organization, a revoked one too. */
  findById(organizationId: string, id: string): Promise<Account | null>;
  /** Accounts of the organization by id, revoked ones too; unknown ids are missing from the map. One statement. */
  findByIds(organizationId: string, ids: readonly string[]): Promise<Map<string, Account>>;
  /** Accounts of the organization that are not revoked, newest connection first. */
  list(
    organizationId: string,
    options: { page: PageRequest; states?: readonly AuthorizationState[] | undefined },
  ): Promise<Page<Account>>;
  /** Every account of the organization that is not revoked, newest connection first, at most `limit`. */
  listAll(organizationId: string, limit: number): Promise<Account[]>;
  /** ACTIVE accounts of a clinic, the one that Fullscript accepted last first. */
  findLiveByClinic(clinicKey: string): Promise<Account[]>;
  /** Every (organization, clinic) that has an ACTIVE account. */
  listLiveClinics(): Promise<(ClinicRef & { clinicKey: string })[]>;
  /** ACTIVE accounts, of all organizations, that Fullscript has not accepted since `before`; those waiting longest first. */
  findUnverifiedSince(before: string, limit: number): Promise<Account[]>;
  /** How many accounts are in each state, over all organizations, for metrics. */
  countByState(): Promise<Record<AuthorizationState, number>>;
  /**
   * Stores a fresh authorization. Connecting again to the same clinic keeps the account's id and queues the old access token
   * for revocation (`replacedToken`). The user's first account becomes the default.
   */
  connect(connection: NewConnection): Promise<{ account: Account; replacedToken: boolean }>;
  /** Makes the clinic the user's default; false when the user has no account there (revoked counts as none). */
  setDefault(organizationId: string, userId: string, clinicId: string): Promise<boolean>;
  /**
   * Closes every live authorization selected, in one transaction: a revocation with one token each to be confirmed, tokens and
   * leases gone from the accounts, the default handed to the oldest one that is left. With none to close the revocation is finished at once.
   */
  close(selection: CloseSelection, revocation: NewRevocation): Promise<Closed>;
  /** Forgets every scope noted as missing, since Fullscript has accepted the authorization for all it asks. */
  clearDenied(accountId: string): Promise<void>;
  /** Encrypts again, with the first key, up to `limit` rows that another key holds; gives how many it did, 0 when nothing is left. */
  reencrypt(limit: number): Promise<number>;
}
