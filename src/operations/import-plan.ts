import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import type { ChartImport, EmrChart } from '../domain/chart.ts';
import { FullscriptFailure, Refusal } from '../domain/errors.ts';
import type { Recommendation } from '../domain/treatment-plan.ts';
import { ChartSigned } from '../emr/emr.ts';
import type { Locator } from '../mirror/locate.ts';
import type { PendingChartImport } from '../store/chart-imports.ts';
import type { StoredPlan } from '../store/plans.ts';
import { toChartItems, toChartItemsInput, type ChartItemOverride } from './chart-items.ts';
import { orConnectionRequired } from './connection-outcome.ts';
import { takenOverAfterMs } from './finish-imports.ts';
import type { OperationNeeds } from './needs.ts';
import { getReachablePlan, type ReachablePlan } from './reachable-plan.ts';
import { toConnectionRequired, type ConnectionRequired, type StartConnecting } from './standing.ts';
import { getVouchedChart, getVouchedPatient } from './vouched-patient.ts';

export interface ImportPlanInput {
  planId: string;
  chartId: string;
  recommendationIds?: readonly string[] | null | undefined;
  overrides?: readonly ChartItemOverride[] | null | undefined;
}

export type NotImportableReason = 'NO_SUPPLEMENTS' | 'NOT_SENT' | 'CANCELLED' | 'OTHER_PATIENT';

export type ImportPlanResult =
  | {
      __typename: 'FullscriptPlanImported';
      import: ChartImport;
      chart: EmrChart;
      plan: StoredPlan;
      patientId: string;
      alreadyImported: boolean;
    }
  | { __typename: 'FullscriptChartLocked'; message: string; signedAt: string }
  | { __typename: 'FullscriptPlanNotImportable'; message: string; reason: NotImportableReason }
  | ConnectionRequired;

const reasons: Record<NotImportableReason, string> = {
  NO_SUPPLEMENTS: 'The plan has no supplements: labs stay outside the chart',
  NOT_SENT: 'The plan is still a draft: it can be imported once it was sent',
  CANCELLED: 'The plan was cancelled',
  OTHER_PATIENT: "The plan belongs to another patient than the chart's",
};

/**
 * `Mutation.importPlanIntoChart`: through the EMR, with the caller's own token, into a chart that is open and the plan's patient's. An import is stored before
 * the EMR is asked and finished once it has answered; what is in the chart, or on its way, is never added again. Importing more of the same
 * plan later adds only what is new, as a further import.
 */
