import { Refusal } from '../domain/errors.ts';
import type { PendingChartImport } from '../store/chart-imports.ts';
import { deliverImport, findHindrance, toImportTurn } from './deliver-import.ts';
import type { OperationNeeds } from './needs.ts';
import { tryTurn } from './take-turns.ts';

/** An import that its own request did not finish within this time, in milliseconds, is taken over. */
export const takenOverAfterMs = 60_000;

const leaseMs = 60_000;
/** One after the other, two calls of 5 s each at most: less than the lease. */
const batchSize = 5;
const maxAttempts = 20;
const firstWaitMs = 30_000;
const longestWaitMs = 3_600_000;

/**
 * Finishes imports whose request died between asking the EMR and hearing from it, with the service's token: the EMR takes each key only once. What
 * must not enter an open note any more, because the plan was cancelled or is another patient's by now, is kept back until the note is signed: then the EMR
 * adds nothing, and still tells whether it had taken it.
 * One that fails is tried again after 30 s, then twice as long each time up to an hour, and parked after 20 tries; from then on, and as long as there is no
 * service token, only the practitioner's next try finishes it. Gives how many it looked at.
 */
export function createFinishImports(needs: OperationNeeds): (signal: AbortSignal) => Promise<number> {
  const { store, emr, settings, now, log } = needs;

  /** Puts off what could not be finished, or parks it. `reason` says why in the log. */
  async function putOff(pending: PendingChartImport, reason: object): Promise<void> {
    const about = { ...toAbout(pending), ...reason };
    if (pending.attempts >= maxAttempts) {
      log.error(about, 'an import into a chart stays unfinished: it is parked until the plan is imported again');
      await store.chartImports.park(pending.id);
      return;
    }
    log.warn(about, 'an import into a chart is unfinished and will be tried again');
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (pending.attempts - 1));
    await store.chartImports.retryAt(pending.id, new Date(now().getTime() + waitMs).toISOString());
  }

  /** Throws NOT_FOUND for a chart that the EMR does not show the service. */
  async function deliver(bearer: string, pending: PendingChartImport): Promise<void> {
    const chart = await emr.findChart(bearer, pending.chartId, pending.id);
    if (!chart) throw new Refusal('NOT_FOUND', 'This chart does not exist');
    // A signed note takes nothing: the EMR only tells whether it took this before.
    if (chart.signedAt === null) {
      const hindrance = await findHindrance(needs, pending, chart.patientId);
      if (hindrance !== null) return await putOff(pending, { reason: hindrance });
    }
    const delivered = await deliverImport(needs, bearer, pending, pending.id);
    if (delivered === 'signed') {
      log.warn(toAbout(pending), 'an unfinished import was dropped: the chart was signed before the EMR had taken it');
    }
    if (delivered === 'finished') {
      const { organizationId, importedBy, patientId, planId } = pending;
      const caller = { viewer: { organizationId, userId: importedBy }, requestId: pending.id };
      await needs.audit.recordDone(caller, 'chart.import', { patientId, subject: planId }, 'ok');
    }
  }

  async function finish(pending: PendingChartImport): Promise<void> {
    if (settings.emrServiceToken === null) return await putOff(pending, { code: 'NO_SERVICE_TOKEN' });
    const { emrServiceToken: bearer } = settings;
    try {
      // In somebody else's turn it is left to them: it comes up again when the claim is over.
      await tryTurn(needs, toImportTurn(pending), async () => {
        const { organizationId, chartId, planId, id } = pending;
        const unfinished = await store.chartImports.findPending(organizationId, chartId, planId);
        if (unfinished.some((one) => one.id === id)) await deliver(bearer, pending);
      });
    } catch (error) {
      await putOff(pending, error instanceof Refusal ? { code: error.code } : { err: error });
    }
  }

  return async (signal) => {
    const isStopping = (): boolean => signal.aborted;
    let seen = 0;
    while (!isStopping()) {
      const batch = await store.chartImports.claim(batchSize, leaseMs);
      if (batch.length === 0) break;
      for (const pending of batch) {
        if (isStopping()) break;
        await finish(pending);
        seen += 1;
      }
    }
    return seen;
  };
}

function toAbout(pending: PendingChartImport): object {
  return { organizationId: pending.organizationId, import: pending.id, attempts: pending.attempts };
}
