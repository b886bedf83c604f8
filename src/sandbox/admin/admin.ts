import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';

/** The administration that tests of other processes drive. To be mounted under `/admin`. */
export function createAdminRoutes(sandbox: Sandbox): Hono {
  const routes = new Hono();
  routes.get('/calls', (c) => c.json({ ...sandbox.calls.summary(), calls: sandbox.calls.list() }));
  return routes;
}
