import type { Resolvers } from '../generated/types.ts';

export const chartResolvers: Pick<Resolvers, 'Chart' | 'FullscriptChartImport' | 'FullscriptChartItem'> = {
  Chart: {
    __resolveReference: ({ id }, { trusted }) => ({ id, vouched: trusted }),
    fullscriptImports: (chart, _, { loaders }) => loaders.charts.importsOf(chart),
  },
  FullscriptChartImport: {
    chart: ({ chartId }) => ({ id: chartId, vouched: true }),
    plan: (chartImport, _, { loaders }) => loaders.plans.ofImport(chartImport),
    outdated: (chartImport, _, { loaders }) => loaders.charts.isOutdated(chartImport),
  },
  FullscriptChartItem: {
    dosage: ({ dosage, takeWith }) => (dosage ? { ...dosage, takeWith } : null),
  },
};
