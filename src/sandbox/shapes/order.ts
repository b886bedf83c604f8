import type { SandboxCore } from '../core.ts';
import { getThing, type Order, type OrderLine } from '../state.ts';

/** The instant at a fixed offset of five hours behind UTC, the form in which orders carry their time. */
function toOffsetInstant(instant: string): string {
  return new Date(Date.parse(instant) - 5 * 3_600_000).toISOString().replace('Z', '-05:00');
}

/** Decimal text with two places. */
export function toMoney(amount: number): string {
  return amount.toFixed(2);
}

/** What the lines cost before discounts. */
export function sumLines(lines: readonly OrderLine[]): number {
  return lines.reduce((sum, line) => sum + line.quantity * Number(line.unitPrice), 0);
}

function toLineBody(line: OrderLine): Record<string, unknown> {
  return { variant_id: line.variantId, quantity: line.quantity, type: line.type };
}

/** The row of order lists. `withPatient` is false in a patient's own list. */
export function toOrderRow(order: Order, withPatient: boolean): Record<string, unknown> {
  return {
    id: order.id,
    order_number: order.number,
    completed_at: toOffsetInstant(order.completedAt),
    treatment_plan_ids: order.planIds,
    variant_ids: order.lines.map((line) => line.variantId),
    ...(withPatient ? { patient_id: order.patientId } : {}),
  };
}

/** One order with totals and lines. */
export function toOrderBody(core: SandboxCore, order: Order): Record<string, unknown> {
  const msrp = order.lines.reduce((sum, line) => {
    const listPrice = line.type === 'labs' ? line.unitPrice : getThing(core.state.variants, line.variantId).msrp;
    return sum + line.quantity * Number(listPrice);
  }, 0);
  return {
    ...toOrderRow(order, true),
    item_total: toMoney(sumLines(order.lines)),
    msrp_total: toMoney(msrp),
    payment_total: order.paymentTotal,
    line_items: order.lines.map(toLineBody),
  };
}

/** The fields that stand directly in the data of `order.placed`. */
export function toEventOrder(order: Order): Record<string, unknown> {
  return {
    id: order.id,
    order_number: order.number,
    completed_at: toOffsetInstant(order.completedAt),
    treatment_plan_ids: order.planIds,
    patient_id: order.patientId,
    line_items: order.lines.map(toLineBody),
  };
}
