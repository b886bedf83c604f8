import BetterSqlite3 from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultApp } from '../../src/sandbox/defaults.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { getUser } from '../support/people.ts';
import { askPatient, getFullscriptPatientId, waitFor } from '../support/reading.ts';
import { findUrl, spawnProcess, type SpawnedProcess } from '../support/spawned-process.ts';
import { sendWebhook, signWebhook, toWebhook, toWebhookOf } from '../support/webhooks.ts';

const hero = 'p-1001';
/** Within these Fullscript must have its answer. */
const patienceMs = 2000;

/** Sends bytes as they are and gives everything that comes back until the other side closes. */
function speak(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(request));
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

describeEachDatabase('A webhook', (get) => {
  let deployment: Deployment;
  const running = new Set<SpawnedProcess>();

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(async () => {
    deployment.sandbox.sandbox.faults.clear();
    await get().db.write((tx) => tx.run('DELETE FROM webhook_event'));
  });
  afterEach(() => {
    for (const { child } of running) child.kill('SIGKILL');
    running.clear();
  });

  const pending = async () => (await deployment.app.parts.store.inbox.depth()).pending;

  it('is acknowledged in time when 200 come at once, while the worker is at work and Fullscript hangs', async () => {
    const { faults, state } = deployment.sandbox.sandbox;
    const clinicId = getUser(deployment).clinicId;
    const plans = [...state.plans.values()].filter((plan) => plan.clinicId === clinicId);
    faults.add({ path: '/api/clinic/*', latencyMs: 3000, status: 503 });
    const worker = await deployment.startAnother({ WORKER: 'on' });
    const toEvent = (_: unknown, index: number) =>
      toWebhook({ clinic_id: clinicId, data: { id: plans[index % plans.length]?.id } });
    try {
      await Promise.all(Array.from({ length: 40 }, toEvent).map((event) => sendWebhook(worker.url, event)));
      await waitFor('the worker to be at work', () => (faults.list()[0]?.hits ?? 0) > 0);
      const inserts = () => deployment.statements.filter((sql) => sql.startsWith('INSERT INTO webhook_event')).length;
      const before = inserts();
      const sent = await Promise.all(
        Array.from({ length: 200 }, toEvent).map((event) => sendWebhook(worker.url, event)),
      );
      expect(sent.map(({ status, challenged }) => [status, challenged])).toEqual(sent.map(() => [200, true]));
      // What comes while others are being stored is stored together. SQLite stores in no time.
      if (get().db.engine !== 'sqlite') expect(inserts() - before).toBeLessThan(100);
      // A machine that is busy with other tests is given what as many trivial requests take it.
      const trivialMs = performance.now();
      await Promise.all(sent.map(() => fetch(`${worker.url}/healthz`).then((response) => response.text())));
      const allowedMs = Math.max(patienceMs, 5 * (performance.now() - trivialMs));
      expect(Math.max(...sent.map(({ tookMs }) => tookMs))).toBeLessThan(allowedMs);
      const [row] = await get().db.read<{ total: number }>('SELECT COUNT(*) AS total FROM webhook_event');
      expect(row?.total).toBe(240);
    } finally {
      await worker.stop();
    }
  }, 60_000);

  it('is neither acknowledged nor challenged while it cannot be stored, and taken when Fullscript sends it again', async () => {
    const { db } = get();
    const event = toWebhook();
    await db.write((tx) => tx.run('ALTER TABLE webhook_event RENAME TO webhook_event_away'));
    try {
      const refused = await sendWebhook(deployment.app.url, event);
      expect(refused).toMatchObject({ status: 500, challenged: false });
    } finally {
      await db.write((tx) => tx.run('ALTER TABLE webhook_event_away RENAME TO webhook_event'));
    }
    expect(await sendWebhook(deployment.app.url, event)).toMatchObject({ status: 200, challenged: true });
    expect(await pending()).toBe(1);
  });

  it('keeps the ids that it takes to read the object, and nothing else of what it says', async () => {
    const told = {
      id: 'a-plan',
      patient_id: 7,
      first_name: 'Marguerite',
      patient: { id: 'p', first_name: 'Marguerite' },
      deep: Array.from({ length: 90 }).reduce<object>((inner) => ({ inner }), {}),
      half: '\ud800',
      nothing: '\u0000',
    };
    const event = toWebhook({ clinic_id: 4711, data: { treatment_plan: told } });
    expect(await sendWebhook(deployment.app.url, event)).toMatchObject({ status: 200, challenged: true });
    const [row] = await get().db.read<{ payload: string; clinic_id: string }>('SELECT * FROM webhook_event');
    expect(row?.clinic_id).toBe('4711');
    expect(JSON.parse(row?.payload ?? '')).toEqual({ id: 'a-plan', patient_id: '7' });
  });

  it('may have ids of any kind, up to 255 characters, that differ in a blank or a letter’s case', async () => {
    const long = 'é'.repeat(255);
    const ids = [long, 'Event', 'event', 'event ', ' event', 'ev\u0301ent', '👍', "'; --", '%'];
    for (const id of ids) {
      const event = toWebhook({ id, clinic_id: long, data: { id: long } });
      expect(await sendWebhook(deployment.app.url, event)).toMatchObject({ status: 200, challenged: true });
    }
    const rows = await get().db.read<{ event_id: string }>('SELECT event_id FROM webhook_event');
    expect(rows.map((row) => row.event_id).sort()).toEqual([...ids].sort());
    for (const id of ids) await sendWebhook(deployment.app.url, toWebhook({ id, clinic_id: long }));
    expect(await pending()).toBe(ids.length);
    expect(await sendWebhook(deployment.app.url, toWebhook({ id: `${long}é` }))).toMatchObject({
      status: 400,
      challenged: false,
    });
  });

  it('is applied by the next process when the one that acknowledged it is killed before it could', async () => {
    const { sandbox } = deployment.sandbox;
    const ada = getUser(deployment);
    const patientId = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
    const { id } = sandbox.actions.createPlan(ada.clinicId, { practitionerId: ada.id, patientId });
    sandbox.actions.sendPlan(id);
    const read = async () => {
      const list = 'treatmentPlans(first: 100, freshness: STORED) { nodes { id state } }';
      const { patient } = await askPatient(deployment, 'u-ada', hero, list);
      return (patient.treatmentPlans.nodes as { id: string; state: string }[]).find((plan) => plan.id === id)?.state;
    };
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: CURRENT) { totalCount }');
    sandbox.actions.cancelPlan(id);
    const event = toWebhookOf(sandbox.state.events.at(-1));
    // Whoever asks for the plan gets no answer as long as the process lives.
    const hanging = sandbox.faults.add({ path: `/api/clinic/treatment_plans/${id}`, latencyMs: 20_000, status: 503 });
    const dying = spawnProcess({ ...deployment.env, WORKER: 'on', EVENT_SWEEP_SECONDS: '3600' });
    running.add(dying);
    const url = await findUrl(dying);
    expect(await sendWebhook(url, event)).toMatchObject({ status: 200, challenged: true });
    await waitFor('the event to be under way', () => hanging.hits > 0, 30_000);
    dying.child.kill('SIGKILL');
    await dying.ended;
    expect(await read()).toBe('ACTIVE');
    sandbox.faults.clear();

    // What the dead one held is free a minute later; nobody else's sweep tells of it.
    const later = () => new Date(Date.now() + 61_000);
    const next = await deployment.startAnother({ WORKER: 'off' }, { now: later });
    next.parts.runner.start(['inbox']);
    await waitFor('the plan to be cancelled', async () => (await read()) === 'CANCELLED', 30_000);
    await next.stop();
  }, 180_000);
});