export function createImportPlan(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
  locator: Locator,
): (caller: Caller, input: ImportPlanInput) => Promise<ImportPlanResult> {
  const { store, emr, now } = needs;

  /** The newest plan there is: from Fullscript, or in an outage the stored copy. */
  async function getPlan(caller: Caller, planId: string): Promise<ReachablePlan> {
    try {
      return await getReachablePlan(needs, locator, caller, planId, 'CURRENT');
    } catch (error) {
      if (!(error instanceof FullscriptFailure) || !error.isOutage) throw error;
      return await getReachablePlan(needs, locator, caller, planId, 'STORED').catch((refusal: unknown) => {
        // What is not stored may be there all the same.
        throw refusal instanceof Refusal && refusal.code === 'NOT_FOUND' ? error : refusal;
      });
    }
  }

  async function getLocked(caller: Caller, chartId: string): Promise<ImportPlanResult> {
    const chart = await getVouchedChart(needs, caller, chartId);
    return toLocked(chart.signedAt ?? now().toISOString());
  }

  /**
   * Hands an import to the EMR: finished by this very call, or by another one that was faster; a signed chart takes it back. Throws EMR_UNAVAILABLE, after
   * which the same call finishes it, and the EMR's FORBIDDEN and NOT_FOUND: these take back only what this very call began (`isOwn`) and nobody
   * else has offered to the EMR. Refusing one person tells nothing of what it took from another.
   */
  async function deliver(
    caller: Caller,
    pending: Pick<PendingChartImport, 'id' | 'chartId' | 'items'>,
    isOwn: boolean,
  ): Promise<'finished' | 'was finished' | 'signed'> {
    try {
      const emrIds = await emr.addChartItems(caller.viewer.bearer, toChartItemsInput(pending));
      const finished = await store.chartImports.complete(pending.id, emrIds, now().toISOString());
      return finished ? 'finished' : 'was finished';
    } catch (error) {
      if (error instanceof ChartSigned) {
        await store.chartImports.abandon(pending.id);
        return 'signed';
      }
      if (isOwn && error instanceof Refusal && (error.code === 'FORBIDDEN' || error.code === 'NOT_FOUND')) {
        await store.chartImports.abandonUntried(pending.id);
      }
      throw error;
    }
  }

  /** What began earlier and got no answer is finished first: the EMR takes the same key only once. Gives the ids that were finished by this very call. */
  async function finishEarlier(caller: Caller, chartId: string, planId: string): Promise<Set<string> | 'signed'> {
    const finished = new Set<string>();
    for (const pending of await store.chartImports.findPending(caller.viewer.organizationId, chartId, planId)) {
      if (!(await store.chartImports.countAttempt(pending.id))) continue;
      const delivered = await deliver(caller, pending, false);
      if (delivered === 'signed') return 'signed';
      if (delivered === 'finished') finished.add(pending.id);
    }
    return finished;
  }

  /** What of the wanted is not in the chart yet; and, when all of it is, the import that has its first. */
  async function compare(
    caller: Caller,
    { chartId, planId, wanted }: { chartId: string; planId: string; wanted: readonly Recommendation[] },
  ): Promise<{ missing: Recommendation[]; existing: ChartImport | null }> {
    const { organizationId } = caller.viewer;
    const imports = (await store.chartImports.findByCharts(organizationId, [chartId])).get(chartId) ?? [];
    const there = new Map(
      imports
        .filter((chartImport) => chartImport.planId === planId)
        .flatMap((chartImport) => chartImport.items.map((item) => [item.recommendationId, chartImport] as const)),
    );
    const missing = wanted.filter((recommendation) => !there.has(recommendation.id));
    return { missing, existing: missing.length === 0 ? (there.get(wanted[0]?.id ?? '') ?? null) : null };
  }

  async function importPlan(
    caller: Caller,
    input: ImportPlanInput,
    onPatient: (id: string) => void,
  ): Promise<ImportPlanResult> {
    const { viewer } = caller;
    assertMay(viewer, 'chart.import');
    const overrides = readOverrides(input.overrides);
    const chart = await getVouchedChart(needs, caller, input.chartId);
    const reachable = await getPlan(caller, input.planId);
    if (reachable.kind === 'blocked') {
      return await toConnectionRequired(needs, startConnecting, caller, reachable.status, null);
    }
    const { plan, patientId, account } = reachable;
    if (patientId === null) return toNotImportable('OTHER_PATIENT');
    onPatient(patientId);
    // Asked before the two are compared: who does not see the plan's patient does not learn of the plan either.
    await getVouchedPatient(needs, caller, patientId);
    if (patientId !== chart.patientId) return toNotImportable('OTHER_PATIENT');
    const wanted = readWanted(plan, input.recommendationIds, overrides);
    const asked = { chartId: chart.id, planId: plan.id, wanted };
    const done = (chartImport: ChartImport, alreadyImported: boolean): ImportPlanResult => ({
      __typename: 'FullscriptPlanImported',
      import: chartImport,
      chart,
      plan,
      patientId,
      alreadyImported,
    });

    if (chart.signedAt !== null) {
      // Only what the EMR took before the signature, while its answer got lost.
      const finished = await finishEarlier(caller, chart.id, plan.id);
      const { existing } = await compare(caller, asked);
      const isFinishedNow = existing !== null && finished !== 'signed' && finished.has(existing.id);
      return isFinishedNow ? done(existing, false) : toLocked(chart.signedAt);
    }
    if (plan.state === 'DRAFT') return toNotImportable('NOT_SENT');
    if (plan.state === 'CANCELLED') return toNotImportable('CANCELLED');
    if (plan.recommendations.length === 0) return toNotImportable('NO_SUPPLEMENTS');

    // Twice in one go is enough for every race: who loses it finds the winner's items when looking again.
    for (let round = 0; round < 5; round += 1) {
      const finished = await finishEarlier(caller, chart.id, plan.id);
      if (finished === 'signed') return await getLocked(caller, chart.id);
      const { missing, existing } = await compare(caller, asked);
      if (existing) return done(existing, !finished.has(existing.id));

      const id = needs.newId();
      const items = await toChartItems(needs, caller, account, missing, overrides);
      const startedAt = now();
      const begun = await store.chartImports.begin({
        id,
        organizationId: viewer.organizationId,
        clinicId: plan.clinicId,
        chartId: chart.id,
        planId: plan.id,
        planVersion: plan.version,
        patientId,
        importedBy: viewer.userId,
        startedAt: startedAt.toISOString(),
        runAt: new Date(startedAt.getTime() + takenOverAfterMs).toISOString(),
        items,
      });
      if (begun.kind === 'exists') {
        await new Promise((resolve) => setTimeout(resolve, 50 * (round + 1)));
        continue;
      }
      const delivered = await deliver(caller, { id, chartId: chart.id, items }, true);
      if (delivered === 'signed') return await getLocked(caller, chart.id);
      const stored = await store.chartImports.findById(viewer.organizationId, id);
      if (!stored) throw new Error('an import that was just finished is not there');
      return done(stored, delivered === 'was finished');
    }
    throw new Refusal('EMR_UNAVAILABLE', 'The same plan is being imported into this chart right now: try again');
  }

  return (caller, input) => {
    let patientId: string | null = null;
    return needs.audit.audited(
      caller,
      'chart.import',
      () => ({ patientId, subject: input.planId }),
      () =>
        orConnectionRequired(needs, startConnecting, caller, null, () =>
          importPlan(caller, input, (id) => (patientId = id)),
        ),
      (result) => result.__typename === 'FullscriptPlanImported',
    );
  };
}

