import type { Dosage } from './patient-overview.ts';

/** The EMR's own charts and documents of a patient. */
export const PATIENT_RECORD = /* GraphQL */ `
  query PatientRecord($id: ID!) {
    patient(id: $id) {
      id
      charts {
        id
        kind
        createdAt
        signedAt
        practitioner {
          id
          firstName
          lastName
        }
        items {
          id
          sourceItemId
          name
          brand
          instructions
          units
          refills
          source
        }
      }
      documents {
        id
        title
        kind
        occurredAt
        sourceId
      }
    }
  }
`;

/** What was imported from Fullscript into each chart; asked apart, so that the charts stay readable without it. */
export const CHART_IMPORTS = /* GraphQL */ `
  query ChartImports($id: ID!) {
    patient(id: $id) {
      id
      charts {
        id
        fullscriptImports {
          id
          importedBy
          importedAt
          outdated
          plan {
            id
            createdAt
          }
          items {
            id
            recommendationId
            name
            unitsToPurchase
            refills
            emrItemId
            dosage {
              text
            }
          }
        }
      }
    }
  }
`;

/** What PATIENT_RECORD answers. */
export interface PatientRecord {
  patient: { id: string; charts: Chart[] | null; documents: PatientDocument[] | null } | null;
}

/** A chart note. */
export interface Chart {
  id: string;
  kind: string;
  createdAt: string;
  signedAt: string | null;
  practitioner: { id: string; firstName: string | null; lastName: string | null };
  items: ChartItem[];
}

/** A line of a chart's plan. */
interface ChartItem {
  id: string;
  sourceItemId: string;
  name: string;
  brand: string | null;
  instructions: string;
  units: number | null;
  refills: number | null;
  source: string;
}

/** A document of the patient, lab results among them. */
export interface PatientDocument {
  id: string;
  title: string;
  kind: string;
  occurredAt: string;
  sourceId: string;
}

/** What CHART_IMPORTS answers. */
export interface ChartImports {
  patient: { id: string; charts: { id: string; fullscriptImports: ChartImport[] }[] } | null;
}

/** One import of a plan into a chart. */
export interface ChartImport {
  id: string;
  importedBy: string;
  importedAt: string;
  outdated: boolean;
  plan: { id: string; createdAt: string };
  items: {
    id: string;
    recommendationId: string;
    name: string;
    unitsToPurchase: number | null;
    refills: number | null;
    emrItemId: string | null;
    dosage: Pick<Dosage, 'text'> | null;
  }[];
}

/** The recommendations of one plan that have been imported, by id: into this chart, or without `chartId` into any. */
export function toImportedIds(imports: ChartImports | null, planId: string, chartId?: string): Set<string> {
  return new Set(
    findImports(imports, planId, chartId).flatMap((one) => one.items.map((item) => item.recommendationId)),
  );
}

/** Whether the plan has changed at Fullscript since it was imported into this chart. */
export function isOutdatedIn(imports: ChartImports | null, planId: string, chartId: string): boolean {
  return findImports(imports, planId, chartId).some((one) => one.outdated);
}

function findImports(imports: ChartImports | null, planId: string, chartId?: string): ChartImport[] {
  return (imports?.patient?.charts ?? [])
    .filter((chart) => chartId === undefined || chart.id === chartId)
    .flatMap((chart) => chart.fullscriptImports)
    .filter((one) => one.plan.id === planId);
}
