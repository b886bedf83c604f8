import type { Resolvers } from '../generated/types.ts';
import type { FullscriptPatientChangeParent } from '../parents.ts';

/** Each change is read by a loader of its own request before it is resolved: see `createSubscriptions`. */
export const subscriptionResolvers: Pick<Resolvers, 'Subscription'> = {
  Subscription: {
    fullscriptPatientChanged: {
      subscribe: (_, { patientId }, { loaders }) => loaders.liveUpdates.follow(patientId),
      resolve: (change: FullscriptPatientChangeParent) => change,
    },
  },
};
