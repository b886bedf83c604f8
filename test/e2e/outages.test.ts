import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultInput } from '../../src/sandbox/faults.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { askPatient, countCalls, getFullscriptPatientId, toRepresentation, waitFor } from '../support/reading.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

const minuteMs = 60_000;
const hero = 'p-1001';
const list = '{ totalCount stale syncedAt nodes { id state } }';

let deployment: Deployment;
let clock: TestClock;
let listPath: string;

async function start(env: Record<string, string> = {}): Promise<void> {
  clock = createTestClock();
  deployment = await startDeployment({
    env,
    outside: { now: clock.now },
    emr: { now: clock.now },
    sandbox: { clock: clock.now },
  });
  await deployment.connect('u-ada', 'ada@cedarrow.example');
  const id = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
  listPath = `/api/clinic/patients/${id}/treatment_plans`;
}

const ask = (freshness: string) =>
  askPatient(deployment, 'u-ada', hero, `treatmentPlans(freshness: ${freshness}) ${list}`);

const outages: { name: string; fault: FaultInput; code: string }[] = [
  { name: 'a 500', fault: { status: 500 }, code: 'FULLSCRIPT_UNAVAILABLE' },
  { name: 'a 503', fault: { status: 503, body: '<html>busy</html>' }, code: 'FULLSCRIPT_UNAVAILABLE' },
  { name: 'a broken connection', fault: { reset: true }, code: 'FULLSCRIPT_UNAVAILABLE' },
  { name: 'a time-out', fault: { latencyMs: 1200 }, code: 'FULLSCRIPT_UNAVAILABLE' },
  {
    name: 'a 429',
    fault: { status: 429, headers: { 'retry-after': '17' } },
    code: 'FULLSCRIPT_RATE_LIMITED',
  },
  { name: 'an answer that is no JSON', fault: { status: 200, body: '<html>' }, code: 'FULLSCRIPT_CONTRACT' },
  { name: 'a list without rows', fault: { status: 200, body: { hello: 'world' } }, code: 'FULLSCRIPT_CONTRACT' },
];

describe.each(outages)('Patient.treatmentPlans while Fullscript gives $name', ({ fault, code }) => {
  beforeAll(() => start({ FULLSCRIPT_TIMEOUT_MS: '300' }), 60_000);
  afterAll(() => deployment.stop());

  it('fails with the right code without a copy, answers STORED and the usual freshness from a copy as stale, and CURRENT never', async () => {
    deployment.sandbox.sandbox.faults.add({ path: listPath, ...fault });
    const cold = await ask('STALE_WHILE_REVALIDATE');
    expect(cold.patient).toEqual({ treatmentPlans: null });
    expect(cold.errors).toMatchObject([{ path: ['_entities', 0, 'treatmentPlans'], extensions: { code } }]);
    if (code === 'FULLSCRIPT_RATE_LIMITED')
      expect(cold.errors[0]?.extensions['retryAfterSeconds']).toBeGreaterThanOrEqual(1);
    const storedNothing = await ask('STORED');
    expect(storedNothing.patient.treatmentPlans).toMatchObject({ totalCount: 0, stale: true, syncedAt: null });

    deployment.sandbox.sandbox.faults.clear();
    // A pause that a 429 asked for ends by the clock.
    clock.forward(minuteMs);
    const syncedAt = clock.text();
    const good = await ask('CURRENT');
    expect(good.patient.treatmentPlans).toMatchObject({ stale: false, syncedAt });
    expect(good.patient.treatmentPlans.totalCount).toBeGreaterThan(0);

    clock.forward(16 * minuteMs);
    const { faults } = deployment.sandbox.sandbox;
    const rule = faults.add({ path: listPath, ...fault });
    for (const freshness of ['STALE_WHILE_REVALIDATE', 'STORED']) {
      const { patient, errors } = await ask(freshness);
      expect(errors).toEqual([]);
      expect(patient.treatmentPlans).toMatchObject({
        totalCount: good.patient.treatmentPlans.totalCount,
        stale: true,
        syncedAt,
      });
    }
    await waitFor('the refresh behind the answer', () => faults.list().find(({ id }) => id === rule.id)?.hits);
    const current = await ask('CURRENT');
    expect(current.patient.treatmentPlans).toBeNull();
    expect(current.errors).toMatchObject([{ extensions: { code } }]);
    // The copy has outlived all of it.
    expect((await ask('STALE_WHILE_REVALIDATE')).patient.treatmentPlans).toMatchObject({ stale: true, syncedAt });
  });
});

