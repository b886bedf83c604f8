export type PlanState = 'DRAFT' | 'ACTIVE' | 'CANCELLED';

/** How to take a supplement. Every value is Fullscript's own text; unknown words are kept as they come. */
export interface Dosage {
  amount: string | null;
  frequency: string | null;
  duration: string | null;
  format: string | null;
  timeOfDay: readonly string[];
  additionalInfo: string | null;
}

/** A supplement on a plan. */
export interface Recommendation {
  /** Stable within the plan: the variant's id, with `~2`, `~3` behind it when the plan names the same variant again. */
  id: string;
  variantId: string;
  unitsToPurchase: number | null;
  refill: boolean | null;
  takeWith: string | null;
  dosage: Dosage | null;
}

export interface LabTest {
  id: string;
  name: string;
}

/** A lab test on a plan, bought or not. */
export interface LabRecommendation {
  id: string;
  name: string;
  requiresFasting: boolean | null;
  instructions: string | null;
  tests: readonly LabTest[];
}

/** A plan as Fullscript's retrieve call gives it. */
export interface TreatmentPlan {
  id: string;
  state: PlanState;
  fullscriptPatientId: string;
  fullscriptPractitionerId: string | null;
  personalMessage: string | null;
  /** yyyy-mm-dd */
  availableOn: string | null;
  createdAt: string;
  updatedAt: string;
  invitationUrl: string | null;
  metadataId: string | null;
  recommendations: readonly Recommendation[];
  labRecommendations: readonly LabRecommendation[];
}

/** A plan as Fullscript's lists give it: enough to see whether the stored copy is behind. */
export type TreatmentPlanRow = Pick<
  TreatmentPlan,
  'id' | 'state' | 'fullscriptPatientId' | 'fullscriptPractitionerId' | 'availableOn' | 'createdAt' | 'updatedAt'
>;

/** A dosage of which only some fields are given. */
export type DosageInput = { [field in keyof Dosage]?: Dosage[field] | null | undefined };

/** A supplement to put onto a draft. */
export interface RecommendationInput {
  variantId: string;
  unitsToPurchase: number;
  refill?: boolean | null | undefined;
  takeWith?: string | null | undefined;
  dosage?: DosageInput | null | undefined;
}

/** A dosage that says nothing. */
export const emptyDosage: Dosage = {
  amount: null,
  frequency: null,
  duration: null,
  format: null,
  timeOfDay: [],
  additionalInfo: null,
};

/** The whole instruction as one readable line; "Use as directed" when the dosage says nothing. */
export function toDosageText(dosage: Dosage | null, takeWith: string | null = null): string {
  const said = dosage ?? emptyDosage;
  const amount = [said.amount, said.format].filter(Boolean).join(' ');
  const duration = said.duration && /^\d+$/.test(said.duration) ? `for ${said.duration} days` : (said.duration ?? '');
  const howMuchAndWhen = [
    amount ? `Take ${amount}` : '',
    said.frequency ?? '',
    said.timeOfDay.length > 0 ? `in the ${said.timeOfDay.join(' and ')}` : '',
  ].filter((part) => part.trim() !== '');
  const rest = [duration, said.additionalInfo ?? ''].filter((part) => part.trim() !== '');
  const head = howMuchAndWhen.length + rest.length === 0 ? 'Use as directed' : howMuchAndWhen.join(' ');
  return [head, takeWith ? `with ${takeWith}` : '', ...rest].filter((part) => part !== '').join(', ');
}
