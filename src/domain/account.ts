/** One word for users and patients alike; the meaning of each is in the schema's descriptions. */
export type ConnectionStatus =
  'NOT_CONNECTED' | 'CONNECTED' | 'RECONNECT_REQUIRED' | 'DISABLED' | 'MATCH_REQUIRED' | 'UNKNOWN';

export type FullscriptUserType = 'PRACTITIONER' | 'STAFF';

/** The country and stage of Fullscript that a connection belongs to; each has its own apps, users and data. */
export type FullscriptEnvironment = 'us' | 'ca' | 'us-snd' | 'ca-snd';

/** What the authorization itself is worth, before the switches of `FullscriptEnabled` are looked at. */
export type AuthorizationState = 'ACTIVE' | 'RECONNECT_REQUIRED' | 'REVOKED';

/** An EMR user's authorization at one Fullscript clinic, without its tokens. */
export interface Account {
  id: string;
  organizationId: string;
  /** The EMR user who connected. */
  userId: string;
  /** The EMR practitioner that this user is, if any. */
  practitionerId: string | null;
  environment: FullscriptEnvironment;
  fullscriptUserId: string;
  userType: FullscriptUserType;
  clinicId: string;
  state: AuthorizationState;
  /** Why it is not ACTIVE, in words for an operator. */
  stateReason: string | null;
  isDefault: boolean;
  /** The scopes Fullscript granted. */
  scopes: readonly string[];
  /** Scopes that a 403 showed to be missing although they were granted on paper. */
  deniedScopes: readonly string[];
  connectedAt: string;
  /** When Fullscript last accepted this authorization. */
  verifiedAt: string | null;
}

/** The scopes out of `needed` that the account lacks: never granted, or refused by a 403 since. */
export function findMissingScopes(
  account: Pick<Account, 'scopes' | 'deniedScopes'>,
  needed: readonly string[],
): string[] {
  return needed.filter((scope) => !account.scopes.includes(scope) || account.deniedScopes.includes(scope));
}

/** What is read of a clinic; each is covered by a scope. */
export type ReadKind = 'patients' | 'plans' | 'labs';

/** Any one of the scopes suffices; the first is the one to be asked for. */
const readScopes: Record<ReadKind, readonly [string, ...string[]]> = {
  patients: ['patients:read'],
  plans: ['patients:treatment_plan_history', 'patients:read'],
  labs: ['patients:order_history'],
};

/**
 * The scope that keeps the account from reading this kind: none of those that would do was granted, or a 403 has named the first of them.
 * Null when it may read. Holds for the stored copy too, since Fullscript's refusal is an answer and no outage.
 */
export function findMissingReadScope(account: Pick<Account, 'scopes' | 'deniedScopes'>, kind: ReadKind): string | null {
  const scopes = readScopes[kind];
  const missing = findMissingScopes(account, scopes);
  return account.deniedScopes.includes(scopes[0]) || missing.length === scopes.length ? scopes[0] : null;
}

/**
 * Where an account stands: DISABLED wins over everything, then a withdrawn authorization or a missing scope is RECONNECT_REQUIRED.
 * A missing scope does not stop what the other scopes allow; that is decided per call.
 */
export function toConnectionStatus(
  account: Pick<Account, 'state' | 'scopes' | 'deniedScopes'>,
  enabled: boolean,
  neededScopes: readonly string[],
): ConnectionStatus {
  if (!enabled) return 'DISABLED';
  if (account.state === 'REVOKED') return 'NOT_CONNECTED';
  if (account.state === 'RECONNECT_REQUIRED') return 'RECONNECT_REQUIRED';
  return findMissingScopes(account, neededScopes).length > 0 ? 'RECONNECT_REQUIRED' : 'CONNECTED';
}

/** A Fullscript dispensary as one organization knows it. */
export interface Clinic {
  id: string;
  organizationId: string;
  name: string;
  /** The clinic-wide percentage that comes on top of a patient's own. */
  discountPercent: number | null;
}
