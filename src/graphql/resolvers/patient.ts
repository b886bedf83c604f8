import type { Demographics } from '../../domain/patient.ts';
import type { Context } from '../context.ts';
import type { Resolvers } from '../generated/types.ts';
import type { PatientParent } from '../parents.ts';

/** What a representation of the EMR's patient may hold, besides its key. */
type PatientReference = { id: string } & { [field in keyof Demographics]?: unknown };

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

/** Behind the gateway, a representation with the fields we require is the EMR's own word; anything less makes us ask the EMR. */
function toPatientParent(reference: PatientReference, context: Context): PatientParent {
  const { id, email, firstName, lastName, dateOfBirth } = reference;
  const complete =
    isTextOrNull(email) &&
    isTextOrNull(firstName) &&
    isTextOrNull(lastName) &&
    isTextOrNull(dateOfBirth) &&
    (dateOfBirth === null || /^\d{4}-\d{2}-\d{2}$/.test(dateOfBirth));
  return { id, demographics: context.trusted && complete ? { email, firstName, lastName, dateOfBirth } : null };
}

export const patientResolvers: Pick<Resolvers, 'Patient' | 'FullscriptPatientAccount' | 'FullscriptPatientCandidate'> =
  {
    Patient: {
      __resolveReference: (reference, context) => toPatientParent(reference, context),
      connectionStatus: (patient, { clinicId }, { loaders }) => loaders.patients.status(patient, clinicId ?? null),
      fullscriptAccount: (patient, { clinicId }, { loaders }) => loaders.patients.account(patient, clinicId ?? null),
      treatmentPlans: (patient, { first, after, states, freshness, clinicId }, { loaders }) =>
        loaders.plans.ofPatient({
          patient,
          clinicId: clinicId ?? null,
          freshness: freshness ?? 'STALE_WHILE_REVALIDATE',
          states: states ?? null,
          first,
          after,
        }),
      labOrders: (patient, { first, after, statuses, freshness, clinicId }, { loaders }) =>
        loaders.labOrders.ofPatient({
          patient,
          clinicId: clinicId ?? null,
          freshness: freshness ?? 'STALE_WHILE_REVALIDATE',
          statuses: statuses ?? null,
          first,
          after,
        }),
    },
    FullscriptPatientAccount: {
      __resolveReference: ({ id }, { loaders }) => loaders.patients.accountById(id),
      clinic: async ({ clinicId }, _, { loaders }) =>
        (await loaders.accounts.clinic(clinicId)) ?? toUnnamedClinic(clinicId),
      linkedAt: ({ link }) => link.linkedAt,
      linkedBy: ({ link }) => link.method,
    },
    FullscriptPatientCandidate: {
      fullscriptPatientId: ({ patient }) => patient.id,
      email: ({ patient }) => patient.email,
      firstName: ({ patient }) => patient.firstName,
      lastName: ({ patient }) => patient.lastName,
      dateOfBirth: ({ patient }) => patient.dateOfBirth,
      isDependent: ({ patient }) => patient.isDependent,
    },
  };

/** A clinic whose name was never read. */
export function toUnnamedClinic(clinicId: string): { id: string; name: string; discountPercent: null } {
  return { id: clinicId, name: clinicId, discountPercent: null };
}
