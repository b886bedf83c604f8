import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seedPatients, seedUsers } from '../../src/sandbox/seed/people.ts';
import type { Plan } from '../../src/sandbox/state.ts';
import { createClient, request, startTestSandbox, waitUntil } from './sandbox-client.ts';

type Running = Awaited<ReturnType<typeof startTestSandbox>>;

interface Received {
  body: string;
  signature: string | null;
}

/** A webhook endpoint that notes what it gets; `answer` decides on the status and challenge by the number of the request. */
async function startEndpoint(
  answer: (nth: number) => { status?: number; challenge?: string; silent?: boolean } = () => ({}),
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const signature = incoming.headers['fullscript-signature'];
      received.push({
        body: Buffer.concat(chunks).toString('utf8'),
        signature: typeof signature === 'string' ? signature : null,
      });
      const { status = 200, challenge = 'sandbox-challenge', silent = false } = answer(received.length);
      if (silent) return;
      outgoing.writeHead(status, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ challenge }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
}

function createDraft(running: Running, patient = seedPatients[0]): Plan {
  const { actions, state } = running.sandbox;
  const [variantId] = state.variants.keys();
  if (patient === undefined || variantId === undefined) throw new Error('No seed');
  return actions.createPlan(state.patients.get(patient.id)?.clinicId ?? '', {
    patientId: patient.id,
    practitionerId: seedUsers.ada.id,
    recommendations: [
      {
        variantId,
        refill: false,
        unitsToPurchase: 1,
        takeWith: null,
        dosage: {
          amount: '1',
          frequency: 'every night',
          duration: null,
          format: null,
          additionalInfo: 'mañana',
          timeOfDay: [],
        },
      },
    ],
  });
}

describe('events', () => {
  it('record what is done on the pages, not what the API does', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    const { actions } = running.sandbox;
    const plan = createDraft(running);
    expect((await client('GET', '/events/treatment_plans')).body['events']).toEqual([]);
    actions.sendPlan(plan.id);
    actions.editActivePlan(plan.id, { personalMessage: 'only words' });
    actions.editActivePlan(plan.id, { recommendations: [] });
    await client('PATCH', `/clinic/treatment_plans/${plan.id}`, { personal_message: 'by API' });
    actions.cancelPlan(plan.id);
    const list = await client('GET', '/events/treatment_plans');
    expect((list.body['events'] as unknown as { type: string }[]).map((event) => event.type)).toEqual([
      'treatment_plan.created',
      'treatment_plan.recommendation.updated',
      'treatment_plan.updated',
    ]);
    expect(list.body['events']?.[0]).not.toHaveProperty('data');
    const detail = await client('GET', `/events/${String(list.body['events']?.[0]?.['id'])}`);
    const data = detail.body['event']?.['data']?.['treatment_plan'];
    expect(data).toMatchObject({ id: plan.id, active: 'true', available_at: '2026-03-02' });
    expect(data).not.toHaveProperty('patient');
  });

  it('tell of patients, emancipation included, in the own clinic only', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    const oscar = seedPatients.find((patient) => patient.firstName === 'Oscar');
    running.sandbox.actions.emancipate(oscar?.id ?? '', 'oscar@mail.example');
    const list = await client('GET', '/events/patients');
    const detail = await client('GET', `/events/${String(list.body['events']?.[0]?.['id'])}`);
    expect(detail.body['event']).toMatchObject({
      type: 'patient.emancipated',
      data: { patient: { id: oscar?.id, is_dependent: false, guardian_patient_id: null } },
    });
    const other = await createClient(running, seedUsers.ruth);
    expect((await other('GET', '/events/patients')).body['events']).toEqual([]);
  });

  it('are filtered by whole days and forgotten after thirty', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    running.sandbox.actions.sendPlan(createDraft(running).id);
    const count = async (filter: string): Promise<number> =>
      (await client('GET', `/events/treatment_plans?created_at=${encodeURIComponent(filter)}`)).body['events']?.[
        'length'
      ] as unknown as number;
    expect(await count('>2026-03-01')).toBe(1);
    expect(await count('>2026-03-02')).toBe(0);
    expect(await count('<2026-03-03')).toBe(1);
    expect(await count('2026-03-01..2026-03-02')).toBe(1);
    running.sandbox.setClockOffset(30 * 86_400_000);
    const later = await createClient(running, seedUsers.ada);
    expect((await later('GET', '/events/treatment_plans')).body['events']).toEqual([]);
  });
});

