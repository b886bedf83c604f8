import type { Dosage, Recommendation, TreatmentPlan } from './treatment-plan.ts';

/** A chart note as the EMR shows it to the caller. */
export interface EmrChart {
  id: string;
  kind: string;
  /** Null while it is open. */
  signedAt: string | null;
  patientId: string;
  practitionerId: string | null;
}

export interface EmrPractitioner {
  id: string;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
}

/** A supplement as it stands in the chart. */
export interface ChartItem {
  id: string;
  recommendationId: string;
  variantId: string;
  name: string;
  brand: string | null;
  dosage: Dosage | null;
  takeWith: string | null;
  unitsToPurchase: number | null;
  refills: number | null;
  /** The EMR's own id of the line, once the EMR has taken it. */
  emrItemId: string | null;
}

/** What a chart keeps of a plan itself, as it was when it was imported: of its supplements those that were taken. */
export interface ImportedPlan extends Pick<
  TreatmentPlan,
  'state' | 'createdAt' | 'updatedAt' | 'availableOn' | 'fullscriptPatientId' | 'fullscriptPractitionerId'
> {
  recommendations: readonly Recommendation[];
}

/** One import of a plan into a chart: what was taken, from which version of the plan, by whom. */
export interface ChartImport {
  id: string;
  organizationId: string;
  clinicId: string;
  chartId: string;
  planId: string;
  /** The plan's version at the time (see `toPlanVersion`). */
  planVersion: string;
  planRecord: ImportedPlan;
  patientId: string;
  importedBy: string;
  importedAt: string;
  items: readonly ChartItem[];
}
