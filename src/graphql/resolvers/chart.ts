import { emptyDosage } from '../../domain/treatment-plan.ts';
import type { Resolvers } from '../generated/types.ts';

export const chartResolvers: Pick<Resolvers, 'Chart' | 'FullscriptChartImport' | 'FullscriptChartItem'> = {
  Chart: {
    __resolveReference: ({ id }, { trusted }) => ({ id, vouched: trusted }),
    fullscriptImports: (chart, _, { loaders }) => loaders.charts.importsOf(chart),
  },
  FullscriptChartImport: {
    plan: (chartImport, _, { loaders }) => loaders.plans.ofImport(chartImport),
    outdated: (chartImport, _, { loaders }) => loaders.charts.isOutdated(chartImport),
  },
  FullscriptChartItem: {
    // A line of a chart always tells how to take it, even when the plan left that open.
    dosage: ({ dosage, takeWith }) => ({ ...(dosage ?? emptyDosage), takeWith }),
  },
};
