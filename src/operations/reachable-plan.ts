import type { Caller } from '../auth/caller.ts';
import type { Account, ConnectionStatus } from '../domain/account.ts';
import { Refusal } from '../domain/errors.ts';
import type { Freshness } from '../domain/freshness.ts';
import type { Locator } from '../mirror/locate.ts';
import { toRowKey } from '../store/keys.ts';
import type { StoredPlan } from '../store/plans.ts';
import { getStanding } from '../store/standing.ts';
import type { OperationNeeds } from './needs.ts';

/** A plan that the caller may act on, with the EMR patient it belongs to. */
export type ReachablePlan =
  | { kind: 'reachable'; plan: StoredPlan; account: Account; patientId: string | null }
  | { kind: 'blocked'; status: ConnectionStatus };

/**
 * Finds a plan for an action. Who may see its patient is for the caller to ask the EMR. Throws NOT_FOUND for a plan that nobody knows, and for a plan
 * of somebody who is linked to nobody unless the caller wrote it.
 */
export async function getReachablePlan(
  needs: OperationNeeds,
  locator: Locator,
  caller: Caller,
  planId: string,
  freshness: Freshness,
): Promise<ReachablePlan> {
  const { organizationId, userId } = caller.viewer;
  const located = await locator.locatePlan({
    organizationId,
    standing: await getStanding(needs.store, organizationId, userId),
    id: planId,
    freshness,
    requestId: caller.requestId,
    signal: caller.signal,
  });
  if (located.kind === 'blocked') return located;
  if (located.kind === 'unknown') throw toMissingPlan();
  const { object: plan, account } = located;
  const key = { clinicKey: plan.clinicKey, id: plan.fullscriptPatientId };
  const link = (await needs.store.patientLinks.findLinksByFullscriptIds([key])).get(toRowKey(key.clinicKey, key.id));
  if (!link && plan.fullscriptPractitionerId !== account.fullscriptUserId) throw toMissingPlan();
  return { kind: 'reachable', plan, account, patientId: link?.patientId ?? null };
}

export function toMissingPlan(): Refusal {
  return new Refusal('NOT_FOUND', 'This plan does not exist');
}