describe('A webhook to a SQLite database that another process writes', () => {
  it('waits for the other one, and is stored before it is acknowledged', async () => {
    const deployment = await startDeployment();
    const other = new BetterSqlite3((deployment.env['DATABASE_URL'] ?? '').replace('sqlite:', ''));
    try {
      other.exec('BEGIN IMMEDIATE');
      let answered = 0;
      const sent = Array.from({ length: 20 }, async () => {
        const acknowledgement = await sendWebhook(deployment.app.url, toWebhook());
        answered += 1;
        return acknowledgement;
      });
      const began = () => deployment.statements.filter((sql) => sql === 'BEGIN IMMEDIATE').length;
      const before = began();
      await waitFor('somebody to have tried in vain', () => began() > before + 2);
      // The service answers everything else meanwhile.
      expect((await fetch(`${deployment.app.url}/readyz`)).status).toBe(200);
      expect(answered).toBe(0);
      other.exec('COMMIT');
      for (const acknowledgement of await Promise.all(sent))
        expect(acknowledgement).toMatchObject({ status: 200, challenged: true });
      expect((await deployment.app.parts.store.inbox.depth()).pending).toBe(20);
    } finally {
      other.close();
      await deployment.stop();
    }
  }, 30_000);
});

describe('The trial of the address', () => {
  const head = (extra: string) => `POST /webhooks/fullscript HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${extra}\r\n`;
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment();
  });
  afterAll(() => deployment.stop());

  it.each([
    ['no length and no type', ''],
    ['the length 0', 'content-length: 0\r\n'],
    ['the length 0 and a type', 'content-length: 0\r\ncontent-type: application/json; charset=utf-8\r\n'],
    ['another type', 'content-length: 0\r\ncontent-type: application/x-www-form-urlencoded\r\n'],
    ['a signature over nothing', `content-length: 0\r\nfullscript-signature: ${signWebhook('')}\r\n`],
    ['a signature of somebody else', 'content-length: 0\r\nfullscript-signature: t=1,v1=00\r\n'],
    ['no chunk at all', 'transfer-encoding: chunked\r\ncontent-type: application/json\r\n', '0\r\n\r\n'],
  ])('is answered with the challenge when it comes with %s', async (_, headers, body = '') => {
    const answer = await speak(deployment.app.url, head(headers) + body);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.trimEnd().endsWith(`{"challenge":"${defaultApp.challenge}"}`)).toBe(true);
  });

  it('reveals nothing to other methods', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const response = await fetch(`${deployment.app.url}/webhooks/fullscript`, { method });
      expect([method, response.status]).toEqual([method, 404]);
      expect(await response.text()).not.toContain(defaultApp.challenge);
    }
  });

  it('is told from an event without a content type, which has to be signed', async () => {
    const body = JSON.stringify({ event: toWebhook({ id: randomUUID() }) });
    const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
    expect(await speak(deployment.app.url, head(length) + body)).toMatch(/^HTTP\/1\.1 401 /);
    const signed = `${length}fullscript-signature: ${signWebhook(body)}\r\n`;
    expect(await speak(deployment.app.url, head(signed) + body)).toMatch(/^HTTP\/1\.1 200 /);
    expect((await deployment.app.parts.store.inbox.depth()).pending).toBe(1);
  });
});
