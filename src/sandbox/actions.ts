import { createAccountActions, type AccountActions } from './actions/accounts.ts';
import { createCatalogActions, type CatalogActions } from './actions/catalog.ts';
import { createLabActions, type LabActions } from './actions/labs.ts';
import { createLinkActions, type LinkActions } from './actions/links.ts';
import { createOrderActions, type OrderActions } from './actions/orders.ts';
import { createPatientActions, type PatientActions } from './actions/patients.ts';
import { createPlanActions, type PlanActions } from './actions/plans.ts';
import type { SandboxCore } from './core.ts';

/** What people do on Fullscript's pages. Unlike the REST API these record events and send webhooks. All throw `Refusal`. */
export interface Actions
  extends AccountActions, PatientActions, PlanActions, LinkActions, OrderActions, LabActions, CatalogActions {}

/** The actions over one sandbox. */
export function createActions(core: SandboxCore): Actions {
  const orders = createOrderActions(core);
  const plans = createPlanActions(core);
  return {
    ...createAccountActions(core),
    ...createPatientActions(core),
    ...plans,
    ...createLinkActions(core, plans),
    ...orders,
    ...createLabActions(core, orders),
    ...createCatalogActions(core),
  };
}
