import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import type { OperationNeeds } from './needs.ts';

/**
 * Has authorizations that are closed here, and that Fullscript has not confirmed, sent again now instead of when their back-off ends: those of the
 * caller's organization, or of all organizations for whoever may revoke everywhere. Gives how many. Recorded as `revoke_all`.
 */
export function createResendRevocations(
  needs: OperationNeeds,
): (caller: Caller, input: { allOrganizations?: boolean }) => Promise<{ resent: number }> {
  return async (caller, { allOrganizations: everywhere = false }) => {
    const { viewer } = caller;
    return await needs.audit.audited(
      caller,
      'revoke_all',
      () => ({ subject: everywhere ? 'resend: all organizations' : `resend: ${viewer.organizationId}` }),
      async () => {
        assertMay(viewer, everywhere ? 'connection.revokeEverywhere' : 'connection.revokeAll');
        const resent = await needs.store.revocations.makeDue(everywhere ? null : viewer.organizationId);
        needs.wake('revocations');
        return { resent };
      },
    );
  };
}
