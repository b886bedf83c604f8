import type { ChartImport } from '../domain/chart.ts';
import { ChartSigned } from '../emr/emr.ts';
import { toClinicKey, toHash, toRowKey } from '../store/keys.ts';
import { toChartItemsInput } from './chart-items.ts';
import type { OperationNeeds } from './needs.ts';
import type { Turn } from './take-turns.ts';

/** One plan on its way into one chart. */
export type PlanIntoChart = Pick<ChartImport, 'organizationId' | 'clinicId' | 'chartId' | 'planId'>;

/** Why a plan must not enter an open note, though it was to do so a moment ago. */
export type ImportHindrance = 'OTHER_PATIENT' | 'NOT_SENT' | 'CANCELLED' | 'GONE';

/** The turn of a plan into a chart. A process that died keeps others from it for 5 s. */
export function toImportTurn({ organizationId, chartId, planId }: PlanIntoChart): Turn {
  return {
    name: `chart-import:${toHash([organizationId, chartId, planId])}`,
    leaseMs: 5_000,
    busy: 'The same plan is being imported into this chart right now',
    busyCode: 'EMR_UNAVAILABLE',
  };
}

/**
 * What keeps a plan out of an open note of this EMR patient, as far as the stored copy and the links say now; null when nothing does. To be asked right
 * before the EMR is: a match may have been corrected, or the plan been cancelled, since the import began.
 */
export async function findHindrance(
  { store }: OperationNeeds,
  { organizationId, clinicId, planId }: PlanIntoChart,
  patientId: string,
): Promise<ImportHindrance | null> {
  const clinicKey = toClinicKey(organizationId, clinicId);
  const plan = await store.plans.find({ clinicKey, id: planId });
  if (plan === null) return 'GONE';
  const links = await store.patientLinks.findLinksByFullscriptIds([{ clinicKey, id: plan.fullscriptPatientId }]);
  if (links.get(toRowKey(clinicKey, plan.fullscriptPatientId))?.patientId !== patientId) return 'OTHER_PATIENT';
  if (plan.state === 'ACTIVE') return null;
  return plan.state === 'CANCELLED' ? 'CANCELLED' : 'NOT_SENT';
}

/**
 * Hands an import to the EMR: finished by this very call, or by another one that was faster; a signed chart takes it back, since the EMR answers a
 * repeated key as the first time even then. Throws EMR_UNAVAILABLE, and the EMR's FORBIDDEN and NOT_FOUND: what the EMR has taken is
 * unknown then, and the import stays to be finished.
 */
export async function deliverImport(
  needs: OperationNeeds,
  bearer: string,
  pending: Pick<ChartImport, 'id' | 'chartId' | 'items'>,
  requestId: string,
): Promise<'finished' | 'was finished' | 'signed'> {
  const { store, emr, now } = needs;
  try {
    const emrIds = await emr.addChartItems(bearer, toChartItemsInput(pending), requestId);
    return (await store.chartImports.complete(pending.id, emrIds, now().toISOString())) ? 'finished' : 'was finished';
  } catch (error) {
    if (!(error instanceof ChartSigned)) throw error;
    await store.chartImports.abandon(pending.id);
    return 'signed';
  }
}
