import type { Caller } from '../auth/caller.ts';
import type { Account } from '../domain/account.ts';
import { FullscriptFailure } from '../domain/errors.ts';
import type { OperationNeeds } from './needs.ts';
import { toConnectionRequired, type ConnectionRequired, type StartConnecting } from './standing.ts';

/**
 * Runs work that uses `account` and turns "this authorization is not accepted (any more)" into the outcome that asks the caller to connect again, naming
 * the scopes that turned out to be missing. Everything else goes on as it is.
 */
export async function orConnectionRequired<T>(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
  caller: Caller,
  account: Account,
  work: () => Promise<T>,
): Promise<T | ConnectionRequired> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FullscriptFailure) || (error.kind !== 'withdrawn' && error.kind !== 'forbidden'))
      throw error;
    const now = await needs.store.accounts.findById(caller.viewer.organizationId, account.id);
    const required = await toConnectionRequired(needs, startConnecting, caller, 'RECONNECT_REQUIRED', now ?? account);
    const missing = error.missingScope;
    return missing && !required.missingScopes.includes(missing)
      ? { ...required, missingScopes: [...required.missingScopes, missing] }
      : required;
  }
}
