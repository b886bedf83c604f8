import type { SandboxCore } from '../core.ts';
import { sumLines, toEventOrder, toMoney } from '../shapes/order.ts';
import { Refusal, getThing, type Cart, type LabOrder, type Order, type OrderLine, type Plan } from '../state.ts';

/** What patients buy. */
export interface OrderActions {
  /** Buys an active plan: every supplement line, or those named, and with `labs` also every lab order that is not bought yet. Records `order.placed`. */
  placeOrder(planId: string, choice?: { variantIds?: string[]; labs?: boolean }): Order;
  /** Buys the lab orders of a plan that are not bought yet. Records `order.placed`. */
  buyLabs(planId: string): Order;
  /** Buys one lab order. Records `order.placed`. */
  buyLabOrder(labOrderId: string): Order;
  /** The cart that an in-office checkout filled for the patient with this number, or null. */
  findCart(patientNumber: number): Cart | null;
  /** Ends an in-office checkout. Records `order.placed`. */
  completeCheckout(patientNumber: number): Order;
}

/** What a plan's supplement lines would cost the patient, at the price after discounts. */
export function toOrderLines(core: SandboxCore, plan: Plan): OrderLine[] {
  const patient = plan.patientId === null ? null : getThing(core.state.patients, plan.patientId);
  const discount = getThing(core.state.clinics, plan.clinicId).discount + (patient?.discount ?? 0);
  return plan.recommendations.map((line) => ({
    type: 'supplement',
    variantId: line.variantId,
    quantity: line.unitsToPurchase,
    unitPrice: toMoney(
      Number(getThing(core.state.variants, line.variantId).msrp) * (1 - Math.min(discount, 100) / 100),
    ),
  }));
}

/** The actions that end in an order. */
export function createOrderActions(core: SandboxCore): OrderActions {
  const { state } = core;

  function record(plan: Plan, lines: OrderLine[]): Order {
    if (plan.patientId === null || plan.state !== 'active') throw new Refusal(422, ['Treatment plan is not active']);
    if (lines.length === 0) throw new Refusal(422, ['Nothing to buy']);
    const order: Order = {
      id: core.newId(),
      number: `R${String(700000000 + state.orders.size + 1)}`,
      clinicId: plan.clinicId,
      patientId: plan.patientId,
      planIds: [plan.id],
      completedAt: core.instant(),
      lines,
      paymentTotal: toMoney(sumLines(lines)),
    };
    state.orders.set(order.id, order);
    core.emit('orders', 'order.placed', order.clinicId, toEventOrder(order));
    return order;
  }

  function findOpenLabOrders(plan: Plan): LabOrder[] {
    return [...state.labOrders.values()].filter((order) => order.planId === plan.id && order.state === 'not_purchased');
  }

  function buy(plan: Plan, supplements: OrderLine[], labOrders: LabOrder[]): Order {
    const labLines = labOrders.map((labOrder): OrderLine => {
      const lab = plan.labRecommendations.find(({ id }) => id === labOrder.labRecommendationId);
      const panel = lab === undefined ? undefined : state.labPanels.get(lab.panelId);
      return { type: 'labs', variantId: panel?.id ?? labOrder.id, quantity: 1, unitPrice: panel?.price ?? '0.00' };
    });
    const order = record(plan, [...supplements, ...labLines]);
    for (const labOrder of labOrders) {
      labOrder.state = 'purchased';
      labOrder.updatedAt = order.completedAt;
    }
    return order;
  }

  function findCart(patientNumber: number): Cart | null {
    const patient = [...state.patients.values()].find(({ number }) => number === patientNumber);
    return patient === undefined ? null : (state.carts.get(patient.id) ?? null);
  }

  return {
    placeOrder(planId, choice = {}) {
      const plan = getThing(state.plans, planId);
      const lines = toOrderLines(core, plan).filter(
        (line) => choice.variantIds === undefined || choice.variantIds.includes(line.variantId),
      );
      return buy(plan, lines, choice.labs === true ? findOpenLabOrders(plan) : []);
    },

    buyLabs(planId) {
      const plan = getThing(state.plans, planId);
      return buy(plan, [], findOpenLabOrders(plan));
    },

    buyLabOrder(labOrderId) {
      const labOrder = getThing(state.labOrders, labOrderId);
      if (labOrder.state !== 'not_purchased') throw new Refusal(422, ['Lab order is already purchased']);
      return buy(getThing(state.plans, labOrder.planId), [], [labOrder]);
    },

    findCart,

    completeCheckout(patientNumber) {
      const cart = findCart(patientNumber);
      if (cart === null) throw new Refusal(404, ['Not Found']);
      const order = record(getThing(state.plans, cart.planId), cart.lines);
      state.carts.delete(cart.patientId);
      return order;
    },
  };
}
