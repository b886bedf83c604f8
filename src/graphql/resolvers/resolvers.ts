import type { Resolvers } from '../generated/types.ts';
import { accountResolvers } from './account.ts';
import { chartResolvers } from './chart.ts';
import { labOrderResolvers } from './lab-order.ts';
import { mutationResolvers } from './mutation.ts';
import { patientResolvers } from './patient.ts';
import { practitionerResolvers } from './practitioner.ts';
import { queryResolvers } from './query.ts';
import { subscriptionResolvers } from './subscription.ts';
import { treatmentPlanResolvers } from './treatment-plan.ts';

/** All resolvers: each takes from its parent, asks a loader, or calls an operation. */
export const resolvers: Resolvers = {
  ...queryResolvers,
  ...mutationResolvers,
  ...subscriptionResolvers,
  ...patientResolvers,
  ...practitionerResolvers,
  ...chartResolvers,
  ...accountResolvers,
  ...treatmentPlanResolvers,
  ...labOrderResolvers,
};
