import { errorsUnder, isOutage, type Answer } from './graphql.ts';
import type { ConnectionStatus, LabStage } from './words.ts';

/**
 * The patient beside their Fullscript account, plans and lab orders. `$freshness` says how current the answer must be, `$clinical`
 * whether the user sees plans and labs; without `$fullscript` only the EMR is asked.
 */
export const PATIENT_OVERVIEW = /* GraphQL */ `
  query PatientOverview($id: ID!, $freshness: FullscriptFreshness, $fullscript: Boolean!, $clinical: Boolean!) {
    patient(id: $id) {
      id
      firstName
      lastName
      email
      dateOfBirth
      gender
      mobileNumber
      connectionStatus @include(if: $fullscript)
      fullscriptAccount @include(if: $fullscript) {
        id
        clinic {
          id
          name
        }
        email
        firstName
        lastName
        dateOfBirth
        archived
        isDependent
        discountPercent
        totalDiscountPercent
        linkedAt
        linkedBy
      }
      treatmentPlans(first: 20, freshness: $freshness) @include(if: $clinical) {
        totalCount
        stale
        syncedAt
        nodes {
          id
          state
          personalMessage
          availableAt
          createdAt
          updatedAt
          invitationUrl
          chartId
          practitioner {
            id
            firstName
            lastName
          }
          recommendations {
            id
            variantId
            unitsToPurchase
            refill
            takeWith
            product {
              id
              name
              brand
              sku
              units
              unitOfMeasure
              availability
            }
            dosage {
              amount
              frequency
              duration
              format
              timeOfDay
              additionalInfo
              text
            }
          }
          labRecommendations {
            id
            name
            requiresFasting
            instructions
            stage
            tests {
              id
              name
            }
          }
        }
      }
      labOrders(first: 20, freshness: $freshness) @include(if: $clinical) {
        totalCount
        stale
        syncedAt
        nodes {
          id
          name
          status
          rawStatus
          stage
          updatedAt
          tests {
            id
            name
          }
          results {
            id
            title
            name
            availableAt
            amended
            pdfUrl
            review {
              signedOffBy
              signedOffAt
              sharedWithPatientAt
              notes {
                id
                authorId
                text
                createdAt
              }
            }
          }
        }
      }
    }
  }
`;

/** What PATIENT_OVERVIEW answers; `patient` is null for a patient the EMR hides or does not know. */
export interface PatientOverview {
  patient: OverviewPatient | null;
}

/** The patient as the EMR and Fullscript know them. */
export interface OverviewPatient {
  id: string;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  dateOfBirth: string | null;
  gender: string | null;
  mobileNumber: string | null;
  connectionStatus?: ConnectionStatus | null;
  fullscriptAccount?: FullscriptPatient | null;
  /** Not asked for users who do not see plans and labs. */
  treatmentPlans?: Copies<Plan> | null;
  labOrders?: Copies<LabOrder> | null;
}

/** A list of stored copies with how current it is. */
export interface Copies<T> {
  totalCount: number;
  stale: boolean;
  syncedAt: string | null;
  nodes: T[];
}

/** The linked Fullscript patient. */
export interface FullscriptPatient {
  id: string;
  clinic: { id: string; name: string };
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  dateOfBirth: string | null;
  archived: boolean;
  isDependent: boolean;
  discountPercent: number | null;
  totalDiscountPercent: number | null;
  linkedAt: string;
  linkedBy: string;
}

/** A treatment plan. */
export interface Plan {
  id: string;
  state: 'DRAFT' | 'ACTIVE' | 'CANCELLED';
  personalMessage: string | null;
  availableAt: string | null;
  createdAt: string;
  updatedAt: string;
  invitationUrl: string | null;
  chartId: string | null;
  practitioner: { id: string; firstName: string | null; lastName: string | null } | null;
  recommendations: Recommendation[];
  labRecommendations: LabRecommendation[];
}

/** A supplement on a plan. */
export interface Recommendation {
  id: string;
  variantId: string;
  unitsToPurchase: number | null;
  refill: boolean | null;
  takeWith: string | null;
  product: {
    id: string;
    name: string;
    brand: string;
    sku: string | null;
    units: number | null;
    unitOfMeasure: string | null;
    availability: string | null;
  } | null;
  dosage: Dosage | null;
}

/** A dosage instruction, in parts and as one line. */
export interface Dosage {
  amount: string | null;
  frequency: string | null;
  duration: string | null;
  format: string | null;
  timeOfDay: string[];
  additionalInfo: string | null;
  text: string;
}

/** A lab test on a plan. */
interface LabRecommendation {
  id: string;
  name: string;
  requiresFasting: boolean | null;
  instructions: string | null;
  stage: LabStage;
  tests: { id: string; name: string }[];
}

/** A lab order with its results. */
export interface LabOrder {
  id: string;
  name: string;
  status: string;
  rawStatus: string;
  stage: LabStage;
  updatedAt: string;
  tests: { id: string; name: string }[];
  results: LabResult[];
}

/** A result file and what the practitioner did with it. */
export interface LabResult {
  id: string;
  title: string;
  name: string;
  availableAt: string | null;
  amended: boolean;
  pdfUrl: string | null;
  review: LabReview;
}

/** Sign-off, sharing and notes of a result. */
interface LabReview {
  signedOffBy: string | null;
  signedOffAt: string | null;
  sharedWithPatientAt: string | null;
  notes: { id: string; authorId: string; text: string; createdAt: string }[];
}

/**
 * The next overview, with plans or lab orders of the previous one kept where the next could not be had because of an
 * outage: a failure upstream must not look like an empty list. A definite refusal does take them off the page.
 */
export function mergeOverview(
  previous: Answer<PatientOverview> | null,
  next: Answer<PatientOverview>,
): Answer<PatientOverview> {
  const before = previous?.data?.patient;
  if (!before) return next;
  if (next.partial && next.data?.patient) {
    // The partial answer lacks Fullscript's fields altogether, so the spread leaves the earlier ones.
    return { ...next, data: { patient: { ...before, ...next.data.patient } } };
  }
  const patient = next.data?.patient;
  if (!patient) {
    const outage = next.errors.length > 0 && next.errors.every(isOutage);
    return outage ? { data: { patient: before }, errors: next.errors } : next;
  }
  const out = (field: string) => {
    const errors = errorsUnder(next.errors, ['patient', field]);
    return errors.length > 0 && errors.every(isOutage);
  };
  return {
    errors: next.errors,
    data: {
      patient: {
        ...patient,
        fullscriptAccount:
          patient.fullscriptAccount ?? (out('fullscriptAccount') ? (before.fullscriptAccount ?? null) : null),
        treatmentPlans: patient.treatmentPlans ?? (out('treatmentPlans') ? (before.treatmentPlans ?? null) : null),
        labOrders: patient.labOrders ?? (out('labOrders') ? (before.labOrders ?? null) : null),
      },
    },
  };
}
