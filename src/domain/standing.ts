import {
  findMissingReadScope,
  findMissingScopes,
  toConnectionStatus,
  type Account,
  type ConnectionStatus,
  type ReadKind,
} from './account.ts';
import { Refusal } from './errors.ts';

/** An EMR user's position at Fullscript: their connections, and whether an admin lets them use the integration. */
export interface Standing {
  enabled: boolean;
  /** Not revoked; the default first. */
  accounts: readonly Account[];
}

/** What a user's connection allows right now: an account to use, or the status that says why there is none. */
export type Usable = { kind: 'usable'; account: Account } | { kind: 'blocked'; status: ConnectionStatus };

/** The organization's switch and the user's own must both be on; nobody has to be switched on first. */
export function isEnabled(
  switches: { organization: boolean; users: ReadonlyMap<string, boolean> },
  userId: string,
): boolean {
  return switches.organization && (switches.users.get(userId) ?? true);
}

/** The account at `clinicId`, or without one the default account; null when the user has not connected (there). */
export function findAccount(standing: Standing, clinicId?: string | null): Account | null {
  if (clinicId === null || clinicId === undefined) return standing.accounts[0] ?? null;
  return standing.accounts.find((account) => account.clinicId === clinicId) ?? null;
}

/**
 * The account that a read or an action may use. An account that lacks a scope is usable: what its other scopes allow goes on working,
 * and Fullscript's own refusal tells about the rest.
 */
export function toUsable(standing: Standing, clinicId?: string | null): Usable {
  if (!standing.enabled) return { kind: 'blocked', status: 'DISABLED' };
  const account = findAccount(standing, clinicId);
  if (!account || account.state === 'REVOKED') return { kind: 'blocked', status: 'NOT_CONNECTED' };
  if (account.state !== 'ACTIVE') return { kind: 'blocked', status: 'RECONNECT_REQUIRED' };
  return { kind: 'usable', account };
}

const messages: Partial<Record<ConnectionStatus, string>> = {
  DISABLED: 'An administrator has switched Fullscript off',
  RECONNECT_REQUIRED: 'Connect your Fullscript account again',
};

/** Tells the user what a status asks of them. */
export function toConnectionMessage(status: ConnectionStatus): string {
  return messages[status] ?? 'Connect your Fullscript account first';
}

/** The error of a read or an action that needs a usable authorization and has no outcome to say so. */
export function toConnectionRefusal(status: ConnectionStatus): Refusal {
  return new Refusal('FULLSCRIPT_CONNECTION_REQUIRED', toConnectionMessage(status), { extensions: { status } });
}

/**
 * Throws FULLSCRIPT_CONNECTION_REQUIRED, with the scope, for an account that may not read this; neither the stored copy nor a mutation that gives the same back
 * is a way round it.
 */
export function assertCovers(account: Account, kind: ReadKind): void {
  const missing = findMissingReadScope(account, kind);
  if (missing === null) return;
  throw new Refusal('FULLSCRIPT_CONNECTION_REQUIRED', 'The authorization does not cover this: connect again', {
    extensions: { status: 'RECONNECT_REQUIRED', missingScopes: [missing] },
  });
}

/** The user's status as a whole: that of the default account. */
export function toUserStatus(standing: Standing, neededScopes: readonly string[]): ConnectionStatus {
  if (!standing.enabled) return 'DISABLED';
  const account = findAccount(standing);
  return account ? toConnectionStatus(account, true, neededScopes) : 'NOT_CONNECTED';
}

/** Whether the user interface may offer "Recommend": an enabled, not withdrawn account that may act for the clinic. */
export function hasRecommendingAccount(standing: Standing): boolean {
  return (
    standing.enabled &&
    standing.accounts.some(
      (account) => account.state === 'ACTIVE' && findMissingScopes(account, ['clinic:write']).length === 0,
    )
  );
}
