import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PortTakenError, startDemo, type RunningDemo } from '../../src/demo/start.ts';
import { getWalkthroughStep } from '../../src/demo/walkthrough.ts';

async function listenSomewhere() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

describe('startDemo', () => {
  let demo: RunningDemo;

  beforeAll(async () => {
    demo = await startDemo({ withPage: false });
  }, 30_000);

  afterAll(async () => {
    await demo.stop();
  });

  it('answers a query that both subgraphs take part in', async () => {
    const { query } = getWalkthroughStep('viewer');
    const response = await fetch(demo.graphqlUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await demo.emr.tokenFor('u-ada')}`,
      },
      body: JSON.stringify({ query }),
    });
    expect(await response.json()).toMatchObject({
      data: {
        me: { name: 'Dr. Ada Lindqvist' },
        fullscriptViewer: { connectionStatus: 'NOT_CONNECTED', canRecommend: false, accounts: [] },
      },
    });
  });

  it('keeps the subgraph behind the gateway', async () => {
    const ask = (headers: Record<string, string>) =>
      fetch(`${demo.subgraph.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query: '{ __typename }' }),
      });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ 'x-gateway-secret': demo.gatewaySecret })).status).toBe(200);
  });

  it('lets the sandbox return to the site and send its webhooks to the subgraph', () => {
    expect(demo.sandbox.sandbox.app.redirectUris).toEqual([`${demo.url}/connected`]);
    expect(demo.sandbox.sandbox.settings.webhooks.target).toBe(`${demo.subgraph.url}/webhooks/fullscript`);
  });
});

describe('startDemo, when a port is taken', () => {
  it.each(['demo', 'subgraph', 'emr', 'sandbox'] as const)(
    'says which and how to change it (%s), and leaves nothing running',
    async (part) => {
      const other = await listenSomewhere();
      const free = await listenSomewhere();
      await free.stop();
      try {
        const ports = { [part]: other.port, ...(part === 'demo' ? {} : { demo: free.port }) };
        const failure = await startDemo({ withPage: false, ports }).then(
          () => null,
          (error: unknown) => error,
        );
        expect(failure).toBeInstanceOf(PortTakenError);
        const variable = { demo: 'DEMO_PORT', subgraph: 'PORT', emr: 'EMR_PORT', sandbox: 'SANDBOX_PORT' }[part];
        expect((failure as Error).message).toContain(`Port ${other.port} is taken`);
        expect((failure as Error).message).toContain(` ${variable} `);
        await expect(fetch(`http://127.0.0.1:${free.port}/`)).rejects.toThrow(TypeError);
      } finally {
        await other.stop();
      }
    },
    30_000,
  );
});
