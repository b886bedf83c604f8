import { toLabOrderName, toLabStage } from '../../domain/lab-order.ts';
import type { Resolvers } from '../generated/types.ts';
import { toConnection, toPageInfo } from './connection.ts';
import { toUnnamedClinic } from './patient.ts';

export const labOrderResolvers: Pick<
  Resolvers,
  'FullscriptLabOrderConnection' | 'FullscriptLabOrder' | 'FullscriptLabResult' | 'FullscriptLabReview'
> = {
  FullscriptLabOrderConnection: {
    edges: ({ list, page }) => toConnection(list, page, (order) => order.createdAt ?? '').edges,
    nodes: ({ page }) => page.rows,
    pageInfo: ({ list, page }) => toPageInfo(list, page, (order) => order.createdAt ?? ''),
    totalCount: ({ page }) => page.totalCount,
  },
  FullscriptLabOrder: {
    __resolveReference: ({ id }, { loaders }) => loaders.labOrders.byId(id, 'STALE_WHILE_REVALIDATE', 'recall'),
    name: (order) => toLabOrderName(order),
    stage: ({ status }) => toLabStage(status),
    // Fullscript does not promise the time of a change: then the time at which we last looked is as close as can be told.
    updatedAt: ({ updatedAt, createdAt, syncedAt }) => updatedAt ?? createdAt ?? syncedAt,
    clinic: async ({ clinicId }, _, { loaders }) =>
      (await loaders.accounts.clinic(clinicId)) ?? toUnnamedClinic(clinicId),
    practitioner: (order, _, { loaders }) =>
      loaders.accounts.practitionerOf(order.clinicId, order.fullscriptPractitionerId),
    treatmentPlan: ({ clinicId, treatmentPlanId, patient, freshness }, _, { loaders }) =>
      treatmentPlanId === null
        ? null
        : loaders.plans.ofVouchedPatient({ clinicId, planId: treatmentPlanId, patient, freshness }),
    results: (order, _, { loaders }) => loaders.labResults.ofOrder(order),
    withdrawnResults: (order, _, { loaders }) => loaders.labResults.withdrawnOfOrder(order),
  },
  FullscriptLabResult: {
    __resolveReference: ({ id }, { loaders }) => loaders.labResults.byId(id),
    name: ({ displayName }) => displayName,
    amendedAt: ({ version, changedAt }) => (version > 1 ? changedAt : null),
    withdrawnAt: ({ supersededAt }) => supersededAt,
    earlierVersions: (result, _, { loaders }) => loaders.labResults.earlierVersions(result),
    pdfUrl: (result, _, { loaders }) => loaders.labResults.fileLink(result),
    review: (result, _, { loaders }) => loaders.labResults.review(result),
  },
  FullscriptLabReview: {
    history: (review, _, { loaders }) => loaders.labResults.reviewHistory(review),
  },
};
