import { toOrderLines } from '../actions/orders.ts';
import type { SandboxCore } from '../core.ts';
import { toSeedId } from '../ids.ts';
import { sumLines, toMoney } from '../shapes/order.ts';
import type { Order, OrderLine, Plan } from '../state.ts';

const hourMs = 3_600_000;

/** Plants an order for two of three sent plans, and one for every bought lab order: some with labs and supplements, some refunded, one for two plans. */
export function plantOrders(core: SandboxCore, nowMs: number): void {
  const { state } = core;
  const previousPlans = new Map<string, Plan>();
  let number = 700000000;
  let index = 0;
  for (const plan of state.plans.values()) {
    const { patientId } = plan;
    if (plan.state === 'draft' || patientId === null) continue;
    index += 1;
    const supplements = index % 3 === 0 ? [] : toOrderLines(core, plan);
    const labs = [...state.labOrders.values()]
      .filter((order) => order.planId === plan.id && order.state !== 'not_purchased')
      .flatMap((order): OrderLine[] => {
        const lab = plan.labRecommendations.find(({ id }) => id === order.labRecommendationId);
        const panel = lab === undefined ? undefined : state.labPanels.get(lab.panelId);
        return panel === undefined ? [] : [{ type: 'labs', variantId: panel.id, quantity: 1, unitPrice: panel.price }];
      });
    const lines = [...supplements, ...labs];
    const previous = previousPlans.get(patientId);
    previousPlans.set(patientId, plan);
    if (lines.length === 0) continue;
    number += 1;
    const refunded = number % 17 === 0;
    const order: Order = {
      id: toSeedId('order', plan.id),
      number: `R${number}`,
      clinicId: plan.clinicId,
      patientId,
      planIds: previous !== undefined && number % 13 === 0 ? [previous.id, plan.id] : [plan.id],
      completedAt: new Date(Math.min(Date.parse(plan.updatedAt) + 20 * hourMs, nowMs - hourMs)).toISOString(),
      lines,
      paymentTotal: toMoney(sumLines(lines) * (refunded ? 0.5 : 1)),
    };
    state.orders.set(order.id, order);
  }
}
