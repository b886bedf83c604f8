import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startDemo, type RunningDemo } from '../../src/demo/start.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
let demo: RunningDemo;
let child: ChildProcess | undefined;

beforeAll(async () => {
  demo = await startDemo({ withPage: false });
}, 60_000);

afterAll(() => demo.stop());

afterEach(() => {
  child?.kill('SIGKILL');
  child = undefined;
});

function startGateway(environment: Record<string, string>) {
  const started = spawn(process.execPath, ['--import', 'tsx', 'src/demo/gateway-main.ts'], {
    cwd: repository,
    env: {
      ...process.env,
      GATEWAY_PORT: '0',
      SUBGRAPH_URL: `${demo.subgraph.url}/graphql`,
      EMR_SUBGRAPH_URL: demo.emr.graphqlUrl,
      GATEWAY_SECRET: demo.gatewaySecret,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  const said = { out: '', err: '' };
  started.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  started.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const exit = once(started, 'exit').then(([code]) => code as number | null);
  return { child: started, said, exit };
}

describe('the gateway by itself', () => {
  it('composes what two running services show, answers from both of them, and stops on a signal with 0', async () => {
    const { child: gateway, said, exit } = startGateway({});
    await expect.poll(() => said.out.includes('is ready') || said.err, { timeout: 60_000 }).toBe(true);
    const url = /ready: (http:\S+)\/graphql/.exec(said.out)?.[1] ?? '';

    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await demo.emr.tokenFor('u-ada')}` },
      body: JSON.stringify({ query: '{ patient(id: "p-1001") { firstName connectionStatus } }' }),
    });
    expect(await answer.json()).toEqual({ data: { patient: { firstName: 'Mira', connectionStatus: 'UNKNOWN' } } });

    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const visit = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
    expect(visit.url).toBe(`${url}/playground`);
    expect(await visit.text()).toContain('WhereDoIStand');

    gateway.kill('SIGTERM');
    expect(await exit).toBe(0);
  }, 90_000);

  it('waits for an EMR that starts later', async () => {
    const sdl = `
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
      scalar Date
      type Query { hello: String }
      type Patient @key(fields: "id") { id: ID! email: String firstName: String lastName: String dateOfBirth: Date }
      type Practitioner @key(fields: "id") { id: ID! }
      type Chart @key(fields: "id") { id: ID! }`;
    let isUp = false;
    const late = createServer((request, response) => {
      request.resume();
      response.writeHead(isUp ? 200 : 502, { 'content-type': 'application/json' });
      response.end(isUp ? JSON.stringify({ data: { _service: { sdl } } }) : 'not yet');
    });
    late.listen(0, '127.0.0.1');
    await once(late, 'listening');
    const url = `http://127.0.0.1:${(late.address() as AddressInfo).port}/graphql`;
    try {
      const { said } = startGateway({ EMR_SUBGRAPH_URL: url });
      await expect.poll(() => said.out, { timeout: 30_000 }).toContain(`${url} does not answer. Trying again.`);
      expect(said.out).not.toContain('is ready');
      isUp = true;
      await expect.poll(() => said.out + said.err, { timeout: 30_000 }).toContain('is ready');
    } finally {
      late.close();
    }
  }, 90_000);

  it('says what is missing, and ends with 1', async () => {
    const { said, exit } = startGateway({ SUBGRAPH_URL: '', GATEWAY_SECRET: '' });
    expect(await exit).toBe(1);
    expect(said.err).toContain('SUBGRAPH_URL: is required');
  }, 60_000);
});
