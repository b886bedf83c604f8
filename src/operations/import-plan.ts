import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import type { ChartImport, EmrChart, ImportedPlan } from '../domain/chart.ts';
import { FullscriptFailure, Refusal } from '../domain/errors.ts';
import type { Recommendation } from '../domain/treatment-plan.ts';
import type { Locator } from '../mirror/locate.ts';
import type { PendingChartImport } from '../store/chart-imports.ts';
import type { StoredPlan } from '../store/plans.ts';
import { toBadInput } from './bad-input.ts';
import { toChartItems, type ChartItemOverride } from './chart-items.ts';
import { orConnectionRequired } from './connection-outcome.ts';
import { deliverImport, findHindrance, toImportTurn, type PlanIntoChart } from './deliver-import.ts';
import { takenOverAfterMs } from './finish-imports.ts';
import type { OperationNeeds } from './needs.ts';
import { takeTurns, toBusyRefusal } from './take-turns.ts';
import { getReachablePlan, toMissingPlan, type ReachablePlan } from './reachable-plan.ts';
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

/** A plan's supplements that are to go into a chart, with the EMR patient that both belong to. */
interface Asked extends PlanIntoChart {
  patientId: string;
  wanted: readonly Recommendation[];
}

type Reachable = Extract<ReachablePlan, { kind: 'reachable' }>;
type Overrides = ReadonlyMap<string, ChartItemOverride>;
type Done = (chartImport: ChartImport, alreadyImported: boolean) => ImportPlanResult;

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
  const { store, now } = needs;

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

  /** What of the wanted is in the chart already. */
  async function findThere({ organizationId, chartId, planId, wanted }: Asked): Promise<Map<string, ChartImport>> {
    const ids = new Set(wanted.map(({ id }) => id));
    const imports = (await store.chartImports.findByCharts(organizationId, [chartId])).get(chartId) ?? [];
    return new Map(
      imports
        .filter((chartImport) => chartImport.planId === planId)
        .flatMap((chartImport) => chartImport.items.map((item) => [item.recommendationId, chartImport] as const))
        .filter(([id]) => ids.has(id)),
    );
  }

  /** What began earlier, holds something of the wanted, and got no answer. */
  async function findUnfinished({ organizationId, chartId, planId, wanted }: Asked): Promise<PendingChartImport[]> {
    const ids = new Set(wanted.map(({ id }) => id));
    const pending = await store.chartImports.findPending(organizationId, chartId, planId);
    return pending.filter(({ items }) => items.some(({ recommendationId }) => ids.has(recommendationId)));
  }

  /**
   * What began earlier is finished first: only the EMR knows whether it has taken it, and takes the same key only once. Gives what was finished by this
   * very call, and whether the EMR refused the rest because of a signature.
   */
  async function finishEarlier(caller: Caller, asked: Asked): Promise<{ finished: Set<string>; signed: boolean }> {
    const finished = new Set<string>();
    let signed = false;
    for (const pending of await findUnfinished(asked)) {
      if (!(await store.chartImports.countAttempt(pending.id))) continue;
      const delivered = await deliverImport(needs, caller.viewer.bearer, pending, caller.requestId);
      if (delivered === 'signed') signed = true;
      if (delivered === 'finished') finished.add(pending.id);
    }
    return { finished, signed };
  }

  /** A signed chart takes nothing; what the EMR took before the signature, while its answer got lost, is noted still. */
  async function finishIntoSigned(
    caller: Caller,
    asked: Asked,
    signedAt: string,
    done: Done,
  ): Promise<ImportPlanResult> {
    if ((await findUnfinished(asked)).length === 0) return toLocked(signedAt);
    return await takeTurns(needs, caller, toImportTurn(asked), async () => {
      const { finished } = await finishEarlier(caller, asked);
      const there = await findThere(asked);
      const added = [...there.values()].find(({ id }) => finished.has(id));
      return added && there.size === asked.wanted.length ? done(added, false) : toLocked(signedAt);
    });
  }

  async function importIntoOpen(
    caller: Caller,
    asked: Asked,
    { plan, account, overrides }: Pick<Reachable, 'plan' | 'account'> & { overrides: Overrides },
    done: Done,
  ): Promise<ImportPlanResult> {
    const { viewer } = caller;
    const getLocked = async (): Promise<ImportPlanResult> => {
      const { signedAt } = await getVouchedChart(needs, caller, asked.chartId);
      return toLocked(signedAt ?? now().toISOString());
    };
    const hindered = async (): Promise<ImportPlanResult | null> => {
      const hindrance = await findHindrance(needs, asked, asked.patientId);
      if (hindrance === 'GONE') throw toMissingPlan();
      return hindrance && toNotImportable(hindrance);
    };

    const refused = await hindered();
    if (refused) return refused;
    const earlier = await finishEarlier(caller, asked);
    if (earlier.signed) return await getLocked();
    const there = await findThere(asked);
    const missing = asked.wanted.filter(({ id }) => !there.has(id));
    const [first] = there.values();
    if (missing.length === 0 && first) {
      const added = [...there.values()].find(({ id }) => earlier.finished.has(id));
      return done(added ?? first, added === undefined);
    }

    const id = needs.newId();
    const items = await toChartItems(needs, caller, account, missing, overrides);
    const refusedNow = await hindered();
    if (refusedNow) return refusedNow;
    const startedAt = now();
    const begun = await store.chartImports.begin({
      id,
      organizationId: viewer.organizationId,
      clinicId: plan.clinicId,
      chartId: asked.chartId,
      planId: plan.id,
      planVersion: plan.version,
      planRecord: toPlanRecord(plan, missing),
      patientId: asked.patientId,
      importedBy: viewer.userId,
      startedAt: startedAt.toISOString(),
      runAt: new Date(startedAt.getTime() + takenOverAfterMs).toISOString(),
      items,
    });
    // Only if the turn was lost to somebody else, as after a long standstill of this process.
    if (begun.kind === 'exists') throw toBusyRefusal(toImportTurn(asked));
    try {
      const delivered = await deliverImport(
        needs,
        viewer.bearer,
        { id, chartId: asked.chartId, items },
        caller.requestId,
      );
      if (delivered === 'signed') return await getLocked();
      const stored = await store.chartImports.findById(viewer.organizationId, id);
      if (!stored) throw new Error('an import that was just finished is not there');
      return done(stored, delivered === 'was finished');
    } catch (error) {
      // Only what nobody else has offered to the EMR: its refusal of one person tells nothing of what it took from another.
      if (error instanceof Refusal && (error.code === 'FORBIDDEN' || error.code === 'NOT_FOUND')) {
        await store.chartImports.abandonUntried(id);
      }
      throw error;
    }
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
    const asked: Asked = {
      organizationId: viewer.organizationId,
      clinicId: plan.clinicId,
      chartId: chart.id,
      planId: plan.id,
      patientId,
      wanted,
    };
    const done: Done = (chartImport, alreadyImported) => ({
      __typename: 'FullscriptPlanImported',
      import: chartImport,
      chart,
      plan,
      patientId,
      alreadyImported,
    });

    if (chart.signedAt !== null) return await finishIntoSigned(caller, asked, chart.signedAt, done);
    if (plan.state === 'DRAFT') return toNotImportable('NOT_SENT');
    if (plan.state === 'CANCELLED') return toNotImportable('CANCELLED');
    if (plan.recommendations.length === 0) return toNotImportable('NO_SUPPLEMENTS');
    return await takeTurns(needs, caller, toImportTurn(asked), () =>
      importIntoOpen(caller, asked, { plan, account, overrides }, done),
    );
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

function toPlanRecord(plan: StoredPlan, recommendations: readonly Recommendation[]): ImportedPlan {
  const { state, createdAt, updatedAt, availableOn, fullscriptPatientId, fullscriptPractitionerId } = plan;
  return { state, createdAt, updatedAt, availableOn, fullscriptPatientId, fullscriptPractitionerId, recommendations };
}

function toLocked(signedAt: string): ImportPlanResult {
  return { __typename: 'FullscriptChartLocked', message: 'The chart is signed: nothing can be added to it', signedAt };
}

function toNotImportable(reason: NotImportableReason): ImportPlanResult {
  return { __typename: 'FullscriptPlanNotImportable', message: reasons[reason], reason };
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
