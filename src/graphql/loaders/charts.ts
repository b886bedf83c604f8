import DataLoader from 'dataloader';
import type { ChartImport } from '../../domain/chart.ts';
import { Refusal } from '../../domain/errors.ts';
import type { ChartParent, FullscriptChartImportParent, FullscriptTreatmentPlanParent } from '../parents.ts';
import type { RequestView } from './request.ts';

/** Reads about what was imported into charts. */
export interface ChartLoaders {
  /** Throws NOT_FOUND for a chart that the EMR hides. */
  importsOf(chart: ChartParent): Promise<FullscriptChartImportParent[]>;
  /** Those into charts of the plan's own patient: after a wrong match was corrected, what went into the other person's chart stays with them. */
  importsOfPlan(plan: FullscriptTreatmentPlanParent): Promise<FullscriptChartImportParent[]>;
  /** Whether the plan has changed at Fullscript since, or is gone, as far as the stored copy knows. */
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

  const seen = new DataLoader<string, boolean>((ids) =>
    Promise.all(
      ids.map((id) =>
        needs.recallChart(caller, id).then(
          (chart) => chart !== null,
          (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
        ),
      ),
    ),
  );

  const toParent = (chartImport: ChartImport, vouched: boolean): FullscriptChartImportParent => ({
    ...chartImport,
    chart: { id: chartImport.chartId, vouched },
    patient: { id: chartImport.patientId, demographics: null },
  });

  return {
    async importsOf(chart) {
      view.assertMay('patient.clinical');
      if (!chart.vouched && !(await seen.load(chart.id))) {
        view.noteRead(null, 'denied');
        throw new Refusal('NOT_FOUND', 'This chart does not exist');
      }
      const imports = await byChart.load(chart.id);
      for (const { patientId } of imports) view.noteRead(patientId, 'ok');
      return imports.map((chartImport) => toParent(chartImport, true));
    },
    async importsOfPlan(plan) {
      const imports = await byPlan.load(plan.id);
      return imports
        .filter(({ clinicId, patientId }) => clinicId === plan.clinicId && patientId === plan.patient?.id)
        .map((chartImport) => toParent(chartImport, false));
    },
    async isOutdated(chartImport) {
      return (await versions.load(chartImport.planId)) !== chartImport.planVersion;
    },
  };
}
