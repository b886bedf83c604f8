import { Hono } from 'hono';
import { readBody, readFields, readFlag, readNumber, readText, type Fields } from '../api/request.ts';
import type { FaultInput } from '../faults.ts';
import type { Sandbox } from '../sandbox.ts';
import type { SandboxSettings, WebhookSettings } from '../settings.ts';
import { Refusal } from '../state.ts';
import { addLabRoutes } from './labs.ts';
import { addPlanRoutes } from './plans.ts';
import { addUserRoutes, countLiveTokens } from './users.ts';

function toSummary(sandbox: Sandbox): Record<string, unknown> {
  const { state } = sandbox;
  const things = Object.fromEntries(
    (Object.entries(state) as [string, unknown[] | Map<string, unknown>][]).map(([name, part]) => [
      name,
      Array.isArray(part) ? part.length : part.size,
    ]),
  );
  return { now: sandbox.instant(), clockOffsetMs: sandbox.clockOffsetMs, liveTokens: countLiveTokens(sandbox), things };
}

function readFault(body: Fields): FaultInput {
  const fault: FaultInput = {};
  const method = readText(body['method']);
  const path = readText(body['path']);
  if (method != null) fault.method = method;
  if (path != null) fault.path = path;
  for (const name of ['status', 'latencyMs', 'count', 'share', 'skip'] as const) {
    const number = readNumber(body[name]);
    if (number !== undefined) fault[name] = number;
  }
  for (const name of ['reset', 'lost'] as const) {
    const flag = readFlag(body[name]);
    if (flag !== undefined) fault[name] = flag;
  }
  if (body['body'] !== undefined) fault.body = body['body'];
  if (body['headers'] !== undefined)
    fault.headers = Object.fromEntries(Object.entries(readFields(body['headers'])).map(([k, v]) => [k, String(v)]));
  return fault;
}

/** Puts the values of known keys with the right type over the settings. Throws a 422 refusal that names every other key. */
function applySettings(settings: SandboxSettings, body: Fields): void {
  const wrong: string[] = [];
  const apply = (target: Record<string, unknown>, changes: Fields, prefix: string): void => {
    for (const [key, value] of Object.entries(changes)) {
      const present = Object.hasOwn(target, key) ? target[key] : undefined;
      if (typeof present === 'object' && present !== null && !Array.isArray(present))
        apply(present as Record<string, unknown>, readFields(value), `${prefix}${key}.`);
      else if (`${prefix}${key}` === 'webhooks.target' && (value === null || typeof value === 'string'))
        target[key] = value;
      else if (
        present !== undefined &&
        typeof present === typeof value &&
        Array.isArray(present) === Array.isArray(value)
      )
        target[key] = value;
      else wrong.push(`${prefix}${key} is not a setting or has the wrong type`);
    }
  };
  const copy: SandboxSettings = structuredClone(settings);
  apply(copy as unknown as Record<string, unknown>, body, '');
  if (wrong.length > 0) throw new Refusal(422, wrong);
  const webhooks: WebhookSettings = Object.assign(settings.webhooks, copy.webhooks);
  Object.assign(settings, copy, { webhooks });
}

/**
 * The administration that tests of other processes drive, to be mounted under `/admin`: the summary, calls, faults, clock, settings, mails, events,
 * and every action of Fullscript's pages. It has no login: the sandbox holds invented people only.
 */
export function createAdminRoutes(sandbox: Sandbox): Hono {
  const { calls, faults, settings, state } = sandbox;
  const routes = new Hono();

  routes.get('/summary', (c) => c.json(toSummary(sandbox)));
  routes.post('/reset', (c) => {
    sandbox.reset();
    return c.json(toSummary(sandbox));
  });

  routes.get('/calls', (c) => c.json({ ...calls.summary(), calls: calls.list() }));
  routes.delete('/calls', (c) => {
    calls.clear();
    return c.body(null, 204);
  });

  routes.get('/faults', (c) => c.json({ faults: faults.list() }));
  routes.post('/faults', async (c) => c.json({ fault: faults.add(readFault(await readBody(c))) }, 201));
  routes.delete('/faults', (c) => {
    faults.clear();
    return c.body(null, 204);
  });
  routes.delete('/faults/:id', (c) => {
    faults.clear(c.req.param('id'));
    return c.body(null, 204);
  });

  routes.put('/clock', async (c) => {
    const offsetMs = readNumber((await readBody(c))['offsetMs']);
    if (offsetMs === undefined || Number.isNaN(offsetMs)) throw new Refusal(422, ['offsetMs must be a number']);
    sandbox.setClockOffset(offsetMs);
    return c.json({ now: sandbox.instant(), clockOffsetMs: sandbox.clockOffsetMs });
  });

  routes.get('/settings', (c) => c.json(settings));
  routes.patch('/settings', async (c) => {
    applySettings(settings, await readBody(c));
    return c.json(settings);
  });
  // The app's scopes in the dashboard: tokens that exist keep theirs.
  routes.put('/scopes', async (c) => {
    const scopes = (await readBody(c))['scopes'];
    if (!Array.isArray(scopes)) throw new Refusal(422, ['scopes must be a list']);
    sandbox.app.scopes = scopes.map(String);
    return c.json({ scopes: sandbox.app.scopes });
  });

  routes.get('/mails', (c) => c.json({ mails: state.mails }));
  routes.delete('/mails', (c) => {
    state.mails.length = 0;
    return c.body(null, 204);
  });
  routes.get('/events', (c) => c.json({ events: state.events }));
  routes.get('/deliveries', (c) => c.json({ deliveries: state.deliveries }));
  routes.patch('/products/:id', async (c) => {
    const body = await readBody(c);
    const name = readText(body['name']);
    const status = readText(body['status']);
    const descriptionHtml = readText(body['description_html']);
    const product = sandbox.actions.updateProduct(c.req.param('id'), {
      ...(name == null ? {} : { name }),
      ...(status == null ? {} : { status }),
      ...(descriptionHtml == null ? {} : { descriptionHtml }),
    });
    return c.json({ product });
  });

  addUserRoutes(routes, sandbox);
  addPlanRoutes(routes, sandbox);
  addLabRoutes(routes, sandbox);
  return routes;
}