describe('webhooks', () => {
  it('send an empty request first and then the signed event', async () => {
    const endpoint = await startEndpoint();
    const running = await startTestSandbox({ webhooks: { target: endpoint.url } });
    const client = await createClient(running, seedUsers.ada);
    running.sandbox.actions.sendPlan(createDraft(running).id);
    await running.sandbox.webhooks.settle();

    const [ping, payload] = endpoint.received;
    expect(ping).toEqual({ body: '', signature: null });
    const event = (JSON.parse(payload?.body ?? '') as { event: Record<string, unknown> }).event;
    expect(event).toMatchObject({ type: 'treatment_plan.created', integration_id: expect.any(String) });
    const [, t = '', v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(payload?.signature ?? '') ?? [];
    expect(Number(t)).toBe(Date.parse('2026-03-02T14:00:00.000Z') / 1000);
    const mac = createHmac('sha256', 'sandbox-webhook-secret').update(`${t}.${payload?.body}`).digest('hex');
    expect(v1).toBe(mac);

    const deliveries = await client('GET', `/webhooks/deliveries?event_id=${String(event['id'])}`);
    expect(deliveries.body['webhook_deliveries']).toMatchObject([
      { attempt_number: 1, successfully_delivered: true, response_status: 200, event_payload: { event } },
    ]);
  });

  it('wrap the event as told', async () => {
    const endpoint = await startEndpoint();
    const running = await startTestSandbox({ webhooks: { target: endpoint.url } });
    await createClient(running, seedUsers.ada);
    for (const envelope of ['event_payload', 'bare'] as const) {
      running.sandbox.settings.webhooks.envelope = envelope;
      running.sandbox.actions.sendPlan(createDraft(running).id);
      await running.sandbox.webhooks.settle();
    }
    const bodies = endpoint.received.filter(({ body }) => body !== '').map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies).toMatchObject([
      { event_payload: { event: { type: 'treatment_plan.created' } } },
      { type: 'treatment_plan.created' },
    ]);
  });

  it('are not sent without a live token of the clinic with the scope', async () => {
    const endpoint = await startEndpoint();
    const running = await startTestSandbox({ webhooks: { target: endpoint.url } });
    const { actions, app, webhooks } = running.sandbox;
    await createClient(running, seedUsers.ruth);
    actions.sendPlan(createDraft(running).id);
    app.scopes = ['patients:read'];
    await createClient(running, seedUsers.ben);
    actions.sendPlan(createDraft(running).id);
    app.scopes = ['patients:treatment_plan_history'];
    await createClient(running, seedUsers.ada);
    actions.revokeAuthorizationByUser(seedUsers.ada.id);
    actions.sendPlan(createDraft(running).id);
    await webhooks.settle();
    expect(endpoint.received).toEqual([]);
  });

  it('try six times while the challenge is wrong, then give up', async () => {
    const endpoint = await startEndpoint(() => ({ challenge: 'wrong' }));
    const running = await startTestSandbox({ webhooks: { target: endpoint.url, scheduleMs: [1, 1, 1, 1, 1] } });
    await createClient(running, seedUsers.ada);
    running.sandbox.actions.sendPlan(createDraft(running).id);
    const { deliveries } = running.sandbox.state;
    await waitUntil(() => deliveries.length === 6 && deliveries[5]?.errors.length === 1);
    await running.sandbox.webhooks.settle();
    expect(deliveries.map((delivery) => delivery.attemptNumber)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(deliveries.every((delivery) => !delivery.delivered)).toBe(true);
    expect(deliveries[5]?.nextAttemptAt).toBeNull();
    expect(endpoint.received).toHaveLength(6);
  });

  it('count an answer that comes too late as failure and try again', async () => {
    const endpoint = await startEndpoint((nth) => ({ silent: nth === 1 }));
    const running = await startTestSandbox({ webhooks: { target: endpoint.url, timeoutMs: 50, scheduleMs: [1] } });
    await createClient(running, seedUsers.ada);
    running.sandbox.actions.sendPlan(createDraft(running).id);
    const { deliveries } = running.sandbox.state;
    await waitUntil(() => deliveries[1]?.delivered === true);
    expect(deliveries[0]).toMatchObject({ delivered: false, errors: ['No response in time'] });
  });

  it('stop for good after 410', async () => {
    const endpoint = await startEndpoint(() => ({ status: 410 }));
    const running = await startTestSandbox({ webhooks: { target: endpoint.url, scheduleMs: [1] } });
    await createClient(running, seedUsers.ada);
    running.sandbox.actions.sendPlan(createDraft(running).id);
    await running.sandbox.webhooks.settle();
    expect(running.sandbox.settings.webhooks.enabled).toBe(false);
    running.sandbox.actions.sendPlan(createDraft(running).id);
    await running.sandbox.webhooks.settle();
    expect(endpoint.received).toHaveLength(1);
  });

  it('can be doubled, dropped and put out of order', async () => {
    const endpoint = await startEndpoint();
    const running = await startTestSandbox({ webhooks: { target: endpoint.url, duplicateShare: 1 } });
    await createClient(running, seedUsers.ada);
    const { actions, settings, webhooks } = running.sandbox;
    const readIds = (): string[] =>
      endpoint.received
        .filter(({ body }) => body !== '')
        .map(({ body }) => (JSON.parse(body) as { event: { id: string } }).event.id);

    actions.sendPlan(createDraft(running).id);
    await webhooks.settle();
    expect(readIds()).toHaveLength(2);
    expect(new Set(readIds()).size).toBe(1);

    endpoint.received.length = 0;
    Object.assign(settings.webhooks, { duplicateShare: 0, dropShare: 1 });
    actions.sendPlan(createDraft(running).id);
    await webhooks.settle();
    expect(endpoint.received).toEqual([]);

    Object.assign(settings.webhooks, { dropShare: 0, reorder: true });
    const plan = createDraft(running);
    actions.sendPlan(plan.id);
    await webhooks.settle();
    expect(endpoint.received).toEqual([]);
    actions.cancelPlan(plan.id);
    await waitUntil(() => readIds().length === 2);
    const [created, updated] = running.sandbox.state.events.slice(-2);
    expect(readIds()).toEqual([updated?.id, created?.id]);
  });

  it('are not fed by anonymous callers', async () => {
    const running = await startTestSandbox();
    expect((await request(`${running.apiUrl}/webhooks/deliveries`)).status).toBe(401);
  });
});
