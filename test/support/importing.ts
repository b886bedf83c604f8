import type { Answer, AskOptions, Deployment } from './deployment.ts';
import { addPerson } from './people.ts';
import { askPatient } from './reading.ts';
import { addPlan, buildLine, listVariantIds } from './recommending.ts';

/** Everything the union of `importPlanIntoChart` may tell. */
export interface ImportResult {
  __typename: string;
  import: {
    id: string;
    importedBy: string;
    importedAt: string;
    outdated: boolean;
    plan: { id: string };
    chart: { id: string };
    items: ImportedItem[];
  };
  chart: { id: string; fullscriptImports: { id: string }[] };
  skippedLabs: { name: string }[];
  alreadyImported: boolean;
  signedAt: string;
  reason: string;
  status: string;
  authorizeUrl: string | null;
}

interface ImportedItem {
  id: string;
  recommendationId: string;
  variantId: string;
  name: string;
  brand: string | null;
  unitsToPurchase: number | null;
  refills: number | null;
  emrItemId: string | null;
  dosage: {
    text: string;
    amount: string | null;
    frequency: string | null;
    duration: string | null;
    format: string | null;
    timeOfDay: string[];
    additionalInfo: string | null;
  } | null;
}

const importDocument = `mutation ($input: FullscriptImportPlanInput!) {
  importPlanIntoChart(input: $input) {
    __typename
    ... on FullscriptPlanImported {
      alreadyImported skippedLabs { name } chart { id fullscriptImports { id } }
      import {
        id importedBy importedAt outdated plan { id } chart { id }
        items {
          id recommendationId variantId name brand unitsToPurchase refills emrItemId
          dosage { text amount frequency duration format timeOfDay additionalInfo }
        }
      }
    }
    ... on FullscriptChartLocked { signedAt }
    ... on FullscriptPlanNotImportable { reason }
    ... on FullscriptConnectionRequired { status authorizeUrl }
  }
}`;

/** `Mutation.importPlanIntoChart` as it is answered; `result` is the union's value. */
export async function importPlan(
  deployment: Deployment,
  who: string,
  input: { planId: string; chartId: string } & Record<string, unknown>,
  options: AskOptions = {},
): Promise<Answer & { result: ImportResult }> {
  const answer = await deployment.ask(who, importDocument, { ...options, variables: { input } });
  return { ...answer, result: (answer.data?.importPlanIntoChart ?? {}) as ImportResult };
}

/** A linked patient with an open chart and a sent plan of two supplements. */
export async function addEncounter(
  deployment: Deployment,
  plan: NonNullable<Parameters<typeof addPlan>[2]> = {},
): Promise<{ patientId: string; fullscriptPatientId: string; chartId: string; planId: string; variantIds: string[] }> {
  const { patientId, fullscriptPatientId } = addPerson(deployment);
  const variantIds = listVariantIds(deployment, 2);
  const lines = variantIds.map((variantId) => buildLine(variantId));
  const planId = addPlan(deployment, fullscriptPatientId, { lines, ...plan });
  const { patient } = await askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
  if (patient?.connectionStatus !== 'CONNECTED') throw new Error(`the patient is ${JSON.stringify(patient)}`);
  return { patientId, fullscriptPatientId, planId, variantIds, chartId: deployment.emr.addChart({ patientId }).id };
}

/** `Chart.fullscriptImports` as a practitioner sees it. Throws when there is an error. */
export async function readImports(
  deployment: Deployment,
  who: string,
  chartId: string,
): Promise<(Pick<ImportResult['import'], 'id' | 'importedBy' | 'outdated'> & { items: ImportedItem[] })[]> {
  const answer = await deployment.askEntities(
    who,
    [{ __typename: 'Chart', id: chartId }],
    '... on Chart { fullscriptImports { id importedBy outdated items { recommendationId variantId unitsToPurchase refills emrItemId } } }',
  );
  if (answer.errors.length > 0) throw new Error(`the chart cannot be read: ${JSON.stringify(answer.errors)}`);
  return answer.data._entities[0].fullscriptImports as Awaited<ReturnType<typeof readImports>>;
}

/** The lines of a chart of the EMR. */
export function listChartItems({ emr }: Pick<Deployment, 'emr'>, chartId: string) {
  return emr.store.charts.get(chartId)?.items ?? [];
}
