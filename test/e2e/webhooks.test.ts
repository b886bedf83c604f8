import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { askPatient, countCalls, getFullscriptPatientId, waitFor } from '../support/reading.ts';

const secret = 'sandbox-webhook-secret';
const challenge = 'sandbox-challenge';
const hero = 'p-1001';

interface Sent {
  status: number;
  text: string;
}

function sign(body: string, { key = secret, atMs = Date.now() }: { key?: string; atMs?: number } = {}): string {
  const seconds = Math.floor(atMs / 1000);
  return `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.`).update(body).digest('hex')}`;
}

async function post(
  url: string,
  body: string,
  signature?: string,
  headers: Record<string, string> = {},
): Promise<Sent> {
  const response = await fetch(`${url}/webhooks/fullscript`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      ...(signature ? { 'fullscript-signature': signature } : {}),
      ...headers,
    },
  });
  return { status: response.status, text: await response.text() };
}

function toEvent(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: randomUUID(),
    type: 'something.new',
    created_at: new Date().toISOString(),
    clinic_id: 'nobody',
    data: {},
    ...overrides,
  };
}

describe('POST /webhooks/fullscript', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ env: { FULLSCRIPT_WEBHOOK_SECRET: `new-secret,${secret}` } });
  });
  afterAll(() => deployment.stop());

  const accepted = { challenge };
  const sendSigned = (body: string, options?: Parameters<typeof sign>[1]) =>
    post(deployment.app.url, body, sign(body, options));

  it('answers the unsigned empty ping with the challenge and nothing else, with and without a content type', async () => {
    const ping = await post(deployment.app.url, '');
    expect([ping.status, JSON.parse(ping.text)]).toEqual([200, accepted]);
    const bare = await fetch(`${deployment.app.url}/webhooks/fullscript`, { method: 'POST' });
    expect([bare.status, await bare.json()]).toEqual([200, accepted]);
    expect(bare.headers.get('x-request-id')).toBeTruthy();
  });

  it('refuses a signature that is missing, wrong, old, from the future, or over other bytes, without the challenge', async () => {
    const body = JSON.stringify({ event: toEvent() });
    const { url } = deployment.app;
    const refused = [
      await post(url, body),
      await post(url, body, 'nonsense'),
      await post(url, body, sign(body, { key: 'somebody else' })),
      await post(url, body, sign(body, { atMs: Date.now() - 301_000 })),
      await post(url, body, sign(body, { atMs: Date.now() + 600_000 })),
      await post(url, `${body} `, sign(body)),
      await post(url, body, `t=${Math.floor(Date.now() / 1000)},v1=`),
      await post(url, ' ', undefined),
    ];
    for (const { status, text } of refused) {
      expect(status).toBe(401);
      expect(text).not.toContain(challenge);
    }
  });

  it('accepts each of several secrets, and a body with letters of all kinds', async () => {
    const body = JSON.stringify({ event: toEvent({ data: { note: 'Zoë 明 👍' } }) });
    for (const key of ['new-secret', secret]) {
      const { status, text } = await sendSigned(body, { key });
      expect([status, JSON.parse(text)]).toEqual([200, accepted]);
    }
  });

  it('understands the event in an envelope, in two, and bare', async () => {
    for (const wrap of [
      (event: object) => ({ event }),
      (event: object) => ({ event_payload: { event } }),
      (event: object) => event,
    ]) {
      const { status, text } = await sendSigned(JSON.stringify(wrap(toEvent())));
      expect([status, JSON.parse(text)]).toEqual([200, accepted]);
    }
  });

  it('says 400 without the challenge to what is signed and yet no event with an id and a type as text', async () => {
    const bodies = [
      'no json',
      'null',
      '[]',
      '"event"',
      '{}',
      '{"event":{}}',
      '{"event":[]}',
      JSON.stringify({ event: { id: 'only-an-id' } }),
      JSON.stringify({ event: { type: 'only.a.type' } }),
      JSON.stringify({ event: { id: 7, type: 'patient.created' } }),
      JSON.stringify({ event: { id: 'x', type: { a: 1 } } }),
      JSON.stringify({ event: { id: '', type: 'patient.created' } }),
    ];
    for (const body of bodies) {
      const { status, text } = await sendSigned(body);
      expect([body, status]).toEqual([body, 400]);
      expect(text).not.toContain(challenge);
    }
  });

  it('stores and acknowledges an unknown kind and an unknown clinic', async () => {
    const before = (await deployment.app.parts.store.inbox.depth()).pending;
    for (const event of [toEvent(), toEvent({ type: 'patient.updated' }), toEvent({ clinic_id: undefined })])
      expect((await sendSigned(JSON.stringify({ event }))).status).toBe(200);
    expect((await deployment.app.parts.store.inbox.depth()).pending).toBe(before + 3);
  });

  it('refuses bodies over 1 MiB with 413', async () => {
    const body = JSON.stringify({ event: toEvent({ data: { filler: 'x'.repeat(1_100_000) } }) });
    expect((await sendSigned(body)).status).toBe(413);
  });
});

describe('POST /webhooks/fullscript without secrets', () => {
  it('is answered 503, after a warning at the start, while everything else works', async () => {
    const deployment = await startDeployment({ env: { FULLSCRIPT_WEBHOOK_SECRET: undefined } });
    try {
      const body = JSON.stringify({ event: toEvent() });
      for (const sent of [await post(deployment.app.url, ''), await post(deployment.app.url, body, sign(body))]) {
        expect(sent.status).toBe(503);
        expect(sent.text).not.toContain(challenge);
      }
      expect(deployment.logs.some((line) => line.includes('webhooks are not configured'))).toBe(true);
      expect((await fetch(`${deployment.app.url}/readyz`)).status).toBe(200);
    } finally {
      await deployment.stop();
    }
  });
});

describeEachDatabase('An event from Fullscript', (get) => {
  let deployment: Deployment;
  let planId: string;
  const stored = async () => {
    const { patient } = await askPatient(
      deployment,
      'u-ada',
      hero,
      'treatmentPlans(first: 100, freshness: STORED) { nodes { id state personalMessage } }',
    );
    return (patient.treatmentPlans.nodes as { id: string; state: string; personalMessage: string }[]).find(
      (plan) => plan.id === planId,
    );
  };
  const runInbox = async (app = deployment.app) => {
    app.parts.runner.start();
    await waitFor('the inbox to be empty', async () => (await app.parts.store.inbox.depth()).pending === 0);
  };
  const send = (event: object) => {
    const body = JSON.stringify({ event });
    return post(deployment.app.url, body, sign(body));
  };

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  beforeEach(async () => {
    const { actions, state, faults, calls } = deployment.sandbox.sandbox;
    faults.clear();
    const ada = [...state.users.values()].find((user) => user.email === 'ada@cedarrow.example');
    const patientId = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
    planId = actions.createPlan(ada?.clinicId ?? '', {
      practitionerId: ada?.id ?? '',
      patientId,
      personalMessage: 'one',
    }).id;
    actions.sendPlan(planId);
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: CURRENT) { totalCount }');
    calls.clear();
  });

  const cancel = () => {
    const { actions, state } = deployment.sandbox.sandbox;
    const plan = actions.cancelPlan(planId);
    return { plan, event: state.events.at(-1) };
  };
  const toBody = (
    event: { id: string; type: string; createdAt: string; clinicId: string | null; data: object } | undefined,
  ) => ({
    id: event?.id,
    type: event?.type,
    created_at: event?.createdAt,
    clinic_id: event?.clinicId,
    data: event?.data,
  });

  it('is kept when the process that acknowledged it dies at once, and applied by the next, for at most three reads', async () => {
    const { event } = cancel();
    expect((await send(toBody(event))).status).toBe(200);
    expect((await stored())?.state).toBe('ACTIVE');
    expect(countCalls(deployment)).toBe(0);
    // This process does nothing more with it: its worker is off, as if it had been killed.
    const next = await deployment.startAnother({ WORKER: 'on' });
    await waitFor('the plan to be cancelled', async () => (await stored())?.state === 'CANCELLED');
    await next.parts.runner.stop();
    // Its sweep may have come upon other plans' events by now.
    const reads = deployment.sandbox.sandbox.calls.list().filter(({ path }) => path.includes(planId));
    expect(reads.length).toBeLessThanOrEqual(3);
  });

  it('costs nothing more when it comes again, however often and in whatever envelope', async () => {
    const { event } = cancel();
    await Promise.all(Array.from({ length: 5 }, () => send(toBody(event))));
    await runInbox();
    expect((await stored())?.state).toBe('CANCELLED');
    const seen = () => deployment.sandbox.sandbox.calls.list().filter(({ path }) => path.includes(planId)).length;
    expect(seen()).toBe(1);
    for (const body of [toBody(event), { event: toBody(event) }, { event_payload: { event: toBody(event) } }]) {
      const text = JSON.stringify(body);
      expect((await post(deployment.app.url, text, sign(text))).status).toBe(200);
    }
    expect((await deployment.app.parts.store.inbox.depth()).pending).toBe(0);
    expect(seen()).toBe(1);
  });

  it('is only a hint: what it says of the object is not believed', async () => {
    const event = {
      id: randomUUID(),
      type: 'treatment_plan.updated',
      created_at: new Date().toISOString(),
      clinic_id: deployment.sandbox.sandbox.state.plans.get(planId)?.clinicId,
      data: { treatment_plan: { id: planId, state: 'cancelled', personal_message: 'forged' } },
    };
    expect((await send(event)).status).toBe(200);
    await runInbox();
    expect(await stored()).toMatchObject({ state: 'ACTIVE', personalMessage: 'one' });
  });

  it('takes the object’s fields bare, without the noun around them', async () => {
    const { plan } = cancel();
    const event = {
      id: randomUUID(),
      type: 'treatment_plan.updated',
      created_at: new Date().toISOString(),
      clinic_id: plan.clinicId,
      data: { id: planId },
    };
    expect((await send(event)).status).toBe(200);
    await runInbox();
    expect((await stored())?.state).toBe('CANCELLED');
  });

  it('does not let an older answer overwrite a newer one', async () => {
    const { faults, state } = deployment.sandbox.sandbox;
    const plan = state.plans.get(planId);
    const { updatedAt } = plan ?? { updatedAt: '' };
    const { plan: cancelled, event } = cancel();
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: CURRENT) { totalCount }');
    const newer = cancelled.updatedAt;
    // Fullscript answers from an old replica.
    Object.assign(cancelled, { state: 'active', updatedAt });
    await send(toBody(event));
    await runInbox();
    expect((await stored())?.state).toBe('CANCELLED');
    Object.assign(cancelled, { state: 'cancelled', updatedAt: newer });
    faults.clear();
  });

  it('is tried again within 30 s after it failed, and applied then', async () => {
    const { event } = cancel();
    const { faults } = deployment.sandbox.sandbox;
    faults.add({ path: `/api/clinic/treatment_plans/${planId}`, status: 422 });
    await send(toBody(event));
    const startedMs = Date.now();
    deployment.app.parts.runner.start();
    await waitFor('the first failure', () => (faults.list()[0]?.hits ?? 0) > 0);
    faults.clear();
    await waitFor('the retry', async () => (await stored())?.state === 'CANCELLED', 30_000);
    expect(Date.now() - startedMs).toBeLessThan(30_000);
  }, 45_000);
});

describe('An event of the catalogue', () => {
  it('renames a product for its next readers, although the name was in memory and younger than a day', async () => {
    const deployment = await startDeployment({ env: { WORKER: 'on' }, withWebhooks: true });
    try {
      await deployment.connect('u-ada', 'ada@cedarrow.example');
      const selection = 'treatmentPlans(first: 100) { nodes { recommendations { product { id productId name } } } }';
      const read = async () => {
        const { patient } = await askPatient(deployment, 'u-ada', hero, selection);
        const plans = patient.treatmentPlans.nodes as {
          recommendations: { product: { productId: string; name: string } }[];
        }[];
        return plans.flatMap(({ recommendations }) => recommendations.map(({ product }) => product));
      };
      const [product] = await read();
      deployment.sandbox.sandbox.actions.updateProduct(product?.productId ?? '', { name: 'Renamed Remedy' });
      await waitFor('the new name', async () => (await read()).some(({ name }) => name === 'Renamed Remedy'));
    } finally {
      await deployment.stop();
    }
  });
});

describe('An event that keeps failing', () => {
  it('is parked at last, visibly, without keeping the others waiting, and what it may have changed is not called current', async () => {
    let offsetMs = 0;
    const now = () => new Date(Date.now() + offsetMs);
    const deployment = await startDeployment({ outside: { now }, emr: { now }, sandbox: { clock: now } });
    try {
      await deployment.connect('u-ada', 'ada@cedarrow.example');
      const { patient } = await askPatient(deployment, 'u-ada', hero, 'treatmentPlans { stale nodes { id } }');
      const [plan] = patient.treatmentPlans.nodes as { id: string }[];
      const clinicId = deployment.sandbox.sandbox.state.plans.get(plan?.id ?? '')?.clinicId;
      deployment.sandbox.sandbox.faults.add({ path: `/api/clinic/treatment_plans/${plan?.id}`, status: 422 });
      const event = toEvent({ type: 'treatment_plan.updated', clinic_id: clinicId, data: { id: plan?.id } });
      const body = JSON.stringify({ event });
      expect((await post(deployment.app.url, body, sign(body, { atMs: now().getTime() }))).status).toBe(200);
      deployment.app.parts.runner.start();
      const depth = () => deployment.app.parts.store.inbox.depth();
      await waitFor(
        'the event to be parked',
        async () => {
          // Time passes quickly, so that each wait is over when it has begun.
          offsetMs += 600_000;
          return (await depth()).parked === 1 ? true : null;
        },
        25_000,
      );
      expect((await depth()).pending).toBe(0);
      const metrics = await (await fetch(`${deployment.app.url}/metrics`)).text();
      expect(metrics).toMatch(/parked.*\b1\b/);
      const read = await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: STORED) { stale }');
      expect(read.patient.treatmentPlans.stale).toBe(true);
    } finally {
      await deployment.stop();
    }
  }, 45_000);
});

describe('An event that comes while an organization has no live account in its clinic', () => {
  it('leaves nothing there that a later sweep calls current, while another organization in the same clinic goes on', async () => {
    let offsetMs = 0;
    const now = () => new Date(Date.now() + offsetMs);
    const deployment = await startDeployment({ outside: { now }, emr: { now }, sandbox: { clock: now } });
    try {
      const { store, runner } = deployment.app.parts;
      const { clinicId } = await deployment.connect('u-ada', 'ada@cedarrow.example');
      // Another organization's user, in the same clinic.
      await deployment.connect('u-tomas', 'ben@cedarrow.example');
      const read = async () =>
        (await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: STORED) { stale nodes { id state } }'))
          .patient.treatmentPlans as { stale: boolean; nodes: { id: string; state: string }[] };
      await askPatient(deployment, 'u-ada', hero, 'treatmentPlans { totalCount }');
      const plan = (await read()).nodes.find(({ state }) => state === 'ACTIVE');
      const revoked = await deployment.ask('u-ada', 'mutation { revoke { revocation { id } } }');
      expect(revoked.errors).toEqual([]);

      offsetMs = 60_000;
      deployment.sandbox.sandbox.actions.cancelPlan(plan?.id ?? '');
      const event = toEvent({ type: 'treatment_plan.updated', clinic_id: clinicId, data: { id: plan?.id } });
      const body = JSON.stringify({ event });
      expect((await post(deployment.app.url, body, sign(body, { atMs: now().getTime() }))).status).toBe(200);
      runner.start();
      await waitFor('the event to be worked off', async () => (await store.inbox.depth()).pending === 0);
      await runner.stop();

      offsetMs = 120_000;
      await deployment.connect('u-ada', 'ada@cedarrow.example');
      for (const clinic of await store.clinics.listAll())
        await store.clinics.saveSweep(clinic.clinicKey, now().toISOString(), now().toISOString());
      const old = await read();
      expect(old.nodes).toContainEqual({ id: plan?.id, state: 'ACTIVE' });
      expect(old.stale).toBe(true);
    } finally {
      await deployment.stop();
    }
  }, 30_000);
});
