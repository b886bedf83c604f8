import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import { Refusal } from '../domain/errors.ts';
import { orDenied } from './connect.ts';
import type { OperationNeeds } from './needs.ts';

/** `Mutation.setDefaultFullscriptClinic`: throws NOT_FOUND for a clinic that the caller has not connected. */
export function createSetDefaultClinic(needs: OperationNeeds): (caller: Caller, clinicId: string) => Promise<void> {
  return async (caller, clinicId) => {
    await orDenied(needs, caller, () => assertMay(caller.viewer, 'connection.own'));
    const { organizationId, userId } = caller.viewer;
    if (await needs.store.accounts.setDefault(organizationId, userId, clinicId)) return;
    throw new Refusal('NOT_FOUND', 'clinicId: this clinic is not connected', { extensions: { argument: 'clinicId' } });
  };
}