describe('An answer of Fullscript that is no outage', () => {
  beforeEach(() => start(), 60_000);
  afterEach(() => deployment.stop());

  it('hides the stored copy as soon as a withdrawn authorization is noticed, whatever the freshness', async () => {
    await ask('CURRENT');
    const ada = [...deployment.sandbox.sandbox.state.users.values()].find((user) => user.firstName === 'Ada');
    deployment.sandbox.sandbox.actions.revokeAuthorizationByUser(ada?.id ?? '');
    const noticed = await ask('CURRENT');
    expect(noticed.errors).toMatchObject([
      { extensions: { code: 'FULLSCRIPT_CONNECTION_REQUIRED', status: 'RECONNECT_REQUIRED' } },
    ]);
    for (const freshness of ['STORED', 'STALE_WHILE_REVALIDATE', 'CURRENT']) {
      const { patient, errors } = await ask(freshness);
      expect(patient.treatmentPlans).toBeNull();
      expect(errors).toMatchObject([
        { extensions: { code: 'FULLSCRIPT_CONNECTION_REQUIRED', status: 'RECONNECT_REQUIRED' } },
      ]);
    }
  });

  it('a 404 of a linked patient is NOT_FOUND, and what was stored of them is shown no more', async () => {
    await ask('CURRENT');
    clock.forward(16 * minuteMs);
    deployment.sandbox.sandbox.faults.add({ path: listPath, status: 404 });
    await ask('STALE_WHILE_REVALIDATE');
    const refused = await waitFor('the 404 to be noticed', async () => {
      const answer = await ask('STALE_WHILE_REVALIDATE');
      return answer.errors.length > 0 ? answer : null;
    });
    expect(refused.patient.treatmentPlans).toBeNull();
    expect(refused.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    expect((await ask('CURRENT')).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    expect((await ask('STORED')).patient.treatmentPlans).toMatchObject({ totalCount: 0, stale: true });
  });

  it('a 403 names the missing scope, hides what that scope covers and leaves the rest as it is', async () => {
    const labs = (freshness: string) =>
      askPatient(deployment, 'u-ada', hero, `labOrders(freshness: ${freshness}) { totalCount }`);
    expect((await labs('CURRENT')).patient.labOrders.totalCount).toBeGreaterThan(0);
    await ask('CURRENT');
    deployment.sandbox.sandbox.faults.add({
      path: '/api/clinic/labs/orders',
      status: 403,
      body: { error: 'Must have `patients:order_history` scope enabled' },
    });
    for (const freshness of ['CURRENT', 'STALE_WHILE_REVALIDATE', 'STORED']) {
      const { patient, errors } = await labs(freshness);
      expect(patient.labOrders, freshness).toBeNull();
      expect(errors).toMatchObject([
        {
          extensions: {
            code: 'FULLSCRIPT_CONNECTION_REQUIRED',
            status: 'RECONNECT_REQUIRED',
            missingScopes: ['patients:order_history'],
          },
        },
      ]);
    }
    expect((await ask('CURRENT')).errors).toEqual([]);
    expect((await ask('STORED')).patient.treatmentPlans.totalCount).toBeGreaterThan(0);
    const viewer = await deployment.ask(
      'u-ada',
      '{ fullscriptViewer { connectionStatus canRecommend accounts { missingScopes } } }',
    );
    expect(viewer.data.fullscriptViewer).toEqual({
      connectionStatus: 'RECONNECT_REQUIRED',
      canRecommend: true,
      accounts: [{ missingScopes: ['patients:order_history'] }],
    });
  });
});

describe('The time that a request gives to Fullscript', () => {
  afterEach(() => deployment.stop());

  it('ends at FULLSCRIPT_DEADLINE_MS however many calls hang, and the other patients keep their data', async () => {
    await start({ FULLSCRIPT_DEADLINE_MS: '700' });
    await askPatient(deployment, 'u-ada', 'p-1002', `treatmentPlans ${list}`);
    await askPatient(deployment, 'u-ada', hero, 'connectionStatus');
    deployment.sandbox.sandbox.faults.add({ path: listPath, latencyMs: 6000 });
    const startedMs = Date.now();
    const answer = await deployment.askEntities(
      'u-ada',
      [toRepresentation(deployment, hero), toRepresentation(deployment, 'p-1002')],
      `... on Patient { id treatmentPlans ${list} }`,
    );
    expect(Date.now() - startedMs).toBeLessThan(5500);
    expect(answer.data._entities[0]).toEqual({ id: hero, treatmentPlans: null });
    expect(answer.data._entities[1].treatmentPlans.totalCount).toBeGreaterThan(0);
    expect(answer.errors).toMatchObject([
      { path: ['_entities', 0, 'treatmentPlans'], extensions: { code: 'FULLSCRIPT_UNAVAILABLE' } },
    ]);
  }, 30_000);

  it('spends at most two seconds waiting for a Retry-After, and none for one that is longer', async () => {
    await start();
    await askPatient(deployment, 'u-ada', hero, 'connectionStatus');
    const { faults } = deployment.sandbox.sandbox;
    faults.add({ path: listPath, status: 429, headers: { 'retry-after': '1' }, count: 1 });
    clock.forward(1000);
    const patient = ask('STALE_WHILE_REVALIDATE');
    await waitFor('the first 429', () => faults.list()[0]?.hits === 1);
    // The clock of the pause is the test's own: it runs on until the second has passed, whenever the pause began.
    let answered = false;
    void patient.finally(() => (answered = true));
    await waitFor('the answer', () => {
      clock.forward(50);
      return answered;
    });
    expect((await patient).errors).toEqual([]);

    faults.clear();
    faults.add({ path: listPath, status: 429, headers: { 'retry-after': '30' } });
    // Whoever waited here would wait for ever, since the clock stands still, and hear of the deadline instead.
    const refused = await ask('CURRENT');
    expect(refused.errors).toMatchObject([{ extensions: { code: 'FULLSCRIPT_RATE_LIMITED', retryAfterSeconds: 30 } }]);
  }, 30_000);

  it('spends no more than two seconds on it with several calls one after the other either', async () => {
    // By the true time, for what is waited for is the true time too.
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    const { faults, calls } = deployment.sandbox.sandbox;
    listPath = `/api/clinic/patients/${getFullscriptPatientId(deployment, 'mira.okoye@mail.example')}/treatment_plans`;
    const paths = ['/api/clinic/metadata', '/api/clinic/search/patients', listPath];
    for (const path of paths) faults.add({ path, status: 429, headers: { 'retry-after': '1' }, count: 1 });
    const { errors } = await ask('STALE_WHILE_REVALIDATE');
    expect(errors).toMatchObject([{ extensions: { code: 'FULLSCRIPT_RATE_LIMITED' } }]);
    const repeated = paths.filter((path) => calls.list().filter((call) => call.path === path).length > 1);
    // The first second was waited for, and the second one unless the clock was a little over. A third never is.
    expect(repeated).toContain('/api/clinic/metadata');
    expect(repeated).not.toContain(listPath);
    // The next request has its own two seconds.
    expect((await ask('STALE_WHILE_REVALIDATE')).errors).toEqual([]);
  }, 30_000);

  it('answers with FULLSCRIPT_RATE_LIMITED, without a call, once the own budget is used up', async () => {
    await start({ FULLSCRIPT_RATE_LIMIT: '8' });
    await askPatient(deployment, 'u-ada', hero, 'connectionStatus');
    let refused = await ask('CURRENT');
    for (let tries = 0; refused.errors.length === 0 && tries < 10; tries += 1) refused = await ask('CURRENT');
    expect(countCalls(deployment)).toBeLessThanOrEqual(8);
    refused = await ask('CURRENT');
    expect(refused.errors).toMatchObject([{ extensions: { code: 'FULLSCRIPT_RATE_LIMITED' } }]);
    expect(refused.errors[0]?.extensions['retryAfterSeconds']).toBeGreaterThan(200);
    expect(countCalls(deployment)).toBeLessThanOrEqual(8);
  }, 30_000);
});

describe('A refresh behind the answer', () => {
  afterEach(() => deployment.stop());

  it('of a product whose copy cannot be written is logged, and ends nothing', async () => {
    await start();
    const selection = 'treatmentPlans(first: 100) { nodes { recommendations { product { name } } } }';
    const before = await askPatient(deployment, 'u-ada', hero, selection);
    await deployment.app.parts.database.write((tx) =>
      tx.run("CREATE TRIGGER full_disk BEFORE UPDATE ON product_variant BEGIN SELECT RAISE(ABORT, 'disk full'); END"),
    );
    clock.forward(25 * 60 * minuteMs);
    const after = await askPatient(deployment, 'u-ada', hero, selection);
    expect(after.errors).toEqual([]);
    expect(after.patient).toEqual(before.patient);
    await waitFor('the failure to be logged', () =>
      deployment.logs.some((line) => line.includes('a product could not be refreshed behind the answer')),
    );
  });
});
