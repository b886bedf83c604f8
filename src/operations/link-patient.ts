import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import { FullscriptFailure, Refusal } from '../domain/errors.ts';
import { toConnectionRefusal, toUsable } from '../domain/standing.ts';
import { toClinicScope } from '../mirror/scope.ts';
import type { StoredPatientLink } from '../store/patient-links.ts';
import { getStanding } from '../store/standing.ts';
import { withAccount } from './connection-outcome.ts';
import type { OperationNeeds } from './needs.ts';
import type { ConnectionRequired, StartConnecting } from './standing.ts';
import { getVouchedPatient, type VouchedPatient } from './vouched-patient.ts';

export interface LinkPatientInput {
  patientId: string;
  fullscriptPatientId: string;
  clinicId?: string | null | undefined;
}

export type LinkPatientResult =
  | { __typename: 'FullscriptPatientLinked'; patient: VouchedPatient; link: StoredPatientLink }
  | { __typename: 'FullscriptPatientTaken'; message: string; linkedPatientId: string }
  | ConnectionRequired;

/**
 * `Mutation.linkFullscriptPatient`: a person says who the EMR patient is. It replaces an existing link (which stays in the history) and takes
 * a refusal back. Throws NOT_FOUND for a Fullscript patient that does not exist in the clinic.
 */
export function createLinkPatient(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
): (caller: Caller, input: LinkPatientInput) => Promise<LinkPatientResult> {
  return (caller, input) =>
    needs.audit.audited(
      caller,
      'patient.link',
      () => ({ patientId: input.patientId, subject: input.fullscriptPatientId }),
      async () => {
        assertMay(caller.viewer, 'patient.link');
        const patient = await getVouchedPatient(needs, caller, input.patientId);
        return await withAccount(
          needs,
          startConnecting,
          caller,
          input.clinicId,
          async (account): Promise<LinkPatientResult> => {
            const scope = toClinicScope(account);
            const call = {
              accountId: account.id,
              priority: 'interactive' as const,
              signal: caller.signal,
              requestId: caller.requestId,
            };
            const readAt = needs.now().toISOString();
            const fullscriptPatient = await needs.fullscript.patients
              .get(call, input.fullscriptPatientId)
              .catch((error: unknown) => {
                if (error instanceof FullscriptFailure && error.kind === 'not_found') {
                  throw new Refusal(
                    'NOT_FOUND',
                    'input.fullscriptPatientId: Fullscript has no such patient in this clinic',
                    {
                      extensions: { argument: 'input.fullscriptPatientId' },
                    },
                  );
                }
                throw error;
              });
            const outcome = await needs.patients.link(scope, {
              patientId: input.patientId,
              patient: fullscriptPatient,
              readAt,
              method: 'MANUAL',
              linkedBy: caller.viewer.userId,
              replace: true,
            });
            if (outcome.kind === 'linked')
              return { __typename: 'FullscriptPatientLinked', patient, link: outcome.link };
            if (outcome.kind === 'taken') {
              return {
                __typename: 'FullscriptPatientTaken',
                message: 'That Fullscript patient is linked to another patient of the EMR',
                linkedPatientId: outcome.patientId,
              };
            }
            throw new Error(`a link made by a person was answered ${outcome.kind}`);
          },
        );
      },
      (result) => result.__typename === 'FullscriptPatientLinked',
    );
}

export interface UnlinkPatientInput {
  patientId: string;
  clinicId?: string | null | undefined;
}

/**
 * `Mutation.unlinkFullscriptPatient`: ends the link at once, also while Fullscript is down (a job clears the metadata there later), and remembers the pair,
 * which only a person can link again. Throws FULLSCRIPT_CONNECTION_REQUIRED without a usable account.
 */
export function createUnlinkPatient(
  needs: OperationNeeds,
): (caller: Caller, input: UnlinkPatientInput) => Promise<{ patient: VouchedPatient; unlinked: boolean }> {
  const { store, now } = needs;
  return (caller, input) => {
    let unlinkedFrom: string | null = null;
    return needs.audit.audited(
      caller,
      'patient.unlink',
      () => ({ patientId: input.patientId, subject: unlinkedFrom }),
      async () => {
        assertMay(caller.viewer, 'patient.link');
        const patient = await getVouchedPatient(needs, caller, input.patientId);
        const standing = await getStanding(store, caller.viewer.organizationId, caller.viewer.userId);
        if (
          typeof input.clinicId === 'string' &&
          standing.enabled &&
          !standing.accounts.some((account) => account.clinicId === input.clinicId)
        ) {
          throw new Refusal('NOT_FOUND', 'input.clinicId: this clinic is not connected', {
            extensions: { argument: 'input.clinicId' },
          });
        }
        const usable = toUsable(standing, input.clinicId);
        if (usable.kind === 'blocked') throw toConnectionRefusal(usable.status);
        const scope = toClinicScope(usable.account);
        const ended = await store.patientLinks.unlink({
          organizationId: scope.organizationId,
          clinicId: scope.clinicId,
          patientId: input.patientId,
          unlinkedAt: now().toISOString(),
          unlinkedBy: caller.viewer.userId,
          refuse: true,
        });
        unlinkedFrom = ended?.fullscriptPatientId ?? null;
        if (ended) needs.wake('metadata');
        return { patient, unlinked: ended !== null };
      },
    );
  };
}
