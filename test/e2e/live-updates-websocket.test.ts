import { createClient, type Client, type ClientOptions } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { getUser } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';

const hero = 'p-1001';
const query = `subscription { fullscriptPatientChanged(patientId: "${hero}") { patient { id } plan { id } } }`;

describe('Live updates over WebSocket', () => {
  let deployment: Deployment;
  let url: string;
  let token: string;
  let secret: string;
  const clients: Client[] = [];

  beforeAll(async () => {
    deployment = await startDeployment({ withWebhooks: true, env: { WORKER: 'on' } });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: CURRENT) { totalCount }');
    url = `${deployment.app.url.replace('http', 'ws')}/graphql`;
    token = await deployment.emr.tokenFor('u-ada');
    secret = deployment.env['GATEWAY_SECRET'] ?? '';
  }, 60_000);
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(async (client) => client.dispose()));
    await waitFor('all streams to end', () => deployment.app.liveStreams() === 0);
  });
  afterAll(() => deployment.stop(), 60_000);

  /** A client whose upgrade carries these headers, as a gateway's does. */
  function connect(headers: Record<string, string>, options: Partial<ClientOptions> = {}): Client {
    class WithHeaders extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols, { headers });
      }
    }
    const client = createClient({ url, webSocketImpl: WithHeaders, retryAttempts: 0, ...options });
    clients.push(client);
    return client;
  }

  /** Subscribes and collects what comes; `ended` tells how it ended. */
  function subscribe(client: Client, document = query) {
    const results: unknown[] = [];
    const ended = new Promise<unknown>((resolve) => {
      client.subscribe(
        { query: document },
        { next: (result) => results.push(result), error: resolve, complete: () => resolve('complete') },
      );
    });
    return { results, ended };
  }

  function sendPlan(): string {
    const { actions, state } = deployment.sandbox.sandbox;
    const { id: practitionerId, clinicId } = getUser(deployment);
    const patient = [...state.patients.values()].find(
      ({ email }) => email === deployment.emr.store.patients.get(hero)?.email,
    );
    const plan = actions.createPlan(clinicId, { patientId: patient?.id ?? '', practitionerId, recommendations: [] });
    return actions.sendPlan(plan.id).id;
  }

  const codesOf = (ended: unknown): unknown =>
    Array.isArray(ended) ? ended.map((error: { extensions?: { code?: unknown } }) => error.extensions?.code) : ended;

  it.each([
    ['in the headers of the upgrade', true, undefined],
    ['in connection_init', false, 'plain'],
    ['in the headers of connection_init', false, 'nested'],
  ])(
    'takes token and secret %s',
    async (_, inHeaders, inParams) => {
      const given = { Authorization: `Bearer ${token}`, 'x-gateway-secret': secret };
      const client = connect(
        inHeaders ? given : {},
        inParams === undefined ? {} : { connectionParams: inParams === 'plain' ? given : { headers: given } },
      );
      const { results } = subscribe(client);
      await waitFor('the stream', () => deployment.app.liveStreams() === 1);
      const planId = sendPlan();
      await waitFor('the plan', () => results.length > 0, 20_000);
      expect(results[0]).toEqual({
        data: { fullscriptPatientChanged: { patient: { id: hero }, plan: { id: planId } } },
      });
    },
    40_000,
  );

  it('refuses with the code of a read, and everything but subscriptions', async () => {
    const headers = { 'x-gateway-secret': secret };
    const asAda = connect({ ...headers, authorization: `Bearer ${token}` });
    const asAdmin = connect({ ...headers, authorization: `Bearer ${await deployment.emr.tokenFor('u-admin')}` });
    expect(codesOf(await subscribe(asAdmin).ended)).toEqual(['FORBIDDEN']);
    expect(codesOf(await subscribe(connect(headers)).ended)).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await subscribe(asAda, '{ __typename }').ended)).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await subscribe(asAda, 'mutation { revoke { __typename } }').ended)).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await subscribe(asAda, 'subscription { nothing }').ended)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    expect(codesOf(await subscribe(asAda, 'subscription {').ended)).toEqual(['GRAPHQL_PARSE_FAILED']);
  }, 40_000);

  it('refuses who has not the gateway’s secret, a silent client, another protocol and another path', async () => {
    const authorization = `Bearer ${token}`;
    expect(await subscribe(connect({ authorization })).ended).toMatchObject({ code: 4403 });
    const refusal = async (address: string, protocols: string[], headers: Record<string, string>): Promise<number> =>
      await new Promise((resolve) => {
        const socket = new WebSocket(address, protocols, { headers });
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        socket.on('close', (code) => resolve(code));
        socket.on('error', () => undefined);
      });
    const protocols = ['graphql-transport-ws'];
    expect(await refusal(url, protocols, { 'x-gateway-secret': 'wrong' })).toBe(401);
    expect(await refusal(url.replace('/graphql', '/metrics'), protocols, {})).toBe(404);
    expect(await refusal(url, protocols, { 'x-gateway-secret': secret })).toBe(4408);
    expect(await refusal(url, ['graphql-ws'], { 'x-gateway-secret': secret })).toBeGreaterThan(0);
    expect(deployment.logs.join('')).not.toContain(token);
  }, 40_000);

  it('closes connections with 1001 when the process stops, so that clients connect elsewhere', async () => {
    const other = await deployment.startAnother({ WORKER: 'off' });
    const client = connect(
      { authorization: `Bearer ${token}`, 'x-gateway-secret': secret },
      { url: `${other.url.replace('http', 'ws')}/graphql` },
    );
    const { ended } = subscribe(client);
    await waitFor('the stream', () => other.liveStreams() === 1);
    const startedAtMs = performance.now();
    await other.stop();
    expect(await ended).toMatchObject({ code: 1001 });
    expect(performance.now() - startedAtMs).toBeLessThan(8000);
  }, 40_000);
});
