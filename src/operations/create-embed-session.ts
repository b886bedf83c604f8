import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import { Refusal } from '../domain/errors.ts';
import { toClinicScope } from '../mirror/scope.ts';
import { withAccount } from './connection-outcome.ts';
import type { OperationNeeds } from './needs.ts';
import type { ConnectionRequired, StartConnecting } from './standing.ts';
import { getVouchedPatient, type VouchedPatient } from './vouched-patient.ts';

export interface EmbedSessionInput {
  patientId?: string | null | undefined;
  clinicId?: string | null | undefined;
}

/** Who the embedded page is opened for: the linked patient's id says it all; otherwise what Fullscript may look for. */
export interface EmbedPatient {
  id: string | null;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  dateOfBirth: string | null;
}

export type EmbedSessionResult =
  | {
      __typename: 'FullscriptEmbedSession';
      secretToken: string;
      publicKey: string;
      env: string;
      expiresAt: string;
      patient: EmbedPatient | null;
    }
  | ConnectionRequired;

/** `Mutation.createFullscriptEmbedSession`: a grant for one use within two minutes. Throws NOT_CONFIGURED without an embed key. */
export function createEmbedSession(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
): (caller: Caller, input: EmbedSessionInput) => Promise<EmbedSessionResult> {
  const { settings, store, fullscript } = needs;
  return (caller, input) =>
    needs.audit.audited(
      caller,
      'embed.create',
      () => ({ patientId: input.patientId }),
      async (): Promise<EmbedSessionResult> => {
        assertMay(caller.viewer, 'embed.create');
        const publicKey = settings.embedPublicKey;
        if (publicKey === null)
          throw new Refusal('NOT_CONFIGURED', 'Embedding is not set up: FULLSCRIPT_EMBED_PUBLIC_KEY is missing');
        const patient = input.patientId ? await getVouchedPatient(needs, caller, input.patientId) : null;
        return await withAccount(
          needs,
          startConnecting,
          caller,
          input.clinicId,
          async (account): Promise<EmbedSessionResult> => {
            const clinicKey = toClinicScope(account).clinicKey;
            const link = patient
              ? (await store.patientLinks.findLinks(clinicKey, [patient.id])).get(patient.id)
              : undefined;
            const grant = await fullscript.sessionGrants.create({
              accountId: account.id,
              priority: 'interactive',
              signal: caller.signal,
              requestId: caller.requestId,
            });
            return {
              __typename: 'FullscriptEmbedSession',
              secretToken: grant.secretToken,
              publicKey,
              env: settings.environment,
              expiresAt: grant.expiresAt,
              patient: patient ? toEmbedPatient(patient, link?.fullscriptPatientId ?? null) : null,
            };
          },
        );
      },
      (result) => result.__typename === 'FullscriptEmbedSession',
    );
}

function toEmbedPatient(patient: VouchedPatient, fullscriptPatientId: string | null): EmbedPatient {
  const { firstName, lastName, email, dateOfBirth } = patient.demographics;
  return { id: fullscriptPatientId, firstName, lastName, email, dateOfBirth };
}
