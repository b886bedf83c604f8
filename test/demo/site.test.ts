import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startDemoEmr, type RunningEmr } from '../../src/demo/emr/start.ts';
import { startSite, type RunningSite, type SiteParts } from '../../src/demo/site.ts';
import { walkthroughSteps } from '../../src/demo/walkthrough.ts';

let emr: RunningEmr;
let site: RunningSite;
let subgraph: Server;
let parts: SiteParts;

beforeEach(async () => {
  emr = await startDemoEmr();
  site = await startSite({ port: 0, host: '127.0.0.1' });
  subgraph = createServer((request, response) => {
    response.writeHead(request.url === '/lab-results/gone' ? 410 : 200, {
      'content-type': 'application/pdf',
      'cache-control': 'no-store',
      'x-internal': 'stays behind',
    });
    response.end(`%PDF- ${request.url ?? ''} ${request.headers.authorization ?? 'nobody'}`);
  });
  await new Promise<void>((resolve) => subgraph.listen(0, '127.0.0.1', resolve));
  parts = {
    emr,
    gateway: {
      fetch: async (request) => Response.json({ data: { echo: await request.json() } }),
      stop: () => Promise.resolve(),
    },
    page: new Map([
      ['/index.html', { body: Buffer.from('<h1>Juniper</h1>'), type: 'text/html; charset=utf-8' }],
      ['/assets/app-1.js', { body: Buffer.from('start()'), type: 'text/javascript; charset=utf-8' }],
    ]),
    subgraphOrigin: `http://127.0.0.1:${(subgraph.address() as AddressInfo).port}`,
    fullscriptUrl: 'http://127.0.0.1:4010',
  };
});

afterEach(async () => {
  await site.stop();
  await emr.stop();
  await new Promise((resolve) => subgraph.close(resolve));
});

describe('startSite', () => {
  it('asks for patience until everything behind it runs', async () => {
    const early = await fetch(`${site.url}/`);
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1']);
    site.open(parts);
    expect((await fetch(`${site.url}/`)).status).toBe(200);
  });

  it('serves the page at its addresses and nothing else', async () => {
    site.open(parts);
    for (const path of ['/', '/connected?code=1&state=2']) {
      expect(await (await fetch(`${site.url}${path}`)).text()).toBe('<h1>Juniper</h1>');
    }
    const asset = await fetch(`${site.url}/assets/app-1.js`);
    expect(asset.headers.get('content-type')).toContain('text/javascript');
    expect((await fetch(`${site.url}/assets/%2e%2e/%2e%2e/package.json`)).status).toBe(404);
    expect((await fetch(`${site.url}/package.json`)).status).toBe(404);
  });

  it('hands GraphQL to the gateway', async () => {
    site.open(parts);
    const answer = await fetch(`${site.url}/graphql`, { method: 'POST', body: '{"query":"{ me { id } }"}' });
    expect(await answer.json()).toEqual({ data: { echo: { query: '{ me { id } }' } } });
  });

  it('shows the playground to a browser that opens the GraphQL address', async () => {
    site.open(parts);
    const visit = await fetch(`${site.url}/graphql`, { headers: { accept: 'text/html' }, redirect: 'manual' });
    expect([visit.status, visit.headers.get('location')]).toEqual([302, '/playground']);
  });

  it('lists the demo’s people with tokens that the EMR takes, and not the service', async () => {
    site.open(parts);
    const response = await fetch(`${site.url}/demo/users.json`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const users = (await response.json()) as { id: string; token: string; organization: { name: string } }[];
    expect(users.map((user) => user.id)).toEqual([
      'u-admin',
      'u-ada',
      'u-ben',
      'u-carla',
      'u-dev',
      'u-limited',
      'u-tomas',
    ]);
    for (const { id, token } of users) {
      const answer = await fetch(emr.graphqlUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: '{ me { id } }' }),
      });
      expect(await answer.json()).toEqual({ data: { me: { id } } });
    }
  });

  it('passes lab results on from the subgraph with their status', async () => {
    site.open(parts);
    const file = await fetch(`${site.url}/lab-results/abc`, { headers: { authorization: 'Bearer t' } });
    expect(await file.text()).toBe('%PDF- /lab-results/abc Bearer t');
    expect(file.headers.get('content-type')).toBe('application/pdf');
    expect(file.headers.get('cache-control')).toBe('no-store');
    expect(file.headers.get('x-internal')).toBeNull();
    expect((await fetch(`${site.url}/lab-results/gone`)).status).toBe(410);
  });

  it('leads to the page on which one leaves Fullscript', async () => {
    site.open(parts);
    const response = await fetch(`${site.url}/fullscript-sign-out`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, `${parts.fullscriptUrl}/logout`]);
  });

  it('brings an authorization that began in the playground back there, once', async () => {
    site.open(parts);
    const back = await fetch(`${site.url}/connected?code=1&state=2`, { headers: { cookie: 'connect-for=playground' } });
    expect(await back.text()).toContain('Back from Fullscript');
    expect(back.headers.get('set-cookie')).toContain('max-age=0');
  });

  it('sends browsers from localhost to the one origin that Fullscript returns to', async () => {
    site.open(parts);
    const response = await fetch(site.url.replace('127.0.0.1', 'localhost'), { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, `${site.url}/`]);
  });
});

describe('/playground', () => {
  it('carries the walk-through and names nothing outside of itself to load', async () => {
    site.open(parts);
    const html = await (await fetch(`${site.url}/playground`)).text();
    for (const step of walkthroughSteps) expect(html).toContain(`"operationName":"${step.operationName}"`);
    const markup = html.replace(/<script[^>]*>[\s\S]*?<\/script>/g, '').replace(/<style>[\s\S]*?<\/style>/g, '');
    expect(markup).toContain('data-testid="demo-user"');
    const loads = [...markup.matchAll(/<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="([^"]*)"/g)].map(
      (found) => found[1],
    );
    expect(loads.filter((address) => !address?.startsWith('data:'))).toEqual([]);
    const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map((found) => found[1]).join('\n');
    expect(styles).not.toMatch(/@import|url\(\s*['"]?(?:https?:)?\/\//);
  });
});