function toLocked(signedAt: string): ImportPlanResult {
  return { __typename: 'FullscriptChartLocked', message: 'The chart is signed: nothing can be added to it', signedAt };
}

function toNotImportable(reason: NotImportableReason): ImportPlanResult {
  return { __typename: 'FullscriptPlanNotImportable', message: reasons[reason], reason };
}

function toBadInput(field: string, rule: string): Refusal {
  return new Refusal('BAD_USER_INPUT', `input.${field}: ${rule}`, { extensions: { argument: `input.${field}` } });
}

function readOverrides(overrides: readonly ChartItemOverride[] | null | undefined): Map<string, ChartItemOverride> {
  const byId = new Map<string, ChartItemOverride>();
  (overrides ?? []).forEach((override, index) => {
    if (byId.has(override.recommendationId)) {
      throw toBadInput(`overrides.${index}.recommendationId`, 'must be named once only');
    }
    if (
      override.refills !== null &&
      override.refills !== undefined &&
      (override.refills < 0 || override.refills > 1000)
    ) {
      throw toBadInput(`overrides.${index}.refills`, 'must be from 0 to 1000');
    }
    byId.set(override.recommendationId, override);
  });
  return byId;
}

/** The recommendations asked for, in the plan's order. Throws BAD_USER_INPUT for one that is not on the plan. */
function readWanted(
  plan: StoredPlan,
  ids: readonly string[] | null | undefined,
  overrides: ReadonlyMap<string, ChartItemOverride>,
): Recommendation[] {
  const known = new Set(plan.recommendations.map((recommendation) => recommendation.id));
  const wanted = ids ? new Set(ids) : known;
  if (ids?.length === 0) throw toBadInput('recommendationIds', 'must name at least one, or be left out for all');
  (ids ?? []).forEach((id, index) => {
    if (!known.has(id)) throw toBadInput(`recommendationIds.${index}`, 'is not a recommendation of this plan');
  });
  [...overrides.keys()].forEach((id, index) => {
    if (!wanted.has(id))
      throw toBadInput(`overrides.${index}.recommendationId`, 'is not a recommendation that is imported');
  });
  return plan.recommendations.filter((recommendation) => wanted.has(recommendation.id));
}
