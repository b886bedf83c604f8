import type { Account } from '../domain/account.ts';
import type { ChartImport, ChartItem } from '../domain/chart.ts';
import type { Refusal } from '../domain/errors.ts';
import type { Freshness } from '../domain/freshness.ts';
import type { Demographics, PatientLink } from '../domain/patient.ts';
import type { Page } from '../domain/page.ts';
import type { ProductVariant } from '../domain/product.ts';
import type { Revocation } from '../domain/revocation.ts';
import type { Standing } from '../domain/standing.ts';
import type { Dosage, LabRecommendation, Recommendation } from '../domain/treatment-plan.ts';
import type { JudgedCandidate } from '../mirror/person-search.ts';
import type { StoredClinic } from '../store/clinics.ts';
import type { StoredLabOrder } from '../store/lab-orders.ts';
import type { StoredLabResult } from '../store/lab-results.ts';
import type { LabReview } from '../store/lab-reviews.ts';
import type { StoredFullscriptPatient } from '../store/patients.ts';
import type { StoredPlan } from '../store/plans.ts';

/*
 * What the resolvers of each type start from. Access to plans, lab orders, results, accounts and imports was decided at the data's door: a loader that gives
 * one has let the caller through to it. Patients, practitioners and charts are the EMR's: holding one says nothing yet, and what hangs below it is asked for.
 */

/** `demographics` are the EMR's own words; null when the EMR has not vouched for this patient yet and has to be asked. */
export interface PatientParent {
  id: string;
  demographics: Demographics | null;
}

export interface PractitionerParent {
  id: string;
}

/** A chart by its id alone. `vouched` only when the EMR has said that this caller may see it; otherwise it is asked before anything is read of the chart. */
export interface ChartParent {
  id: string;
  vouched: boolean;
}

export type FullscriptAccountParent = Account;

export type FullscriptClinicParent = Pick<StoredClinic, 'id' | 'name' | 'discountPercent'>;

export interface FullscriptPatientAccountParent extends StoredFullscriptPatient {
  link: PatientLink;
}

/** The freshness it was read with goes on to what hangs below it: STORED never calls Fullscript, at any depth. */
export interface FullscriptTreatmentPlanParent extends Omit<StoredPlan, 'recommendations' | 'labRecommendations'> {
  /** Why this is only what a chart keeps of the plan: thrown for everything that the chart does not hold. Left out for the plan itself. */
  withheld?: Refusal;
  patient: PatientParent | null;
  freshness: Freshness;
  recommendations: readonly FullscriptRecommendationParent[];
  labRecommendations: readonly FullscriptLabRecommendationParent[];
}

export interface FullscriptTreatmentPlanConnectionParent {
  /** Names the list in its cursors. */
  list: string;
  page: Page<FullscriptTreatmentPlanParent>;
  syncedAt: string | null;
  stale: boolean;
}

export interface FullscriptRecommendationParent extends Omit<Recommendation, 'dosage'> {
  plan: FullscriptTreatmentPlanParent;
  dosage: FullscriptDosageParent | null;
}

export interface FullscriptLabRecommendationParent extends LabRecommendation {
  plan: FullscriptTreatmentPlanParent;
}

export interface FullscriptDosageParent extends Dosage {
  takeWith: string | null;
}

export type FullscriptProductVariantParent = ProductVariant;

export interface FullscriptLabOrderParent extends StoredLabOrder {
  patient: PatientParent | null;
  freshness: Freshness;
}

export interface FullscriptLabOrderConnectionParent {
  list: string;
  page: Page<FullscriptLabOrderParent>;
  syncedAt: string | null;
  stale: boolean;
}

export interface FullscriptLabResultParent extends StoredLabResult {
  /** The result's own name, else what it can be called by its order. */
  displayName: string;
  /** What it is filed under. */
  title: string;
}

/** A review with the result it is of. */
export interface FullscriptLabReviewParent extends LabReview {
  clinicKey: string;
  resultId: string;
}

/** `chart` is vouched for when the import was reached through it, and not when it was reached from the plan: the chart may be a colleague's. */
export interface FullscriptChartImportParent extends ChartImport {
  chart: ChartParent;
  patient: PatientParent;
}

export type FullscriptChartItemParent = ChartItem;

export type FullscriptRevocationParent = Revocation;

export interface FullscriptViewerParent {
  standing: Standing;
}

export type FullscriptPatientCandidateParent = JudgedCandidate;

/** Something of a patient's that appeared or changed, as it is now; one of the two is null. */
export interface FullscriptPatientChangeParent {
  patient: PatientParent;
  plan: FullscriptTreatmentPlanParent | null;
  labOrder: FullscriptLabOrderParent | null;
  at: string;
}
