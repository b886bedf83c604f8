import type { Resolvers } from '../generated/types.ts';

export const practitionerResolvers: Pick<Resolvers, 'Practitioner'> = {
  Practitioner: {
    __resolveReference: ({ id }) => ({ id }),
    connectionStatus: ({ id }, _, { loaders }) => loaders.accounts.statusOfPractitioner(id),
    fullscriptAccount: ({ id }, _, { loaders }) => loaders.accounts.ofPractitioner(id),
    treatmentPlans: ({ id }, { first, after, states }, { loaders }) =>
      loaders.plans.ofPractitioner({
        practitionerId: id,
        states: states ?? null,
        first,
        after,
      }),
    labOrders: ({ id }, { first, after, statuses }, { loaders }) =>
      loaders.labOrders.ofPractitioner({
        practitionerId: id,
        statuses: statuses ?? null,
        first,
        after,
      }),
  },
};
