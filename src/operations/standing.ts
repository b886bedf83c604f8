import type { Caller } from '../auth/caller.ts';
import { findMissingScopes, type Account, type ConnectionStatus } from '../domain/account.ts';
import { Refusal } from '../domain/errors.ts';
import { findAccount, toConnectionMessage, toUsable } from '../domain/standing.ts';
import { getStanding } from '../store/standing.ts';
import type { OperationNeeds } from './needs.ts';

/** The outcome that asks the caller to connect first. */
export interface ConnectionRequired {
  __typename: 'FullscriptConnectionRequired';
  message: string;
  status: ConnectionStatus;
  missingScopes: readonly string[];
  /** Null when DISABLED, or when it is somebody else who must connect. */
  authorizeUrl: string | null;
}

/** Makes the address that lets the caller connect, bound to them for ten minutes. */
export type StartConnecting = (
  caller: Caller,
  returnTo: string | null,
) => Promise<{ authorizeUrl: string; state: string; expiresAt: string }>;

/** The viewer's account for an action, or the outcome that asks them to connect. Throws NOT_FOUND for a clinic they have not connected. */
export async function useAccount(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
  caller: Caller,
  clinicId?: string | null,
): Promise<{ account: Account } | { required: ConnectionRequired }> {
  const standing = await getStanding(needs.store, caller.viewer.organizationId, caller.viewer.userId);
  if (standing.enabled && typeof clinicId === 'string' && !findAccount(standing, clinicId)) {
    throw new Refusal('NOT_FOUND', 'clinicId: this clinic is not connected', { extensions: { argument: 'clinicId' } });
  }
  const usable = toUsable(standing, clinicId);
  if (usable.kind === 'usable') return { account: usable.account };
  const account = findAccount(standing, clinicId);
  return { required: await toConnectionRequired(needs, startConnecting, caller, usable.status, account) };
}

/** Makes the outcome that asks the viewer to connect (again). */
export async function toConnectionRequired(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
  caller: Caller,
  status: ConnectionStatus,
  account: Account | null,
): Promise<ConnectionRequired> {
  return {
    __typename: 'FullscriptConnectionRequired',
    message: toConnectionMessage(status),
    status,
    missingScopes: account ? findMissingScopes(account, needs.settings.neededScopes) : [],
    authorizeUrl: status === 'DISABLED' ? null : (await startConnecting(caller, null)).authorizeUrl,
  };
}
