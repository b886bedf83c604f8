import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { createAdminRoutes } from './admin/admin.ts';
import { createCatalogRoutes } from './api/catalog.ts';
import { createDynamicLinkRoutes } from './api/dynamic-links.ts';
import { createEventRoutes } from './api/events.ts';
import { createIdempotency } from './api/idempotency.ts';
import { createLabRoutes } from './api/labs.ts';
import { createMemberRoutes } from './api/members.ts';
import { createOAuthRoutes } from './api/oauth.ts';
import { createOrderRoutes } from './api/orders.ts';
import { createPatientRoutes } from './api/patients.ts';
import { createPlanRoutes } from './api/plans.ts';
import { createProtocolRoutes } from './api/protocols.ts';
import { toRefusalBody } from './api/refusal.ts';
import type { ApiEnv } from './api/request.ts';
import { createSessionGrantRoutes } from './api/session-grants.ts';
import { createDelay, createTraffic } from './api/traffic.ts';
import { createFileRoutes } from './files.ts';
import { createPages } from './pages/pages.ts';
import type { Sandbox } from './sandbox.ts';
import { Refusal } from './state.ts';

function createApi(sandbox: Sandbox): Hono<ApiEnv> {
  const api = new Hono<ApiEnv>();
  api.use('*', createTraffic(sandbox));
  api.use('*', createIdempotency(sandbox));
  api.use('*', createDelay());
  for (const createRoutes of [
    createOAuthRoutes,
    createMemberRoutes,
    createPatientRoutes,
    createOrderRoutes,
    createPlanRoutes,
    createDynamicLinkRoutes,
    createSessionGrantRoutes,
    createLabRoutes,
    createCatalogRoutes,
    createProtocolRoutes,
    createEventRoutes,
  ])
    api.route('/', createRoutes(sandbox));
  api.all('*', (c) => c.json({ status: 404, error: 'Not Found' }, 404));
  return api;
}

/** Everything the sandbox answers over HTTP: Fullscript's pages first, then its API under `/api`, its files, and `/admin` for tests. */
export function createSandboxApp(sandbox: Sandbox): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.route('/', createPages(sandbox));
  app.route('/', createFileRoutes(sandbox));
  app.route('/admin', createAdminRoutes(sandbox));
  app.route('/api', createApi(sandbox));
  app.notFound((c) => c.json({ status: 404, error: 'Not Found' }, 404));
  app.onError((error, c) => {
    if (error instanceof Refusal) return c.json(toRefusalBody(error, sandbox.settings.errorShape), error.status);
    console.error('sandbox:', error);
    return c.json({ status: 500, error: 'Internal Server Error' }, 500);
  });
  return app;
}
