import type { ChartImport, ChartItem } from '../domain/chart.ts';
import { toHash } from './keys.ts';

/** An import that the EMR may or may not have taken yet. */
export interface PendingChartImport extends ChartImport {
  attempts: number;
}

export type NewChartImport = Omit<ChartImport, 'importedAt' | 'items'> & {
  /** When it began; the moment the EMR has taken it becomes `importedAt`. */
  startedAt: string;
  items: readonly Omit<ChartItem, 'emrItemId'>[];
};

/** Makes the key that lets one recommendation of one plan into one chart only once. */
export function toChartItemKey(
  organizationId: string,
  chartId: string,
  planId: string,
  recommendationId: string,
): string {
  return toHash([organizationId, chartId, planId, recommendationId]);
}

export type BeginImportOutcome =
  | { kind: 'begun' }
  /** These recommendations are in the chart, or on the way, already; nothing was stored. */
  | { kind: 'exists'; recommendationIds: readonly string[] };

export interface ChartImports {
  /** Stores an import before the EMR is asked; of two at the same moment with a common item, one begins and the other is told. */
  begin(chartImport: NewChartImport): Promise<BeginImportOutcome>;
  /** The EMR has taken it: `emrItemIds` by our item id. Completing twice is harmless. */
  complete(id: string, emrItemIds: ReadonlyMap<string, string>, at: string): Promise<void>;
  /** The EMR has definitely not taken it: it is forgotten, so that its items may be imported again. Does nothing to a finished one. */
  abandon(id: string): Promise<void>;
  /** Finished imports by chart id, in import order. One statement. */
  findByCharts(organizationId: string, chartIds: readonly string[]): Promise<Map<string, ChartImport[]>>;
  /** Finished imports by plan id, in import order. One statement. */
  findByPlans(organizationId: string, planIds: readonly string[]): Promise<Map<string, ChartImport[]>>;
  findById(organizationId: string, id: string): Promise<ChartImport | null>;
  /** Imports of a plan into a chart that began and did not finish. */
  findPending(organizationId: string, chartId: string, planId: string): Promise<PendingChartImport[]>;
  /** Unfinished imports of all organizations that began before `before`, oldest first. */
  findStale(before: string, limit: number): Promise<PendingChartImport[]>;
  /** Counts one more attempt to finish an import. */
  countAttempt(id: string): Promise<void>;
}
