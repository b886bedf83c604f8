import type { Caller } from '../../auth/caller.ts';
import { createAccountLoaders, type AccountLoaders } from './accounts.ts';
import { createChartLoaders, type ChartLoaders } from './charts.ts';
import { createLabOrderLoaders, type LabOrderLoaders } from './lab-orders.ts';
import { createPatientLoaders, type PatientLoaders } from './patients.ts';
import { createPlanLoaders, type PlanLoaders } from './plans.ts';
import { createRequestView, type LoaderNeeds } from './request.ts';

/** Everything that can be read, by noun. */
export interface Loaders {
  accounts: AccountLoaders;
  patients: PatientLoaders;
  plans: PlanLoaders;
  labOrders: LabOrderLoaders;
  charts: ChartLoaders;
}

/** Builds the loaders of one request; nothing of them outlives it. */
export function createLoaders(needs: LoaderNeeds, caller: Caller): Loaders {
  const view = createRequestView(needs, caller);
  const patients = createPatientLoaders(view);
  return {
    accounts: createAccountLoaders(view),
    patients,
    plans: createPlanLoaders(view, patients),
    labOrders: createLabOrderLoaders(view, patients),
    charts: createChartLoaders(view),
  };
}
