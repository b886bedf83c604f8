import type { LabOrder } from '../../src/sandbox/state.ts';
import type { Deployment } from './deployment.ts';
import { getUser } from './people.ts';
import { getFullscriptPatientId } from './reading.ts';

/** What a lab order is to be of. */
export interface NewLab {
  /** The Fullscript patient; the demo's p-1001 by default. */
  fullscriptPatientId?: string;
  /** How many tests its panel must have at least; 1 by default. */
  tests?: number;
  /** False leaves it recommended only. True by default. */
  bought?: boolean;
}

/** A lab order at Fullscript that came of a plan which was just sent, without results. Throws when the sandbox makes none. */
export function addLabOrder(
  deployment: Pick<Deployment, 'sandbox'>,
  { fullscriptPatientId, tests = 1, bought = true }: NewLab = {},
): LabOrder {
  const { actions, state } = deployment.sandbox.sandbox;
  const ada = getUser(deployment);
  const panel = [...state.labPanels.values()].find((candidate) => candidate.tests.length >= tests);
  const plan = actions.createPlan(ada.clinicId, {
    practitionerId: ada.id,
    patientId: fullscriptPatientId ?? getFullscriptPatientId(deployment, 'mira.okoye@mail.example'),
    labPanelIds: [panel?.id ?? ''],
  });
  actions.sendPlan(plan.id);
  const order = [...state.labOrders.values()].find(({ planId }) => planId === plan.id);
  if (!order) throw new Error('The sandbox made no lab order');
  if (bought) actions.moveLabOrder(order.id, 'purchased');
  return order;
}
