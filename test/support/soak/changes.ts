import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { Refusal, type LabOrder, type Plan } from '../../../src/sandbox/state.ts';
import { pick, toLines, toPlanContent, type SoakClinic } from './people-and-plans.ts';

/** Changes things at the sandbox as people on Fullscript's pages, patients and labs do. */
export interface Changes {
  /** Makes one change that records one event; gives its kind and whose it was. */
  make(): { kind: string; fullscriptPatientId: string };
  /** Moves a lab order on without an event, as Fullscript does with some states; null when there is none to move. */
  makeSilently(): { kind: string; fullscriptPatientId: string } | null;
}

/** Weights of the kinds of changes. */
const kinds: readonly (readonly [kind: Kind, weight: number])[] = [
  ['plan sent', 20],
  ['plan edited', 25],
  ['plan cancelled', 8],
  ['patient edited', 15],
  ['patient archived', 2],
  ['supplements ordered', 8],
  ['labs ordered', 7],
  ['result published', 10],
  ['result amended', 5],
];

type Kind =
  | 'plan sent'
  | 'plan edited'
  | 'plan cancelled'
  | 'patient edited'
  | 'patient archived'
  | 'supplements ordered'
  | 'labs ordered'
  | 'result published'
  | 'result amended';

/** `random` decides on everything. */
export function createChanges(sandbox: Sandbox, clinic: SoakClinic, random: () => number): Changes {
  const { state, actions } = sandbox;
  const ids = clinic.patients.map((patient) => patient.fullscriptPatientId);
  const bag = kinds.flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind));

  const listPlans = (accept: (plan: Plan) => boolean): Plan[] =>
    [...state.plans.values()].filter((plan) => plan.clinicId === clinic.clinicId && accept(plan));
  const listOrders = (accept: (order: LabOrder) => boolean): LabOrder[] =>
    [...state.labOrders.values()].filter((order) => order.clinicId === clinic.clinicId && accept(order));
  const isPublishable = (order: LabOrder): boolean =>
    order.state !== 'not_purchased' &&
    order.tests.some((test) => order.results.every((result) => !result.testIds.includes(test.id)));

  function act(kind: Kind): string | null {
    if (kind === 'plan sent') {
      const patientId = pick(random, ids);
      const { practitionerId } = clinic;
      if (state.patients.get(patientId)?.archived) return null;
      const plan = actions.createPlan(clinic.clinicId, {
        practitionerId,
        patientId,
        ...toPlanContent(sandbox, random),
      });
      return actions.sendPlan(plan.id).patientId;
    }
    if (kind === 'patient edited') {
      const id = pick(random, ids);
      actions.updatePatient(id, {
        discount: Math.floor(random() * 40),
        lastName: `Soaker ${String(Math.floor(random() * 1e9))}`,
        mobileNumber: `+1416555${String(Math.floor(random() * 9000) + 1000)}`,
      });
      return id;
    }
    if (kind === 'patient archived') {
      const id = pick(random, ids);
      actions.archivePatient(id, !state.patients.get(id)?.archived);
      return id;
    }
    if (kind.startsWith('result')) {
      const orders = listOrders((order) =>
        kind === 'result published' ? isPublishable(order) : order.results.length > 0,
      );
      if (orders.length === 0) return null;
      const order = pick(random, orders);
      if (kind === 'result amended') actions.amendResult(order.id, pick(random, order.results).id);
      else if (random() < 0.3) actions.publishResults(order.id, 1 + Math.floor(random() * 2));
      else {
        const missing = order.tests.filter((test) =>
          order.results.every((result) => !result.testIds.includes(test.id)),
        );
        actions.publishResult(order.id, { testIds: [pick(random, missing).id] });
      }
      return order.patientId;
    }
    const plans = listPlans(
      (plan) =>
        plan.state === 'active' &&
        (kind !== 'labs ordered' ||
          listOrders((order) => order.planId === plan.id).some((order) => order.state === 'not_purchased')),
    );
    if (plans.length === 0) return null;
    const plan = pick(random, plans);
    if (kind === 'plan edited') {
      const [first, ...rest] = toLines(sandbox, random);
      // Never the lines that are there: nobody would be told of that.
      const units = 1 + ((plan.recommendations[0]?.unitsToPurchase ?? 0) % 4);
      actions.editActivePlan(plan.id, {
        recommendations: [...(first ? [{ ...first, unitsToPurchase: units }] : []), ...rest],
        personalMessage: `Changed ${String(Math.floor(random() * 1e9))}`,
      });
    } else if (kind === 'plan cancelled') actions.cancelPlan(plan.id);
    else if (kind === 'labs ordered') actions.buyLabs(plan.id);
    else actions.placeOrder(plan.id);
    return plan.patientId;
  }

  return {
    make() {
      for (;;) {
        const kind = pick(random, bag);
        const before = state.events.length;
        try {
          const fullscriptPatientId = act(kind);
          if (fullscriptPatientId === null) continue;
          if (state.events.length !== before + 1) throw new Error(`"${kind}" is to record one event`);
          return { kind, fullscriptPatientId };
        } catch (error) {
          // What this patient, plan or order does not allow at the moment; another change is made instead.
          if (!(error instanceof Refusal)) throw error;
        }
      }
    },
    makeSilently() {
      const silent = ['processing', 'interpretation_ready', 'interpretation_shared'] as const;
      const orders = listOrders((order) => order.state !== 'not_purchased');
      for (let tries = 0; tries < 20 && orders.length > 0; tries += 1) {
        const order = pick(random, orders);
        const next = actions.listNextLabStates(order.id);
        const possible = silent.filter((step) => next.includes(step));
        if (possible.length === 0) continue;
        actions.moveLabOrder(order.id, pick(random, possible));
        return { kind: 'lab order moved silently', fullscriptPatientId: order.patientId };
      }
      return null;
    },
  };
}
