import type { Resolvers } from '../generated/types.ts';
import { toUnnamedClinic } from './patient.ts';

export const accountResolvers: Pick<
  Resolvers,
  'FullscriptViewer' | 'FullscriptAccount' | 'FullscriptClinic' | 'FullscriptRevocation'
> = {
  FullscriptViewer: {
    connectionStatus: (_, __, { loaders }) => loaders.accounts.statusOfViewer(),
    accounts: ({ standing }) => standing.accounts,
    canRecommend: ({ standing }, _, { loaders }) => loaders.accounts.canRecommend(standing),
    canAdminister: (_, __, { loaders }) => loaders.accounts.canAdminister(),
  },
  FullscriptAccount: {
    __resolveReference: ({ id }, { loaders }) => loaders.accounts.byId(id),
    practitioner: ({ practitionerId }) => (practitionerId === null ? null : { id: practitionerId }),
    type: ({ userType }) => userType,
    clinic: async ({ clinicId }, _, { loaders }) =>
      (await loaders.accounts.clinic(clinicId)) ?? toUnnamedClinic(clinicId),
    status: (account, _, { loaders }) => loaders.accounts.statusOf(account),
    missingScopes: (account, _, { loaders }) => loaders.accounts.missingScopes(account),
  },
  FullscriptClinic: {
    __resolveReference: ({ id }, { loaders }) => loaders.accounts.clinic(id),
  },
  FullscriptRevocation: {
    __resolveReference: ({ id }, { loaders }) => loaders.accounts.revocation(id),
    pending: ({ total, revoked }) => total - revoked,
  },
};
