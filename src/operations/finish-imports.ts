import { Refusal } from '../domain/errors.ts';
import { ChartSigned } from '../emr/emr.ts';
import type { PendingChartImport } from '../store/chart-imports.ts';
import { toChartItemsInput } from './chart-items.ts';
import type { OperationNeeds } from './needs.ts';

/** An import that its own request did not finish within this time, in milliseconds, is taken over. */
export const takenOverAfterMs = 60_000;

const leaseMs = 60_000;
const maxAttempts = 20;
const firstWaitMs = 30_000;
const longestWaitMs = 3_600_000;

/**
 * Finishes imports whose request died between asking the EMR and hearing from it, with the service's token: the EMR takes each key only once.
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

  async function finish(pending: PendingChartImport): Promise<void> {
    if (settings.emrServiceToken === null) return putOff(pending, { code: 'NO_SERVICE_TOKEN' });
    try {
      const emrIds = await emr.addChartItems(settings.emrServiceToken, toChartItemsInput(pending));
      await store.chartImports.complete(pending.id, emrIds, now().toISOString());
    } catch (error) {
      if (error instanceof ChartSigned) {
        log.warn(
          toAbout(pending),
          'an unfinished import was dropped: the chart was signed before the EMR had taken it',
        );
        await store.chartImports.abandon(pending.id);
        return;
      }
      await putOff(pending, error instanceof Refusal ? { code: error.code } : { err: error });
    }
  }

  return async (signal) => {
    let seen = 0;
    while (!signal.aborted) {
      const batch = await store.chartImports.claim(10, leaseMs);
      if (batch.length === 0) break;
      seen += batch.length;
      for (const pending of batch) await finish(pending);
    }
    return seen;
  };
}

function toAbout(pending: PendingChartImport): object {
  return { organizationId: pending.organizationId, import: pending.id, attempts: pending.attempts };
}
