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

/** The recommendations of one plan that a chart of the patient has already, by id. */
export function toImportedIds(imports: ChartImports | null, planId: string): Set<string> {
  const ids = new Set<string>();
  for (const chart of imports?.patient?.charts ?? [])
    for (const one of chart.fullscriptImports)
      if (one.plan.id === planId) for (const item of one.items) ids.add(item.recommendationId);
  return ids;
}
