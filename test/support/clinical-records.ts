import type { Deployment } from './deployment.ts';

/** Things of one patient that tests ask for by id. */
export interface ClinicalRecords {
  /** The patient as a gateway represents it. */
  patient: {
    __typename: 'Patient';
    id: string;
    email: string | null;
    firstName: string | null;
    lastName: string | null;
    dateOfBirth: string | null;
  };
  clinicId: string;
  fullscriptPatientId: string;
  planId: string;
  labOrderId: string;
  labResultId: string;
  variantId: string;
  /** An open chart into which the plan was imported. */
  chartId: string;
  importId: string;
  accountId: string;
}

/** A patient as a gateway represents it, with all that is required of it. */
export function toRepresentation(deployment: Deployment, patientId: string): ClinicalRecords['patient'] {
  const patient = deployment.emr.store.patients.get(patientId);
  if (!patient) throw new Error(`the EMR has no patient ${patientId}`);
  const { id, email, firstName, lastName, dateOfBirth } = patient;
  return { __typename: 'Patient', id, email, firstName, lastName, dateOfBirth };
}

/**
 * Reads a connected practitioner's patient so that everything of it is stored and linked, imports a plan into a chart, and gives the ids.
 * `patientId` must have an active plan with supplements and a lab order with a result; p-1003 of the demo has.
 */
export async function collectRecords(
  deployment: Deployment,
  who: string,
  patientId = 'p-1003',
  chartId = `c-${patientId.slice('p-'.length)}-2`,
): Promise<ClinicalRecords> {
  const patient = toRepresentation(deployment, patientId);
  const read = await deployment.askEntities(
    who,
    [patient],
    `... on Patient {
      fullscriptAccount { id clinic { id } }
      treatmentPlans(states: [ACTIVE]) { nodes { id recommendations { variantId } } }
      labOrders { nodes { id results { id } } }
    }`,
  );
  const [found] = (read.data?._entities ?? []) as {
    fullscriptAccount: { id: string; clinic: { id: string } } | null;
    treatmentPlans: { nodes: { id: string; recommendations: { variantId: string }[] }[] } | null;
    labOrders: { nodes: { id: string; results: { id: string }[] }[] } | null;
  }[];
  const plan = found?.treatmentPlans?.nodes.find(({ recommendations }) => recommendations.length > 0);
  const order = found?.labOrders?.nodes.find(({ results }) => results.length > 0);
  const viewer = await deployment.ask(who, '{ fullscriptViewer { accounts { id } } }');
  const imported = await deployment.ask(
    who,
    'mutation ($input: FullscriptImportPlanInput!) { importPlanIntoChart(input: $input) { __typename ... on FullscriptPlanImported { import { id } } } }',
    { variables: { input: { planId: plan?.id ?? '', chartId } } },
  );
  const records = {
    patient,
    clinicId: found?.fullscriptAccount?.clinic.id,
    fullscriptPatientId: found?.fullscriptAccount?.id,
    planId: plan?.id,
    labOrderId: order?.id,
    labResultId: order?.results[0]?.id,
    variantId: plan?.recommendations[0]?.variantId,
    chartId,
    importId: imported.data?.importPlanIntoChart?.import?.id as string | undefined,
    accountId: viewer.data?.fullscriptViewer?.accounts[0]?.id as string | undefined,
  };
  const missing = Object.entries(records).filter(([, value]) => value === undefined);
  if (missing.length > 0) {
    throw new Error(
      `nothing found for ${missing.map(([name]) => name).join(', ')}: ${JSON.stringify([read.errors, imported.errors, imported.data])}`,
    );
  }
  return records as ClinicalRecords;
}
