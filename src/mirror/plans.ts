import { FullscriptFailure } from '../domain/errors.ts';
import type { TreatmentPlan, TreatmentPlanRow } from '../domain/treatment-plan.ts';
import type { Call } from '../fullscript/call.ts';
import { toRowKey } from '../store/keys.ts';
import type { StoredPlan, StoredPlanRow } from '../store/plans.ts';
import { createFetchOne, type FetchOne } from './fetch-one.ts';
import type { MirrorNeeds } from './needs.ts';
import { createReadThrough, type ReadThrough } from './read-through.ts';
import type { ClinicScope, Reading } from './scope.ts';

/** The stored copy of treatment plans, kept current. */
export interface PlanMirror extends ReadThrough {
  /** Fetches one plan and stores it; null when Fullscript does not know it (then it is dropped here, too). Throws FullscriptFailure. */
  refreshPlan(scope: ClinicScope, planId: string, call: Call): Promise<StoredPlan | null>;
  /** Like `refreshPlan`, together with everybody else who wants the same plan. */
  fetchPlan: FetchOne<StoredPlan>;
  /** A fresh link to edit the plan at Fullscript, never stored; null for a cancelled plan, which cannot be edited. Throws FullscriptFailure. */
  findEditUrl(reading: Omit<Reading, 'freshness'>, plan: Pick<TreatmentPlan, 'id' | 'state'>): Promise<string | null>;
}

/** True when the stored plan is what the list says: the list has no more to tell than state and time of change. */
function isUnchanged(row: TreatmentPlanRow, stored: StoredPlanRow | undefined): boolean {
  return stored !== undefined && stored.updatedAt === row.updatedAt && stored.state === row.state;
}

/** Makes the keeper of the plans' copies. */
export function createPlanMirror(needs: MirrorNeeds): PlanMirror {
  const { store, fullscript, now } = needs;

  async function sync(scope: ClinicScope, fullscriptPatientId: string, call: Call): Promise<void> {
    const listedAt = now().toISOString();
    const rows = await fullscript.plans.listByPatient(call, fullscriptPatientId);
    const key = { clinicKey: scope.clinicKey, fullscriptPatientId };
    const stored = (await store.plans.rowsByPatients([key])).get(toRowKey(scope.clinicKey, fullscriptPatientId)) ?? [];
    const storedById = new Map(stored.map((row) => [row.id, row]));
    const changed = rows.filter((row) => !isUnchanged(row, storedById.get(row.id)));
    const listed = new Set(rows.map((row) => row.id));
    // Only Fullscript's word on the plan itself takes it away: the list may be older than a plan that another process has just stored, by another clock.
    const missing = stored.filter((row) => !listed.has(row.id) && row.syncedAt <= listedAt);
    const plans: TreatmentPlan[] = [];
    const outcomes = await Promise.allSettled([
      ...changed.map(async (row) => {
        const plan = await findPlan(call, row.id);
        if (plan) plans.push(plan);
      }),
      ...missing.map((row) => refreshPlan(scope, row.id, call)),
    ]);
    // Stored also when others fail, so that the next try has less to ask for.
    await store.plans.upsertMany(scope, plans, listedAt);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    await store.copies.set(scope, 'plans', fullscriptPatientId, listedAt);
  }

  /** Null when the plan went away between the list and the retrieval. */
  async function findPlan(call: Call, planId: string): Promise<TreatmentPlan | null> {
    try {
      return await fullscript.plans.get(call, planId);
    } catch (error) {
      if (error instanceof FullscriptFailure && error.kind === 'not_found') return null;
      throw error;
    }
  }

  async function refreshPlan(scope: ClinicScope, planId: string, call: Call): Promise<StoredPlan | null> {
    const readAt = now().toISOString();
    const plan = await findPlan(call, planId);
    const key = { clinicKey: scope.clinicKey, id: planId };
    if (plan === null) {
      await store.plans.remove(key);
      return null;
    }
    await store.plans.upsertMany(scope, [plan], readAt);
    return await store.plans.find(key);
  }

  return {
    ...createReadThrough(needs, {
      kind: 'plans',
      sync,
      forget: (scope, id, askedAt) => store.plans.removeMissing(scope.clinicKey, id, [], askedAt),
    }),
    refreshPlan,
    fetchPlan: createFetchOne(needs, 'plan', refreshPlan),
    async findEditUrl({ scope, requestId, signal }, plan) {
      if (plan.state === 'CANCELLED') return null;
      const call: Call = { accountId: scope.accountId, priority: 'interactive', requestId, signal };
      return (await fullscript.dynamicLinks.edit(call, plan.id)).redirectUrl;
    },
  };
}
