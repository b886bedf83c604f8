import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { createAdaptorServer } from '@hono/node-server';
import { Hono, type Context } from 'hono';

import type { RunningEmr } from './emr/start.ts';
import type { Gateway } from './gateway.ts';
import type { PageFile } from './page-build.ts';
import { renderPlayground, renderPlaygroundReturn } from './playground/page.ts';

/** What the site serves once everything behind it runs. */
export interface SiteParts {
  gateway: Gateway;
  emr: RunningEmr;
  /** The built EMR page by path. */
  page: Map<string, PageFile>;
  /** Where lab result files come from: the origin of the subgraph. */
  subgraphOrigin: string;
  /** Origin of Fullscript's own pages. */
  fullscriptUrl: string;
}

/** The demo's one origin for browsers. It answers 503 until `open` is called. */
export interface RunningSite {
  url: string;
  open(parts: SiteParts): void;
  stop(): Promise<void>;
}

/** What a tab shows that has no page of its own to name one, such as a lab result's file. */
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f6f5c"/>' +
  '<path d="M16 5l7 9h-4l5 7h-6v6h-4v-6H8l5-7H9z" fill="white"/></svg>';

const tokenHeaders = { 'cache-control': 'no-store' };

async function toUsers(emr: RunningEmr) {
  const people = emr.users.filter((user) => !user.roles.includes('service'));
  return Promise.all(
    people.map(async ({ id, name, roles, organizationId, practitionerId }) => ({
      id,
      name,
      roles,
      practitionerId,
      organization: emr.store.organizations.get(organizationId) ?? { id: organizationId, name: organizationId },
      token: await emr.tokenFor(id),
    })),
  );
}

/** Hands a lab result's address on to the subgraph, which decides by the token in it. */
async function passOn(context: Context, origin: string): Promise<Response> {
  const { pathname, search } = new URL(context.req.url);
  const authorization = context.req.header('authorization');
  try {
    const answer = await fetch(`${origin}${pathname}${search}`, {
      headers: authorization === undefined ? {} : { authorization },
      signal: context.req.raw.signal,
    });
    const headers = new Headers();
    for (const name of ['content-type', 'content-disposition', 'cache-control', 'x-request-id']) {
      const value = answer.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    return new Response(answer.body, { status: answer.status, headers });
  } catch {
    return context.text('The subgraph cannot be reached.', 502);
  }
}

function createSiteApp(getParts: () => SiteParts | null): Hono {
  const app = new Hono();
  let playground: Promise<string> | undefined;

  app.use(async (context, next) => {
    const url = new URL(context.req.url);
    // One spelling of the origin: the browser keeps who is connecting for an origin, and Fullscript returns to this one.
    if (url.hostname === 'localhost' && context.req.method === 'GET') {
      url.hostname = '127.0.0.1';
      return context.redirect(url.href);
    }
    if (getParts() === null) return context.text('The demo is still starting.', 503, { 'retry-after': '1' });
    return next();
  });

  const parts = (): SiteParts => {
    const ready = getParts();
    if (ready === null) throw new Error('The demo is not ready.');
    return ready;
  };

  app.all('/graphql', async (context) => {
    const isVisit = context.req.method === 'GET' && context.req.header('accept')?.includes('text/html') === true;
    if (isVisit) return context.redirect('/playground');
    const answer = await parts().gateway.fetch(context.req.raw);
    return new Response(answer.body, { status: answer.status, headers: new Headers(answer.headers) });
  });
  app.get('/demo/users.json', async (context) => context.json(await toUsers(parts().emr), 200, tokenHeaders));
  app.get('/playground', async (context) => {
    playground ??= renderPlayground();
    return context.html(await playground);
  });
  app.get('/favicon.ico', (context) => context.body(icon, 200, { 'content-type': 'image/svg+xml' }));
  app.get('/lab-results/:token', (context) => passOn(context, parts().subgraphOrigin));
  app.get('/fullscript-sign-out', (context) => context.redirect(`${parts().fullscriptUrl}/logout`));
  app.get('/demo/fullscript.json', (context) => context.json({ url: parts().fullscriptUrl }));
  app.get('/connected', async (context, next) => {
    if (!/(?:^|; *)connect-for=playground(?:;|$)/.test(context.req.header('cookie') ?? '')) return next();
    context.header('set-cookie', 'connect-for=; path=/connected; max-age=0; samesite=lax');
    return context.html(renderPlaygroundReturn(), 200, tokenHeaders);
  });
  app.get('*', (context) => {
    const { page } = parts();
    const path = context.req.path;
    const file = page.get(path === '/' || path === '/connected' ? '/index.html' : path);
    if (!file) return context.text('There is nothing here.', 404);
    const caching = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    return context.body(file.body, 200, { 'content-type': file.type, 'cache-control': caching });
  });
  return app;
}

/** Listens at once, so that the origin is known to those who start after it. Rejects when the port is taken. */
export async function startSite(options: { port: number; host: string }): Promise<RunningSite> {
  let parts: SiteParts | null = null;
  const app = createSiteApp(() => parts);
  const server = createAdaptorServer({ fetch: app.fetch });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    url: `http://${options.host}:${(server.address() as AddressInfo).port}`,
    open: (ready) => {
      parts = ready;
    },
    stop: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}
