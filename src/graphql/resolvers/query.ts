import type { Resolvers } from '../generated/types.ts';
import { toConnection } from './connection.ts';

export const queryResolvers: Pick<Resolvers, 'Query'> = {
  Query: {
    fullscriptViewer: async (_, __, { loaders }) => ({ standing: await loaders.accounts.viewer() }),
    fullscriptTreatmentPlan: (_, { id, freshness }, { loaders }) =>
      loaders.plans.byId(id, freshness ?? 'STALE_WHILE_REVALIDATE', 'ask'),
    fullscriptLabOrder: (_, { id, freshness }, { loaders }) =>
      loaders.labOrders.byId(id, freshness ?? 'STALE_WHILE_REVALIDATE', 'ask'),
    fullscriptPatientCandidates: (_, { patientId, clinicId }, { loaders }) =>
      loaders.patients.candidates(patientId, clinicId ?? null),
    fullscriptAccounts: async (_, { first, after, statuses }, { loaders }) => {
      const page = await loaders.accounts.list({ first, after, statuses: statuses ?? null });
      return { ...toConnection(page.list, page, (account) => account.connectedAt), totalCount: page.totalCount };
    },
    fullscriptRevocation: (_, { id }, { loaders }) => loaders.accounts.revocation(id),
    fullscriptAuditEvents: async (_, { first, after, userId, patientId }, { loaders }) => {
      const page = await loaders.accounts.auditEvents({
        first,
        after,
        userId: userId ?? null,
        patientId: patientId ?? null,
      });
      return toConnection(page.list, page, (event) => event.at);
    },
    fullscriptSync: (_, __, { loaders }) => loaders.synchronization.sync(),
    fullscriptParkedEvents: async (_, { first, after }, { loaders }) => {
      const page = await loaders.synchronization.parkedEvents({ first, after });
      return toConnection(page.list, page, (event) => event.receivedAt);
    },
  },
};
