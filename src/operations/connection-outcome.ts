import type { Caller } from '../auth/caller.ts';
import type { Account } from '../domain/account.ts';
import { FullscriptFailure } from '../domain/errors.ts';
import type { OperationNeeds } from './needs.ts';
import { toConnectionRequired, useAccount, type ConnectionRequired, type StartConnecting } from './standing.ts';

/**
 * Runs work that uses `account` (null where the work itself finds out which) and turns "this authorization is not accepted (any more)" into the outcome that asks the caller to connect again, naming
 * the scopes that turned out to be missing. Everything else goes on as it is.
 */
export async function orConnectionRequired<T>(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
  caller: Caller,
  account: Account | null,
  work: () => Promise<T>,
): Promise<T | ConnectionRequired> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FullscriptFailure) || (error.kind !== 'withdrawn' && error.kind !== 'forbidden'))
      throw error;
    const now = account && (await needs.store.accounts.findById(caller.viewer.organizationId, account.id));
    const required = await toConnectionRequired(needs, startConnecting, caller, 'RECONNECT_REQUIRED', now ?? account);
    const missing = error.missingScope;
    return missing && !required.missingScopes.includes(missing)
      ? { ...required, missingScopes: [...required.missingScopes, missing] }
      : required;
  }
}

/**
 * Runs work with the viewer's account in a clinic (the default one without `clinicId`), or gives the outcome that asks them to connect: beforehand, or when
 * Fullscript turns out not to accept the authorization. Throws NOT_FOUND for a clinic they have not connected.
 */
export async function withAccount<T>(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
  caller: Caller,
  clinicId: string | null | undefined,
  work: (account: Account) => Promise<T>,
): Promise<T | ConnectionRequired> {
  const use = await useAccount(needs, startConnecting, caller, clinicId);
  if ('required' in use) return use.required;
  return await orConnectionRequired(needs, startConnecting, caller, use.account, () => work(use.account));
}
