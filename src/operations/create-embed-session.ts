import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import type { Account } from '../domain/account.ts';
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
  const { settings, patients, fullscript, audit } = needs;

  /** Whom the patient is linked to, also when this very look finds an unmistakable match. */
  async function findFullscriptPatientId(
    caller: Caller,
    account: Account,
    { id, demographics }: VouchedPatient,
  ): Promise<string | null> {
    const { requestId, signal } = caller;
    const reading = { scope: toClinicScope(account), freshness: 'STALE_WHILE_REVALIDATE' as const, requestId, signal };
    const resolution = (await patients.resolve(reading, [{ patientId: id, demographics }])).get(id);
    if (resolution instanceof Error) throw resolution;
    if (resolution?.kind !== 'linked') return null;
    const { fullscriptPatientId } = resolution.link;
    if (resolution.linkedNow) {
      await audit.record(caller, 'patient.link', { patientId: id, subject: fullscriptPatientId }, 'ok');
    }
    return fullscriptPatientId;
  }

  return (caller, input) =>
    audit.audited(
      caller,
      'embed.create',
      () => ({ patientId: input.patientId }),
      async (): Promise<EmbedSessionResult> => {
        assertMay(caller.viewer, 'embed.create');
        const publicKey = settings.embedPublicKey;
        if (publicKey === null)
          throw new Refusal('NOT_CONFIGURED', 'Embedding is not set up: FULLSCRIPT_EMBED_PUBLIC_KEY is missing');
        const { patientId = null } = input;
        const patient = patientId === null ? null : await getVouchedPatient(needs, caller, patientId);
        return await withAccount(
          needs,
          startConnecting,
          caller,
          input.clinicId,
          async (account): Promise<EmbedSessionResult> => {
            const fullscriptPatientId = patient && (await findFullscriptPatientId(caller, account, patient));
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
              patient: patient && toEmbedPatient(patient, fullscriptPatientId),
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
