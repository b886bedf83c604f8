import DataLoader from 'dataloader';
import type { ChartImport } from '../../domain/chart.ts';
import { Refusal } from '../../domain/errors.ts';
import type { ChartParent, FullscriptChartImportParent, FullscriptTreatmentPlanParent } from '../parents.ts';
import type { RequestView } from './request.ts';

/** Reads about what was imported into charts. */
export interface ChartLoaders {
  /** Throws NOT_FOUND for a chart that the EMR hides. */
  importsOf(chart: ChartParent): Promise<FullscriptChartImportParent[]>;
  importsOfPlan(plan: FullscriptTreatmentPlanParent): Promise<FullscriptChartImportParent[]>;
  /** Whether the plan has changed at Fullscript since, as far as the stored copy knows. */
  isOutdated(chartImport: ChartImport): Promise<boolean>;
}

export function createChartLoaders(view: RequestView): ChartLoaders {
  const { needs, caller } = view;
  const { store } = needs;
  const { organizationId } = caller.viewer;

  const byChart = new DataLoader<string, ChartImport[]>(async (ids) => {
    const found = await store.chartImports.findByCharts(organizationId, ids);
    return ids.map((id) => found.get(id) ?? []);
  });

  const byPlan = new DataLoader<string, ChartImport[]>(async (ids) => {
    const found = await store.chartImports.findByPlans(organizationId, ids);
    return ids.map((id) => found.get(id) ?? []);
  });

  const versions = new DataLoader<string, string | null>(async (ids) => {
    const found = await store.plans.findVersions(organizationId, ids);
    return ids.map((id) => found.get(id) ?? null);
  });

  const toParent = (chartImport: ChartImport): FullscriptChartImportParent => ({
    ...chartImport,
    patient: { id: chartImport.patientId, demographics: null },
  });

  return {
    async importsOf(chart) {
      view.assertMay('patient.clinical');
      const seen = chart.vouched || (await needs.recallChart(caller, chart.id)) !== null;
      if (!seen) {
        view.noteRead(null, 'denied');
        throw new Refusal('NOT_FOUND', 'This chart does not exist');
      }
      const imports = await byChart.load(chart.id);
      for (const { patientId } of imports) view.noteRead(patientId, 'ok');
      return imports.map(toParent);
    },
    async importsOfPlan(plan) {
      const imports = await byPlan.load(plan.id);
      return imports.filter((chartImport) => chartImport.clinicId === plan.clinicId).map(toParent);
    },
    async isOutdated(chartImport) {
      const version = await versions.load(chartImport.planId);
      return version !== null && version !== chartImport.planVersion;
    },
  };
}
