import type { Plan } from './patient-overview.ts';

/** The plan that was sent since watching began: the draft itself, else one that was not there before. Null when none. */
export function findSentPlan(
  plans: readonly Pick<Plan, 'id' | 'state'>[],
  watched: { draftId: string | null; activeBefore: readonly string[] },
): Pick<Plan, 'id' | 'state'> | null {
  const active = plans.filter((plan) => plan.state === 'ACTIVE');
  return (
    active.find((plan) => plan.id === watched.draftId) ??
    active.find((plan) => !watched.activeBefore.includes(plan.id)) ??
    null
  );
}
