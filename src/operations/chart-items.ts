import type { Account } from '../domain/account.ts';
import type { Caller } from '../auth/caller.ts';
import type { ChartItem } from '../domain/chart.ts';
import { toDosageText, type Dosage, type DosageInput, type Recommendation } from '../domain/treatment-plan.ts';
import { toClinicScope } from '../mirror/scope.ts';
import type { PendingChartImport } from '../store/chart-imports.ts';
import type { OperationNeeds } from './needs.ts';

export interface ChartItemOverride {
  recommendationId: string;
  dosage?: DosageInput | null | undefined;
  refills?: number | null | undefined;
}

/** Makes a plan's supplements into lines of a chart, with the products' names and what the practitioner completed. */
export async function toChartItems(
  needs: OperationNeeds,
  caller: Caller,
  account: Account,
  recommendations: readonly Recommendation[],
  overrides: ReadonlyMap<string, ChartItemOverride>,
): Promise<ChartItem[]> {
  const names = await needs.products.findMany(
    {
      scope: toClinicScope(account),
      freshness: 'STALE_WHILE_REVALIDATE',
      requestId: caller.requestId,
      signal: caller.signal,
    },
    [...new Set(recommendations.map((recommendation) => recommendation.variantId))],
  );
  return recommendations.map((recommendation) => {
    const product = names.get(recommendation.variantId);
    const override = overrides.get(recommendation.id);
    return {
      id: needs.newId(),
      recommendationId: recommendation.id,
      variantId: recommendation.variantId,
      name: product?.name ?? `Fullscript product ${recommendation.variantId}`,
      brand: product?.brand ?? null,
      dosage: mergeDosage(recommendation.dosage, override?.dosage),
      takeWith: recommendation.takeWith,
      unitsToPurchase: recommendation.unitsToPurchase,
      refills: override?.refills ?? null,
      emrItemId: null,
    };
  });
}

/** What the EMR is handed; the import's own id is the key under which it may be repeated. */
export function toChartItemsInput(
  pending: Pick<PendingChartImport, 'id' | 'chartId' | 'items'>,
): Parameters<OperationNeeds['emr']['addChartItems']>[1] {
  return {
    chartId: pending.chartId,
    idempotencyKey: pending.id,
    items: pending.items.map((item) => ({
      sourceItemId: item.id,
      name: item.name,
      brand: item.brand,
      instructions: toDosageText(item.dosage, item.takeWith),
      units: item.unitsToPurchase,
      refills: item.refills,
      source: 'fullscript',
    })),
  };
}

/** Field by field: what the practitioner gave replaces what the plan says. */
function mergeDosage(planned: Dosage | null, override: ChartItemOverride['dosage']): Dosage | null {
  if (!override) return planned;
  const given = (field: Exclude<keyof Dosage, 'timeOfDay'>): string | null =>
    override[field] ?? planned?.[field] ?? null;
  return {
    amount: given('amount'),
    frequency: given('frequency'),
    duration: given('duration'),
    format: given('format'),
    timeOfDay: override.timeOfDay ?? planned?.timeOfDay ?? [],
    additionalInfo: given('additionalInfo'),
  };
}
