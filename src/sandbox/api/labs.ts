import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import { Refusal, getThing, type LabOrder, type LabPanel } from '../state.ts';
import { authorized, restricted } from './authorized.ts';
import { sortBy, toPage } from './lists.ts';
import { readParam, type ApiEnv } from './request.ts';

function toLabOrderRow(order: LabOrder): Record<string, unknown> {
  return {
    id: order.id,
    name: order.name,
    state: order.state,
    treatment_plan_id: order.planId,
    patient_id: order.patientId,
    practitioner_id: order.practitionerId,
  };
}

function toLabOrderBody(sandbox: Sandbox, order: LabOrder): Record<string, unknown> {
  const { labFileField } = sandbox.settings;
  const toLink = (resultId: string): Record<string, unknown> => ({
    [labFileField]: sandbox.actions.createResultLink(order.id, resultId),
  });
  const latest = order.results.at(-1);
  return {
    ...toLabOrderRow(order),
    collection_method: order.collectionMethod,
    tests: order.tests.map(({ id, name }) => ({ id, name })),
    results: order.results.map(({ id, name, state }) => ({ id, name, state, ...toLink(id) })),
    latest_aggregated_result:
      latest === undefined ? null : { artifact_id: latest.id, status: latest.state, ...toLink(latest.id) },
  };
}

function toPanelBody(panel: LabPanel): Record<string, unknown> {
  return {
    id: panel.id,
    name: panel.name,
    lab: { name: panel.lab },
    price: panel.price,
    requires_fasting: panel.requiresFasting,
    collection_method: panel.collectionMethod,
    instructions: panel.instructions,
    tests: panel.tests.map(({ id, name }) => ({ id, name })),
  };
}

/** Lab orders with their results, and the catalogue of lab tests. To be mounted under `/api`. */
export function createLabRoutes(sandbox: Sandbox): Hono<ApiEnv> {
  const { state } = sandbox;
  const routes = new Hono<ApiEnv>();
  const reads = authorized(sandbox, 'patients:order_history');
  const browses = authorized(sandbox, 'catalog:read');

  routes.get('/clinic/labs/orders', reads, (c) => {
    const patientId = c.req.query('patient_id');
    const orders = [...state.labOrders.values()].filter(
      (order) =>
        order.clinicId === c.var.caller.clinic.id && (patientId === undefined || order.patientId === patientId),
    );
    const sorted = sortBy(c, orders, {
      created_at: (order) => order.createdAt,
      updated_at: (order) => order.updatedAt,
    });
    const { rows, meta } = toPage(c, sorted, toLabOrderRow);
    return c.json({ [`${sandbox.settings.labEnvelope}s`]: rows, meta });
  });

  routes.get('/clinic/labs/orders/:id', reads, (c) => {
    const order = state.labOrders.get(readParam(c, 'id'));
    if (order === undefined || order.clinicId !== c.var.caller.clinic.id) throw new Refusal(404, ['Not Found']);
    return c.json({ [sandbox.settings.labEnvelope]: toLabOrderBody(sandbox, order) });
  });

  routes.get('/clinic/labs/tests/:id', authorized(sandbox, 'patients:order_history', 'catalog:read'), (c) => {
    const id = readParam(c, 'id');
    const test = [...state.labPanels.values()].flatMap((panel) => panel.tests).find((each) => each.id === id);
    if (test === undefined) throw new Refusal(404, ['Not Found']);
    return c.json({ test: { id: test.id, name: test.name } });
  });

  routes.get('/labs', browses, restricted(sandbox), (c) => {
    const { rows, meta } = toPage(c, [...state.labPanels.values()], toPanelBody);
    return c.json({ labs: rows, meta });
  });

  routes.get('/labs/search/tests', browses, restricted(sandbox), (c) => {
    const query = (c.req.query('query') ?? '').toLowerCase();
    const panels = [...state.labPanels.values()].filter((panel) =>
      [panel.name, ...panel.tests.map((test) => test.name)].some((name) => name.toLowerCase().includes(query)),
    );
    const { rows, meta } = toPage(c, panels, toPanelBody);
    return c.json({ tests: rows, meta });
  });

  routes.get('/labs/:id', browses, restricted(sandbox), (c) =>
    c.json({ lab: toPanelBody(getThing(state.labPanels, readParam(c, 'id'))) }),
  );

  return routes;
}
