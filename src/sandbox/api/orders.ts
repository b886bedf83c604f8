import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import { toOrderBody, toOrderRow } from '../shapes/order.ts';
import { Refusal, type Order } from '../state.ts';
import { authorized } from './authorized.ts';
import { matchesDays, sortBy, toPage } from './lists.ts';
import { getClinicPatient } from './patients.ts';
import { readParam, type ApiContext, type ApiEnv } from './request.ts';

/** Orders of the clinic and of one patient. To be mounted under `/api`. */
export function createOrderRoutes(sandbox: Sandbox): Hono<ApiEnv> {
  const { state } = sandbox;
  const routes = new Hono<ApiEnv>();
  const reads = authorized(sandbox, 'patients:order_history');

  const listOrders = (c: ApiContext): Order[] => {
    const planId = c.req.query('treatment_plan_id');
    const number = c.req.query('order_number');
    const orders = [...state.orders.values()].filter(
      (order) =>
        order.clinicId === c.var.caller.clinic.id &&
        (planId === undefined || order.planIds.includes(planId)) &&
        (number === undefined || order.number === number) &&
        (c.req.query('type') !== 'labs' || order.lines.some((line) => line.type === 'labs')) &&
        matchesDays(c.req.query('completed_at'), order.completedAt),
    );
    return sortBy(c, orders, {
      completed_at: (order) => order.completedAt,
      order_number: (order) => order.number,
      patient_id: (order) => order.patientId,
      treatment_plan_id: (order) => order.planIds[0] ?? '',
    });
  };

  routes.get('/clinic/orders', reads, (c) => {
    const patientId = c.req.query('patient_id');
    const orders = listOrders(c).filter((order) => patientId === undefined || order.patientId === patientId);
    const { rows, meta } = toPage(c, orders, (order) => toOrderRow(order, true));
    return c.json({ orders: rows, meta });
  });

  routes.get('/clinic/orders/:id', reads, (c) => {
    const order = state.orders.get(readParam(c, 'id'));
    if (order === undefined || order.clinicId !== c.var.caller.clinic.id) throw new Refusal(404, ['Not Found']);
    return c.json({ order: toOrderBody(sandbox, order) });
  });

  routes.get('/clinic/patients/:patient_id/orders', reads, (c) => {
    const patient = getClinicPatient(sandbox, c.var.caller.clinic, readParam(c, 'patient_id'));
    const orders = listOrders(c).filter((order) => order.patientId === patient.id);
    const { rows, meta } = toPage(c, orders, (order) => toOrderRow(order, false));
    return c.json({ orders: rows, meta });
  });

  return routes;
}
