import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import { FullscriptFailure, Refusal } from '../domain/errors.ts';
import type { PatientChanges } from '../fullscript/patients.ts';
import { toClinicScope } from '../mirror/scope.ts';
import type { StoredPatientLink } from '../store/patient-links.ts';
import { withAccount } from './connection-outcome.ts';
import type { OperationNeeds } from './needs.ts';
import type { ConnectionRequired, StartConnecting } from './standing.ts';
import { getVouchedPatient } from './vouched-patient.ts';

export interface UpdatePatientInput {
  patientId: string;
  clinicId?: string | null | undefined;
  discountPercent?: number | null | undefined;
  firstName?: string | null | undefined;
  lastName?: string | null | undefined;
  mobileNumber?: string | null | undefined;
  dateOfBirth?: string | null | undefined;
}

/** "Fullscript understood and refused", with its own sentences. */
export interface Rejected {
  __typename: 'FullscriptRejected';
  message: string;
  reasons: readonly string[];
}

export type UpdatePatientResult =
  | { __typename: 'FullscriptPatientUpdated'; link: StoredPatientLink }
  | { __typename: 'FullscriptPatientNotLinked'; message: string; patientId: string }
  | ConnectionRequired
  | Rejected;

export function toRejected(failure: FullscriptFailure): Rejected {
  return { __typename: 'FullscriptRejected', message: 'Fullscript refused this', reasons: failure.reasons };
}

/** `Mutation.updateFullscriptPatient`: changes the linked patient's record at Fullscript and the stored copy with it. */
export function createUpdatePatient(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
): (caller: Caller, input: UpdatePatientInput) => Promise<UpdatePatientResult> {
  return (caller, input) =>
    needs.audit.audited(
      caller,
      'patient.update',
      () => ({ patientId: input.patientId }),
      async (): Promise<UpdatePatientResult> => {
        assertMay(caller.viewer, 'patient.link');
        const changes = readChanges(input);
        await getVouchedPatient(needs, caller, input.patientId);
        return await withAccount(
          needs,
          startConnecting,
          caller,
          input.clinicId,
          async (account): Promise<UpdatePatientResult> => {
            const scope = toClinicScope(account);
            const link = (await needs.store.patientLinks.findLinks(scope.clinicKey, [input.patientId])).get(
              input.patientId,
            );
            if (!link) {
              return {
                __typename: 'FullscriptPatientNotLinked',
                message: 'This patient is not linked to a Fullscript patient',
                patientId: input.patientId,
              };
            }
            const call = {
              accountId: account.id,
              priority: 'interactive' as const,
              signal: caller.signal,
              requestId: caller.requestId,
            };
            const key = { clinicKey: scope.clinicKey, id: link.fullscriptPatientId };
            // Fullscript sends no event for what we change: should we not hear of it, or die in the middle, the copy is read anew.
            const doubtedAt = await needs.store.patients.doubt(key);
            try {
              const updated = await needs.fullscript.patients.update(call, link.fullscriptPatientId, changes);
              await needs.patients.storeWritten(scope, updated, doubtedAt, call);
            } catch (error) {
              if (!(error instanceof FullscriptFailure)) throw error;
              if (error.kind === 'rejected') {
                await needs.store.patients.trust(key, doubtedAt);
                return toRejected(error);
              }
              // Somebody may have read the patient meanwhile, before the change was there.
              await needs.store.patients.doubt(key);
              throw error;
            }
            return { __typename: 'FullscriptPatientUpdated', link };
          },
        );
      },
      (result) => result.__typename === 'FullscriptPatientUpdated',
    );
}

function readChanges(input: UpdatePatientInput): PatientChanges {
  const refuse = (field: string, rule: string): never => {
    throw new Refusal('BAD_USER_INPUT', `input.${field}: ${rule}`, { extensions: { argument: `input.${field}` } });
  };
  const changes: PatientChanges = {};
  if (input.discountPercent !== null && input.discountPercent !== undefined) {
    if (input.discountPercent < 0 || input.discountPercent > 100) refuse('discountPercent', 'must be from 0 to 100');
    changes.discountPercent = input.discountPercent;
  }
  for (const field of ['firstName', 'lastName', 'mobileNumber', 'dateOfBirth'] as const) {
    const value = input[field];
    if (value === null || value === undefined) continue;
    if (value.trim() === '') refuse(field, 'must not be empty');
    if (value.length > 255) refuse(field, 'must not be longer than 255 characters');
    changes[field] = value.trim();
  }
  if (Object.keys(changes).length === 0) refuse('discountPercent', 'or another field to change must be given');
  return changes;
}
