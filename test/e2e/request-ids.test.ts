import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createGateway, type Gateway } from '../../src/demo/gateway.ts';
import { composeSupergraph, fetchSubgraphSdl } from '../../src/demo/supergraph.ts';
import { gatewaySecret, startDeployment, type Deployment } from '../support/deployment.ts';
import { waitFor } from '../support/reading.ts';
import { createRecordedFetch } from '../support/recorded-fetch.ts';

vi.setConfig({ testTimeout: 60_000 });

describe('A request’s id', () => {
  let deployment: Deployment;
  let gateway: Gateway;
  const wire = createRecordedFetch();
  const lines = (): Record<string, unknown>[] =>
    deployment.logs.map((line) => JSON.parse(line) as Record<string, unknown>);
  const toFullscript = () => wire.requests.filter(({ url }) => url.origin === new URL(deployment.sandbox.url).origin);
  const toEmr = () => wire.requests.filter(({ url }) => url.href === deployment.env['EMR_GRAPHQL_URL']);

  async function askGateway(requestId: string, query: string): Promise<unknown> {
    const answer = await gateway.fetch(
      new Request('http://gateway.example/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await deployment.emr.tokenFor('u-ada')}`,
          'x-request-id': requestId,
        },
        body: JSON.stringify({ query }),
      }),
    );
    return await answer.json();
  }

  beforeAll(async () => {
    deployment = await startDeployment({
      env: { INTROSPECTION: 'on', WORKER: 'on', EVENT_SWEEP_SECONDS: '1' },
      outside: { fetch: wire.fetch },
      withWebhooks: true,
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    const headers = { 'x-gateway-secret': gatewaySecret };
    const subgraph = `${deployment.app.url}/graphql`;
    const emr = deployment.emr.graphqlUrl;
    gateway = createGateway({
      supergraphSdl: composeSupergraph([
        { name: 'emr', url: emr, sdl: await fetchSubgraphSdl(emr, {}) },
        { name: 'fullscript', url: subgraph, sdl: await fetchSubgraphSdl(subgraph, headers) },
      ]),
      secretHeaders: { fullscript: headers },
    });
  }, 60_000);
  afterAll(async () => {
    await gateway.stop();
    await deployment.stop();
  });

  it('goes from the gateway into the log, to Fullscript, and to the EMR', async () => {
    await askGateway(
      'from-the-gateway.1',
      '{ patient(id: "p-1001") { id treatmentPlans { nodes { id } } } fullscriptPatientCandidates(patientId: "p-1004") { agrees } }',
    );
    expect(
      lines().filter(({ requestId, msg }) => requestId === 'from-the-gateway.1' && msg === 'Answered'),
    ).not.toEqual([]);
    const calls = toFullscript().filter(({ headers }) => headers['x-request-id'] === 'from-the-gateway.1');
    const paths = calls.map(({ url }) => url.pathname);
    expect(paths).toContain('/api/clinic/search/patients');
    expect(paths.filter((path) => path.endsWith('/treatment_plans'))).not.toEqual([]);
    // One line for each of these calls.
    const logged = lines().filter(
      ({ requestId, msg }) => requestId === 'from-the-gateway.1' && msg === 'a call to Fullscript',
    );
    expect(logged).toHaveLength(calls.length);
    for (const line of logged) expect(line['upstreamRequestId']).toEqual(expect.any(String));
    // The root field asks the EMR by itself.
    expect(toEmr().map(({ headers }) => headers['x-request-id'])).toContain('from-the-gateway.1');
  });

  it('comes back in the answer, and is made up when none came', async () => {
    const given = await deployment.ask('u-ada', '{ fullscriptViewer { connectionStatus } }', {
      headers: { 'x-request-id': 'mine-2' },
    });
    expect(given.headers.get('x-request-id')).toBe('mine-2');
    const made = await deployment.ask('u-ada', '{ fullscriptPatientCandidates(patientId: "p-1005") { agrees } }');
    const id = made.headers.get('x-request-id');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(toEmr().at(-1)?.headers['x-request-id']).toBe(id);
    expect(toFullscript().map(({ headers }) => headers['x-request-id'])).toContain(id);
  });

  it('stands beside a failure, with Fullscript’s own id of its answer', async () => {
    const fault = deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/search/patients', status: 503 });
    const { errors } = await deployment.ask(
      'u-ada',
      '{ fullscriptPatientCandidates(patientId: "p-1006") { agrees } }',
      {
        headers: { 'x-request-id': 'failing-3' },
      },
    );
    deployment.sandbox.sandbox.faults.clear();
    expect(fault.hits).toBeGreaterThan(0);
    expect(errors[0]?.extensions['code']).toBe('FULLSCRIPT_UNAVAILABLE');
    const told = lines().find(
      ({ requestId, msg }) => requestId === 'failing-3' && msg === 'a call to Fullscript failed',
    );
    const answered = deployment.sandbox.sandbox.calls.list().filter(({ status }) => status === 503);
    expect(told).toMatchObject({ status: 503, outcome: 'unavailable', upstreamRequestId: answered[0]?.requestId });
    expect(lines().filter(({ requestId, msg }) => requestId === 'failing-3' && msg === 'Refused')).not.toEqual([]);
  });

  it('is made of what is worked on when no request stands behind it', async () => {
    const { sandbox } = deployment.sandbox;
    const [patient] = sandbox.state.patients.values();
    const clinicId = [...sandbox.state.users.values()].find(({ email }) => email === 'ada@cedarrow.example')?.clinicId;
    sandbox.emit('patients', 'patient.updated', clinicId ?? '', { patient });
    const find = (prefix: string) => () =>
      toFullscript()
        .map(({ headers }) => headers['x-request-id'] ?? '')
        .find((id) => id.startsWith(prefix));
    const id = await waitFor('the event to be applied', find('event-'), 30_000);
    await waitFor('its line in the log', () => lines().some(({ requestId }) => requestId === id), 30_000);
    await waitFor('a sweep', find('sweep-'), 30_000);
  }, 60_000);
});
