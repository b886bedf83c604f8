import { Refusal } from '../domain/errors.ts';
import { ChartSigned } from '../emr/emr.ts';
import { toChartItemsInput } from './chart-items.ts';
import type { OperationNeeds } from './needs.ts';

/** An import that its own request did not finish within this time is taken over. */
const abandonedAfterMs = 60_000;

/**
 * Finishes imports whose request died between asking the EMR and hearing from it, with the service's token: the EMR takes each key only once.
 * Without a service token they wait for the practitioner's next try and the log reports them. Gives how many it looked at.
 */
export function createFinishImports(needs: OperationNeeds): (signal: AbortSignal) => Promise<number> {
  const { store, emr, settings, now, log } = needs;
  return async (signal) => {
    const before = new Date(now().getTime() - abandonedAfterMs).toISOString();
    const stale = await store.chartImports.findStale(before, 50);
    for (const pending of stale) {
      if (signal.aborted) break;
      const about = { organizationId: pending.organizationId, import: pending.id, attempts: pending.attempts };
      if (settings.emrServiceToken === null) {
        log.warn(about, 'an import into a chart is unfinished; it is finished when the plan is imported again');
        continue;
      }
      try {
        const emrIds = await emr.addChartItems(settings.emrServiceToken, toChartItemsInput(pending));
        await store.chartImports.complete(pending.id, emrIds, now().toISOString());
      } catch (error) {
        if (error instanceof ChartSigned) {
          log.warn(about, 'an unfinished import was dropped: the chart was signed before the EMR had taken it');
          await store.chartImports.abandon(pending.id);
        } else if (error instanceof Refusal) {
          await store.chartImports.countAttempt(pending.id);
          log.warn({ ...about, code: error.code }, 'an import into a chart is unfinished and will be tried again');
        } else throw error;
      }
    }
    return stale.length;
  };
}
