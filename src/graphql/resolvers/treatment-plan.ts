import { toDosageText } from '../../domain/treatment-plan.ts';
import type { Resolvers } from '../generated/types.ts';
import type { FullscriptTreatmentPlanParent } from '../parents.ts';
import { toConnection, toPageInfo } from './connection.ts';
import { toUnnamedClinic } from './patient.ts';

/** The plan itself. Throws what keeps it from the viewer when this is only what a chart holds of it. */
function getWhole(plan: FullscriptTreatmentPlanParent): FullscriptTreatmentPlanParent {
  if (plan.withheld) throw plan.withheld;
  return plan;
}

export const treatmentPlanResolvers: Pick<
  Resolvers,
  | 'FullscriptTreatmentPlanConnection'
  | 'FullscriptTreatmentPlan'
  | 'FullscriptRecommendation'
  | 'FullscriptDosage'
  | 'FullscriptLabRecommendation'
  | 'FullscriptProductVariant'
> = {
  FullscriptTreatmentPlanConnection: {
    edges: ({ list, page }) => toConnection(list, page, (plan) => plan.createdAt).edges,
    nodes: ({ page }) => page.rows,
    pageInfo: ({ list, page }) => toPageInfo(list, page, (plan) => plan.createdAt),
    totalCount: ({ page }) => page.totalCount,
  },
  FullscriptTreatmentPlan: {
    __resolveReference: ({ id }, { loaders }) => loaders.plans.byId(id, 'STALE_WHILE_REVALIDATE', 'recall'),
    clinic: async ({ clinicId }, _, { loaders }) =>
      (await loaders.accounts.clinic(clinicId)) ?? toUnnamedClinic(clinicId),
    practitioner: (plan, _, { loaders }) =>
      loaders.accounts.practitionerOf(plan.clinicId, plan.fullscriptPractitionerId),
    availableAt: ({ availableOn }) => availableOn,
    personalMessage: (plan) => getWhole(plan).personalMessage,
    invitationUrl: (plan) => getWhole(plan).invitationUrl,
    labRecommendations: (plan) => getWhole(plan).labRecommendations,
    chartId: (plan) => getWhole(plan).chartId,
    editUrl: (plan, _, { loaders }) => loaders.plans.editUrl(getWhole(plan)),
    chartImports: (plan, _, { loaders }) => loaders.charts.importsOfPlan(getWhole(plan)),
  },
  FullscriptRecommendation: {
    product: ({ plan, variantId }, _, { loaders }) => loaders.plans.product(plan, variantId),
  },
  FullscriptDosage: {
    text: (dosage) => toDosageText(dosage, dosage.takeWith),
  },
  FullscriptLabRecommendation: {
    labOrder: (recommendation, _, { loaders }) => loaders.recommendedLabs.order(recommendation),
    stage: (recommendation, _, { loaders }) => loaders.recommendedLabs.stage(recommendation),
  },
  FullscriptProductVariant: {
    __resolveReference: ({ id }, { loaders }) => loaders.plans.variant(id),
  },
};
