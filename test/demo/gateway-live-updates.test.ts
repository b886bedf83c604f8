import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createAdaptorServer } from '@hono/node-server';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createGateway, type Gateway } from '../../src/demo/gateway.ts';
import { composeSupergraph, fetchSubgraphSdl } from '../../src/demo/supergraph.ts';
import { gatewaySecret, startDeployment, type Deployment } from '../support/deployment.ts';
import { readEventStream, type EventStream } from '../support/following.ts';
import { getUser } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';

const hero = 'p-1001';
let deployment: Deployment;
let gateway: Gateway;
let server: ReturnType<typeof createAdaptorServer>;
let url: string;

beforeEach(async () => {
  deployment = await startDeployment({ withWebhooks: true, env: { WORKER: 'on' } });
  const { emr, app } = deployment;
  await deployment.connect('u-ada', 'ada@cedarrow.example');
  const secretHeaders = { 'x-gateway-secret': gatewaySecret };
  const subgraphUrl = `${app.url}/graphql`;
  gateway = createGateway({
    supergraphSdl: composeSupergraph([
      { name: 'emr', url: emr.graphqlUrl, sdl: await fetchSubgraphSdl(emr.graphqlUrl) },
      { name: 'fullscript', url: subgraphUrl, sdl: await fetchSubgraphSdl(subgraphUrl, secretHeaders) },
    ]),
    secretHeaders: { fullscript: secretHeaders },
  });
  server = createAdaptorServer({ fetch: (request) => gateway.fetch(request) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}, 60_000);

afterEach(async () => {
  if ('closeAllConnections' in server) server.closeAllConnections();
  server.close();
  await gateway.stop();
  await deployment.stop();
}, 60_000);

const whole = '{ at patient { id firstName } plan { id state } labOrder { id status } }';

async function follow(who: string, patientId = hero, selection = whole): Promise<EventStream> {
  return await readEventStream(url, {
    headers: { authorization: `Bearer ${await deployment.emr.tokenFor(who)}` },
    body: JSON.stringify({
      query: `subscription ($id: ID!) { fullscriptPatientChanged(patientId: $id) ${selection} }`,
      variables: { id: patientId },
    }),
  });
}

async function sendPlan(): Promise<string> {
  const answer = await askPatient(deployment, 'u-ada', hero, 'fullscriptAccount { id }');
  const { actions } = deployment.sandbox.sandbox;
  const { id: practitionerId, clinicId } = getUser(deployment);
  const patientId = (answer.patient as { fullscriptAccount: { id: string } }).fullscriptAccount.id;
  const plan = actions.createPlan(clinicId, { patientId, practitionerId, recommendations: [] });
  return actions.sendPlan(plan.id).id;
}

describe('Live updates through the gateway', () => {
  it('bring a plan that was sent, with what the EMR knows of the patient, and end at the subgraph when the browser goes', async () => {
    const subscriptions = deployment.app.liveStreams;
    const stream = await follow('u-ada');
    expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
    await waitFor('the subgraph to stream', () => subscriptions() === 1);
    const planId = await sendPlan();
    const last = await waitFor(
      'the plan',
      () => stream.results.find(({ data }) => data?.fullscriptPatientChanged?.plan?.id === planId),
      20_000,
    );
    expect(last.errors).toBeUndefined();
    expect(last.data).toEqual({
      fullscriptPatientChanged: {
        at: expect.any(String) as string,
        patient: { id: hero, firstName: deployment.emr.store.patients.get(hero)?.firstName },
        plan: { id: planId, state: 'ACTIVE' },
        labOrder: null,
      },
    });
    stream.leave();
    await waitFor('the subgraph to stop', () => subscriptions() === 0, 20_000);
  }, 60_000);

  it.each([whole, '{ at }'])(
    'end at the subgraph as soon as the browser goes, before anything was told: %s',
    async (selection) => {
      const stream = await follow('u-ada', hero, selection);
      await waitFor('the subgraph to stream', () => deployment.app.liveStreams() === 1);
      await waitFor('a sign of life', () => stream.comments() > 0);
      stream.leave();
      // Long before the next sign of life, at which one who has left would be noticed anyway.
      await waitFor('the subgraph to stop', () => deployment.app.liveStreams() === 0, 5_000);
    },
    60_000,
  );

  it('keep the code of a refusal', async () => {
    const stream = await follow('u-admin');
    expect((await stream.result(1)).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    expect(await stream.ended).toBe('complete');
  }, 60_000);

  it('are refused to who takes no streams, and none is left open at the subgraph', async () => {
    const authorization = `Bearer ${await deployment.emr.tokenFor('u-ada')}`;
    const query = `subscription { fullscriptPatientChanged(patientId: "${hero}") { at } }`;
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const headers = { authorization, accept, 'content-type': 'application/json' };
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
      expect(await answer.text()).toContain('accept: text/event-stream');
    }
    expect(deployment.app.liveStreams()).toBe(0);
  }, 60_000);

  it('say that the subgraph is gone when it stops', async () => {
    const stream = await follow('u-ada');
    await waitFor('the subgraph to stream', () => deployment.app.liveStreams() === 1);
    await deployment.app.stop();
    expect((await stream.result(1)).errors?.[0]?.extensions['code']).toBe('SUBGRAPH_UNAVAILABLE');
    expect(await stream.ended).toBe('complete');
  }, 60_000);
});
