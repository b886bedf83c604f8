import type { Resolvers } from '../generated/types.ts';

export const mutationResolvers: Pick<Resolvers, 'Mutation'> = {
  Mutation: {
    connect: (_, { input }, { caller, operations }) => operations.connect(caller, input ?? {}),
    completeConnect: (_, { input }, { caller, operations }) => operations.completeConnect(caller, input),
    revoke: (_, { input }, { caller, operations }) => operations.revoke(caller, input ?? {}),
    revokeAll: (_, { input }, { caller, operations }) => operations.revokeAll(caller, input),
    setFullscriptEnabled: (_, { input }, { caller, operations }) => operations.setEnabled(caller, input),
    retryFullscriptEvents: (_, { input }, { caller, operations }) =>
      operations.retryEvents(caller, { ids: input?.ids ?? null }),
    setDefaultFullscriptClinic: async (_, { clinicId }, { caller, operations, loaders }) => {
      await operations.setDefaultClinic(caller, clinicId);
      return { standing: await loaders.accounts.viewer() };
    },
    linkFullscriptPatient: async (_, { input }, { caller, operations, loaders }) => {
      const result = await operations.linkPatient(caller, input);
      if (result.__typename !== 'FullscriptPatientLinked') return result;
      return { ...result, account: await loaders.patients.accountOfLink(result.link) };
    },
    unlinkFullscriptPatient: (_, { input }, { caller, operations }) => operations.unlinkPatient(caller, input),
    updateFullscriptPatient: async (_, { input }, { caller, operations, loaders }) => {
      const result = await operations.updatePatient(caller, input);
      if (result.__typename !== 'FullscriptPatientUpdated') return result;
      return { ...result, account: await loaders.patients.accountOfLink(result.link) };
    },
    createRecommendation: async (_, { input }, { caller, operations, loaders }) => {
      const result = await operations.createRecommendation(caller, input);
      if (result.__typename !== 'FullscriptRecommendationDraft') return result;
      const { plan, patient } = result;
      return { ...result, plan: plan && loaders.plans.toParent(plan, patient) };
    },
    createFullscriptEmbedSession: (_, { input }, { caller, operations }) =>
      operations.createEmbedSession(caller, input),
    createFullscriptInOfficeCheckout: (_, { input }, { caller, operations }) =>
      operations.createInOfficeCheckout(caller, input),
    importPlanIntoChart: async (_, { input }, { caller, operations, loaders }) => {
      const result = await operations.importPlan(caller, input);
      if (result.__typename !== 'FullscriptPlanImported') return result;
      const patient = { id: result.patientId, demographics: null };
      const chart = { id: result.chart.id, vouched: true };
      return {
        __typename: 'FullscriptPlanImported' as const,
        import: { ...result.import, chart, patient },
        chart,
        skippedLabs: loaders.plans.toParent(result.plan, patient).labRecommendations,
        alreadyImported: result.alreadyImported,
      };
    },
    reviewFullscriptLabResult: async (_, { input }, { caller, operations, loaders }) =>
      await loaders.labResults.toResult(await operations.reviewLabResult(caller, input)),
  },
};
