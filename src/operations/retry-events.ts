import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import { Refusal } from '../domain/errors.ts';
import type { OperationNeeds } from './needs.ts';

export interface RetryEventsInput {
  /** Which parked events, 1 to 1000; all of them when left out. */
  ids?: readonly string[] | null | undefined;
  /** In every organization, also events that belong to no clinic; for whoever may act everywhere. */
  allOrganizations?: boolean | undefined;
}

const mostIds = 1000;

/**
 * `Mutation.retryFullscriptEvents`: has parked events of the organization's clinics applied after all; gives how many were put back. The log says who
 * asked: the audit tells what was done to patients' data and to connections, and this is neither. Only a refusal is in the audit, as refused reads are.
 */
export function createRetryEvents(
  needs: OperationNeeds,
): (caller: Caller, input: RetryEventsInput) => Promise<{ retried: number }> {
  const { store, now, log } = needs;
  return async (caller, { ids = null, allOrganizations = false }) => {
    const { organizationId, userId } = caller.viewer;
    try {
      assertMay(caller.viewer, allOrganizations ? 'connection.revokeEverywhere' : 'synchronization.administer');
    } catch (error) {
      const about = { patientId: null, subject: null };
      await needs.audit.recordDone(caller, 'patient.read', about, 'denied');
      throw error;
    }
    if (ids !== null && (ids.length === 0 || ids.length > mostIds)) {
      throw new Refusal('BAD_USER_INPUT', `input.ids: must be 1 to ${mostIds} ids; leave it out for all`, {
        extensions: { argument: 'input.ids' },
      });
    }
    const clinics = allOrganizations ? null : await store.clinics.listByOrganization(organizationId);
    const retried = await store.parkedEvents.unpark(clinics, ids, now().toISOString());
    log.info({ organizationId, userId, requestId: caller.requestId, retried }, 'parked events were put back');
    if (retried > 0) needs.wake('inbox');
    return { retried };
  };
}
