import type { RecommendationInput, TreatmentPlan, TreatmentPlanRow } from '../domain/treatment-plan.ts';
import type { Call } from './call.ts';

export interface PlanChanges {
  personalMessage?: string | null | undefined;
  /** Replaces the lines that are there. */
  recommendations?: readonly RecommendationInput[] | undefined;
  metadataId?: string | null | undefined;
}

export interface NewPlan extends PlanChanges {
  /** Required for staff; a practitioner's own when left out. */
  practitionerId?: string | undefined;
  /** Always said, because Fullscript activates (and mails) when nothing is said. */
  state: 'draft' | 'active';
  recommendations: readonly RecommendationInput[];
}

export interface Plans {
  /** All plans of a patient, newest first. */
  listByPatient(call: Call, patientId: string): Promise<TreatmentPlanRow[]>;
  get(call: Call, id: string): Promise<TreatmentPlan>;
  /** Fullscript may replace or merge lines; read the answer. */
  update(call: Call, id: string, changes: PlanChanges): Promise<TreatmentPlan>;
  /** Restricted: open to approved apps only. */
  create(call: Call, patientId: string, plan: NewPlan, idempotencyKey?: string): Promise<TreatmentPlan>;
  cancel(call: Call, id: string): Promise<TreatmentPlan>;
}
