import type { Caller } from '../../auth/caller.ts';
import { createAccountLoaders, type AccountLoaders } from './accounts.ts';
import { createChartLoaders, type ChartLoaders } from './charts.ts';
import { createLabOrderLoaders, type LabOrderLoaders } from './lab-orders.ts';
import { createLabResultLoaders, type LabResultLoaders } from './lab-results.ts';
import { createLiveUpdateLoaders, type LiveUpdateLoaders } from './live-updates.ts';
import { createPatientLoaders, type PatientLoaders } from './patients.ts';
import { createPlanLoaders, type PlanLoaders } from './plans.ts';
import { createRequestView, type LoaderNeeds } from './request.ts';
import { createRecommendedLabLoaders, type RecommendedLabLoaders } from './recommended-labs.ts';
import { createSynchronizationLoaders, type SynchronizationLoaders } from './synchronization.ts';

/** Everything that can be read, by noun. */
export interface Loaders {
  accounts: AccountLoaders;
  patients: PatientLoaders;
  plans: PlanLoaders;
  labOrders: LabOrderLoaders;
  labResults: LabResultLoaders;
  recommendedLabs: RecommendedLabLoaders;
  charts: ChartLoaders;
  liveUpdates: LiveUpdateLoaders;
  synchronization: SynchronizationLoaders;
}

/** Builds the loaders of one request; nothing of them outlives it. */
export function createLoaders(needs: LoaderNeeds, caller: Caller): Loaders {
  const view = createRequestView(needs, caller);
  const patients = createPatientLoaders(view);
  const plans = createPlanLoaders(view, patients);
  const labOrders = createLabOrderLoaders(view, patients);
  return {
    accounts: createAccountLoaders(view),
    patients,
    plans,
    labOrders,
    labResults: createLabResultLoaders(view, labOrders),
    recommendedLabs: createRecommendedLabLoaders(view),
    charts: createChartLoaders(view),
    liveUpdates: createLiveUpdateLoaders(view, plans),
    synchronization: createSynchronizationLoaders(view),
  };
}
