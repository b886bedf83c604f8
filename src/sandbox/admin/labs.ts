import type { Hono } from 'hono';
import { readBody, readNumber, readText } from '../api/request.ts';
import type { Sandbox } from '../sandbox.ts';
import { Refusal, getThing, labOrderStates, type LabOrderState } from '../state.ts';

function readLabState(value: unknown): LabOrderState {
  const found = labOrderStates.find((step) => step === value);
  if (found === undefined) throw new Refusal(422, [`state must be one of ${labOrderStates.join(', ')}`]);
  return found;
}

/** Adds the actions on lab orders. */
export function addLabRoutes(routes: Hono, sandbox: Sandbox): void {
  const { actions, state } = sandbox;
  routes.get('/lab-orders', (c) => c.json({ labOrders: [...state.labOrders.values()] }));
  routes.post('/lab-orders/:id/move', async (c) => {
    const next = readLabState((await readBody(c))['state']);
    return c.json({ labOrder: actions.moveLabOrder(c.req.param('id'), next) });
  });
  routes.post('/lab-orders/:id/results', async (c) => {
    const body = await readBody(c);
    const files = readNumber(body['files']);
    const name = readText(body['name']);
    const testIds = body['test_ids'];
    const id = c.req.param('id');
    if (files !== undefined) actions.publishResults(id, files);
    else
      actions.publishResult(id, {
        ...(name == null ? {} : { name }),
        ...(Array.isArray(testIds) ? { testIds: testIds.map(String) } : {}),
      });
    return c.json({ labOrder: getThing(state.labOrders, id) }, 201);
  });
  routes.post('/lab-orders/:id/amend', async (c) => {
    const resultId = readText((await readBody(c))['result_id']);
    const id = c.req.param('id');
    if (resultId == null) actions.amendResult(id);
    else actions.amendResult(id, resultId);
    return c.json({ labOrder: getThing(state.labOrders, id) });
  });
}
