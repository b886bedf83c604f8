import type { Caller } from '../auth/caller.ts';
import type { RecommendationInput } from '../domain/treatment-plan.ts';
import { findAllowance, lendAllowance } from '../domain/wait-allowance.ts';
import type { Call } from '../fullscript/call.ts';
import type { Entrypoint } from '../fullscript/dynamic-links.ts';
import type { JudgedCandidate } from '../mirror/person-search.ts';
import type { ClinicScope, Reading } from '../mirror/scope.ts';
import type { StoredPlan } from '../store/plans.ts';
import type { StoredRecommendation } from '../store/recommendations.ts';
import type { CreateRecommendationInput } from './recommendation-input.ts';
import type { ConnectionRequired } from './standing.ts';
import type { Rejected } from './update-patient.ts';
import type { VouchedPatient } from './vouched-patient.ts';

export interface RecommendationDraft {
  __typename: 'FullscriptRecommendationDraft';
  redirectUrl: string;
  /** Null when Fullscript's own matching page makes the plan. */
  plan: StoredPlan | null;
  patient: VouchedPatient;
  createdPatient: boolean;
  itemsApplied: boolean;
}

export type CreateRecommendationResult =
  | RecommendationDraft
  | ConnectionRequired
  | {
      __typename: 'FullscriptPatientMatchRequired';
      message: string;
      candidates: readonly JudgedCandidate[];
      gatewayUrl: string | null;
    }
  | { __typename: 'FullscriptPatientDetailsMissing'; message: string; fields: readonly string[] }
  | Rejected;

/** One recommendation under way. */
export interface Attempt {
  caller: Caller;
  input: CreateRecommendationInput;
  items: readonly RecommendationInput[];
  scope: ClinicScope;
  call: Call;
  patient: VouchedPatient;
  /** Fullscript's id of whose plan it will be. */
  practitionerId: string;
  entrypoint: Entrypoint;
  /** How far it had come when this attempt began. */
  record: StoredRecommendation;
}

/** How an attempt asks for the patients and products of its clinic. */
export function toReading({ caller, scope }: Pick<Attempt, 'caller' | 'scope'>): Omit<Reading, 'freshness'> {
  return { scope, requestId: caller.requestId, signal: caller.signal };
}

/** The same attempt, which asks nobody anything more once `lost` fires either. */
export function untilLost<T extends Pick<Attempt, 'caller' | 'call'>>(attempt: T, lost: AbortSignal): T {
  const signal = AbortSignal.any([attempt.caller.signal, lost]);
  lendAllowance(signal, findAllowance(attempt.caller.signal));
  return { ...attempt, caller: { ...attempt.caller, signal }, call: { ...attempt.call, signal } };
}
