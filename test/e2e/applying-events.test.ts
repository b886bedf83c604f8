import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { toClinicKey } from '../../src/store/keys.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { getPatient, getUser } from '../support/people.ts';
import { askPatient, getFullscriptPatientId, waitFor } from '../support/reading.ts';
import { sendWebhook, toWebhook } from '../support/webhooks.ts';

const hero = 'p-1001';

interface EventRow {
  state: string;
  attempts: number;
  last_error: string | null;
  received_at: string;
}

/** What a test of this file may leave behind. */
const cleared = [
  'account',
  'clinic',
  'webhook_event',
  'treatment_plan',
  'copy_sync',
  'fullscript_patient',
  'integration_switch',
];

describeEachDatabase('Events that wait', (get) => {
  let deployment: Deployment;
  const now = () => new Date();
  let clinicId: string;

  beforeEach(async () => {
    for (const table of cleared) await get().db.write((tx) => tx.run(`DELETE FROM ${table}`));
    deployment = await startDeployment({ databaseUrl: get().url });
    ({ clinicId } = await deployment.connect('u-ada', 'ada@cedarrow.example'));
  }, 60_000);
  afterEach(() => deployment.stop());

  const sandbox = () => deployment.sandbox.sandbox;
  const store = () => deployment.app.parts.store;
  const send = async (type: string, id: string, more: object = {}) => {
    const event = toWebhook({ type, clinic_id: clinicId, created_at: now().toISOString(), data: { id }, ...more });
    expect(await sendWebhook(deployment.app.url, event, now())).toMatchObject({ status: 200, challenged: true });
  };
  const countReads = (id: string) =>
    sandbox()
      .calls.list()
      .filter(({ path }) => path.endsWith(`/${id}`)).length;
  const readRows = () =>
    get().db.read<EventRow>('SELECT state, attempts, last_error, received_at FROM webhook_event ORDER BY id');
  const untilDone = (withinMs = 20_000) =>
    waitFor('the events to be worked off', async () => (await store().inbox.depth()).pending === 0, withinMs);
  /** Ends each of the only event's waits, and makes it older by `ageMs` each time, until something has come about. */
  const hurryUntil = (what: string, isSo: (row: EventRow | undefined) => boolean, ageMs = 0) =>
    waitFor(
      what,
      async () => {
        const [row] = await readRows();
        if (row === undefined || isSo(row)) return row !== undefined;
        const failures = deployment.logs.filter((line) => line.includes('an event could not be applied')).length;
        const receivedAt = new Date(Date.parse(row.received_at) - ageMs).toISOString();
        // Whoever takes it counts an attempt: so it is not touched while it is under way.
        const hurried = await get().db.write((tx) =>
          tx.run(
            "UPDATE webhook_event SET run_at = '2000-01-01T00:00:00.000Z', received_at = ? WHERE state = 'PENDING' AND attempts = ? AND run_at > ?",
            [receivedAt, failures, '2001-01-01T00:00:00.000Z'],
          ),
        );
        if (hurried > 0) deployment.app.parts.runner.wake('inbox');
        return false;
      },
      60_000,
    );

  function addPlan(): string {
    const ada = getUser(deployment);
    const patientId = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
    const { id } = sandbox().actions.createPlan(clinicId, { practitionerId: ada.id, patientId });
    sandbox().actions.sendPlan(id);
    return id;
  }

  it('are read once for all that tell of the same object', async () => {
    const plan = addPlan();
    const patientId = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
    for (let count = 0; count < 20; count += 1) {
      await send(count % 2 === 0 ? 'treatment_plan.updated' : 'treatment_plan.recommendation.updated', plan);
      await send('patient.updated', patientId);
    }
    sandbox().calls.clear();
    deployment.app.parts.runner.start(['inbox']);
    await untilDone();
    expect([countReads(plan), countReads(patientId)]).toEqual([1, 1]);
    expect(await store().plans.find({ clinicKey: toClinicKey('org-juniper', clinicId), id: plan })).not.toBeNull();
    // What comes later is read again: it may tell of a later change.
    await send('treatment_plan.updated', plan);
    await untilDone();
    expect(countReads(plan)).toBe(2);
  }, 60_000);

  it('are applied once each by several processes that work at the same time', async () => {
    const plans = Array.from({ length: 60 }, addPlan);
    for (const plan of plans) await send('treatment_plan.created', plan);
    sandbox().calls.clear();
    const workers = await Promise.all([1, 2, 3].map(() => deployment.startAnother({ WORKER: 'off' })));
    for (const { parts } of workers) parts.runner.start(['inbox']);
    await untilDone();
    expect(plans.map(countReads)).toEqual(plans.map(() => 1));
    expect(new Set((await readRows()).map(({ state, attempts }) => `${state} ${String(attempts)}`))).toEqual(
      new Set(['DONE 1']),
    );
  }, 60_000);

  it('of one object in two processes at once leave the newer state, whichever answer comes last', async () => {
    const plan = addPlan();
    const clinicKey = toClinicKey('org-juniper', clinicId);
    const other = await deployment.startAnother({ WORKER: 'off' });
    // The first reader is held up before Fullscript looks; the second one sees the cancelled plan meanwhile.
    const held = sandbox().faults.add({ path: `/api/clinic/treatment_plans/${plan}`, latencyMs: 1500, count: 1 });
    await send('treatment_plan.created', plan);
    deployment.app.parts.runner.start(['inbox']);
    await waitFor('the first to read', () => held.hits > 0);
    sandbox().actions.cancelPlan(plan);
    await send('treatment_plan.updated', plan);
    other.parts.runner.start(['inbox']);
    await untilDone();
    expect((await store().plans.find({ clinicKey, id: plan }))?.state).toBe('CANCELLED');
  }, 60_000);

  it('do not wait for one that hangs', async () => {
    const [hanging, plan] = [addPlan(), addPlan()];
    sandbox().faults.add({ path: `/api/clinic/treatment_plans/${hanging}`, latencyMs: 60_000 });
    await send('treatment_plan.updated', hanging);
    deployment.app.parts.runner.start(['inbox']);
    await waitFor('it to hang', () => (sandbox().faults.list()[0]?.hits ?? 0) > 0);
    await send('treatment_plan.updated', plan);
    await waitFor('the other', async () => (await readRows())[1]?.state === 'DONE', 20_000);
    expect((await readRows())[0]).toMatchObject({ state: 'PENDING', attempts: 1, last_error: null });
  }, 60_000);

  it('are free at once when the process that holds them is told to stop', async () => {
    const plan = addPlan();
    sandbox().faults.add({ path: `/api/clinic/treatment_plans/${plan}`, latencyMs: 60_000 });
    const stopping = await deployment.startAnother({ WORKER: 'off' });
    await send('treatment_plan.created', plan);
    stopping.parts.runner.start(['inbox']);
    await waitFor('it to hang', () => (sandbox().faults.list()[0]?.hits ?? 0) > 0);
    await stopping.stop();
    expect(await readRows()).toMatchObject([{ state: 'PENDING', attempts: 0, last_error: null }]);
    sandbox().faults.clear();
    deployment.app.parts.runner.start(['inbox']);
    await untilDone();
    expect((await readRows())[0]).toMatchObject({ state: 'DONE', attempts: 1 });
  }, 60_000);

  it('fail for one organization and are applied for another, whose part is not done again; only the one sees it parked', async () => {
    await deployment.connect('u-tomas', 'ben@cedarrow.example');
    const plan = addPlan();
    const keys = ['org-juniper', 'org-tamarack'].map((organizationId) => ({
      organizationId,
      clinicKey: toClinicKey(organizationId, clinicId),
    }));
    const has = async ({ clinicKey }: { clinicKey: string }) =>
      (await store().plans.find({ clinicKey, id: plan })) !== null;
    // The first to read it gets an answer, the other one never.
    sandbox().faults.add({ path: `/api/clinic/treatment_plans/${plan}`, status: 422, skip: 1 });
    await send('treatment_plan.created', plan);
    deployment.app.parts.runner.start(['inbox']);
    await hurryUntil('it to be parked', (row) => row?.state === 'PARKED');
    const applied = await Promise.all(keys.map(has));
    expect([...applied].sort()).toEqual([false, true]);
    expect(countReads(plan)).toBe(1 + 8);

    const boss = async (organizationId: string) =>
      `token:${await deployment.emr.signToken({ sub: 'u-boss', org: organizationId, roles: ['admin'] })}`;
    for (const [at, { organizationId }] of keys.entries()) {
      const seen = await deployment.ask(
        await boss(organizationId),
        `{ fullscriptSync { pendingEvents oldestPendingEventAt parkedEvents }
           fullscriptParkedEvents { nodes { id type attempts reason clinic { id } } } }`,
      );
      const parked = applied[at] ? 0 : 1;
      expect(seen.errors).toEqual([]);
      expect(seen.data.fullscriptSync).toEqual({ pendingEvents: 0, oldestPendingEventAt: null, parkedEvents: parked });
      expect(seen.data.fullscriptParkedEvents.nodes).toMatchObject(
        applied[at]
          ? []
          : [{ type: 'treatment_plan.created', attempts: 8, reason: 'rejected', clinic: { id: clinicId } }],
      );
    }
    sandbox().faults.clear();
    sandbox().calls.clear();
    const retry = 'mutation { retryFullscriptEvents { retried } }';
    const [without, needy] = applied[0] ? keys : keys.toReversed();
    const inVain = await deployment.ask(await boss(without?.organizationId ?? ''), retry);
    expect(inVain.data.retryFullscriptEvents).toEqual({ retried: 0 });
    const retried = await deployment.ask(await boss(needy?.organizationId ?? ''), retry);
    expect(retried.data.retryFullscriptEvents).toEqual({ retried: 1 });
    await untilDone();
    expect(await Promise.all(keys.map(has))).toEqual([true, true]);
    expect(countReads(plan)).toBe(1);
  }, 90_000);

  it('of what nobody there may read are done with, and what they may have changed is not called current', async () => {
    const plan = addPlan();
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: CURRENT) { totalCount }');
    const isStale = async () =>
      (await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: STORED) { stale }')).patient
        .treatmentPlans.stale as boolean;
    expect(await isStale()).toBe(false);
    sandbox().faults.add({ path: `/api/clinic/treatment_plans/${plan}`, status: 403, body: { error: 'forbidden' } });
    await send('treatment_plan.updated', plan);
    deployment.app.parts.runner.start(['inbox']);
    await untilDone();
    expect(await readRows()).toMatchObject([{ state: 'DONE', attempts: 1, last_error: null }]);
    for (const { clinicKey } of await store().clinics.listAll())
      await store().clinics.saveSweep(clinicKey, now().toISOString(), now().toISOString());
    expect(await isStale()).toBe(true);
  }, 60_000);

  it('outlast an outage of hours; sweeps go on, and only what they tell of is not called current', async () => {
    const [plan, before] = [addPlan(), sandbox().state.events.length];
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: CURRENT) { totalCount }');
    sandbox().actions.cancelPlan(plan);
    sandbox().faults.add({ path: `/api/clinic/treatment_plans/${plan}`, status: 503 });
    expect(sandbox().state.events.length).toBe(before + 1);
    await send('treatment_plan.updated', plan);
    deployment.app.parts.runner.start(['inbox']);
    await hurryUntil('it to fail often', (row) => (row?.attempts ?? 0) > 10);
    expect(await readRows()).toMatchObject([{ state: 'PENDING', last_error: 'unavailable' }]);
    // Nothing that a sweep would have to wait for.
    expect(await store().inbox.countOpen(clinicId, now().toISOString())).toBe(0);
    for (const { clinicKey } of await store().clinics.listAll())
      await store().clinics.saveSweep(clinicKey, now().toISOString(), now().toISOString());
    const list = 'treatmentPlans(first: 100, freshness: STORED) { stale nodes { id state } }';
    const stored = async () => (await askPatient(deployment, 'u-ada', hero, list)).patient.treatmentPlans;
    const old = await stored();
    expect(old.stale).toBe(true);
    expect(old.nodes).toContainEqual({ id: plan, state: 'ACTIVE' });
    sandbox().faults.clear();
    await hurryUntil('it to be applied', (row) => row?.state === 'DONE');
    expect((await stored()).nodes).toContainEqual({ id: plan, state: 'CANCELLED' });
  }, 90_000);

  it('are parked after a day of outage, too', async () => {
    const plan = addPlan();
    sandbox().faults.add({ path: `/api/clinic/treatment_plans/${plan}`, status: 503 });
    await send('treatment_plan.updated', plan);
    deployment.app.parts.runner.start(['inbox']);
    await hurryUntil('it to be parked', (row) => row?.state === 'PARKED', 3_600_000);
    const [row] = await readRows();
    expect(Date.now() - Date.parse(row?.received_at ?? '')).toBeGreaterThan(24 * 3_600_000);
    expect(row?.attempts).toBeGreaterThan(8);
  }, 90_000);

  it('about a patient leave no copy behind that a sweep could vouch for, when they are parked', async () => {
    const patientId = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
    const readName = async () =>
      (await askPatient(deployment, 'u-ada', hero, 'fullscriptAccount { firstName }')).patient.fullscriptAccount
        .firstName as string;
    const name = await readName();
    sandbox().actions.updatePatient(patientId, { firstName: 'Miriam' });
    sandbox().faults.add({ path: `/api/clinic/patients/${patientId}`, status: 422 });
    await send('patient.updated', patientId);
    deployment.app.parts.runner.start(['inbox']);
    await hurryUntil('it to be parked', (row) => row?.state === 'PARKED');
    sandbox().faults.clear();
    for (const { clinicKey } of await store().clinics.listAll())
      await store().clinics.saveSweep(clinicKey, now().toISOString(), now().toISOString());
    expect(getPatient(deployment, patientId).firstName).toBe('Miriam');
    expect(name).not.toBe('Miriam');
    await waitFor('the new name', async () => (await readName()) === 'Miriam');
  }, 90_000);

  it('that fail before it is known for whom are not vouched for either', async () => {
    const plan = addPlan();
    const list = 'treatmentPlans(freshness: STORED) { stale }';
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: CURRENT) { totalCount }');
    await send('treatment_plan.updated', plan);
    let failed = 0;
    const listAll = vi.spyOn(store().clinics, 'listAll');
    for (let times = 0; times < 4; times += 1) {
      listAll.mockImplementationOnce(() => {
        failed += 1;
        return Promise.reject(new Error('the database is away'));
      });
    }
    deployment.app.parts.runner.start(['inbox']);
    await hurryUntil('it to fail often', () => failed === 4);
    await waitFor(
      'no sweep to have to wait for it',
      async () =>
        (await get().db.read<{ doubted_at: string | null }>('SELECT doubted_at FROM webhook_event'))[0]?.doubted_at,
    );
    await deployment.app.parts.runner.stop();
    listAll.mockRestore();
    for (const { clinicKey } of await store().clinics.listAll())
      await store().clinics.saveSweep(clinicKey, now().toISOString(), now().toISOString());
    const { patient } = await askPatient(deployment, 'u-ada', hero, list);
    expect(patient.treatmentPlans.stale).toBe(true);
  }, 90_000);

  it('that come together for an organization that is switched off have its clinic called into question once', async () => {
    const plan = addPlan();
    await deployment.ask('u-admin', 'mutation { setFullscriptEnabled(input: { enabled: false }) { enabled } }');
    for (let count = 0; count < 20; count += 1) await send('treatment_plan.updated', plan);
    const forgetSweep = vi.spyOn(store().clinics, 'forgetSweep');
    deployment.app.parts.runner.start(['inbox']);
    await untilDone();
    expect((await readRows()).map(({ state }) => state)).toEqual(Array.from({ length: 20 }, () => 'DONE'));
    expect(forgetSweep).toHaveBeenCalledTimes(1);
  }, 60_000);

  it.each([
    ['are parked', '422'],
    ['passed by an organization that was switched off', 'off'],
  ])(
    'that %s leave no plan to be called current that was read by itself, without its patient’s list',
    async (_, how) => {
      const plan = addPlan();
      const readState = async (): Promise<string> => {
        const { data, errors } = await deployment.ask(
          'u-ada',
          'query ($id: ID!) { it: fullscriptTreatmentPlan(id: $id) { state } }',
          {
            variables: { id: plan },
          },
        );
        expect(errors).toEqual([]);
        return data.it.state as string;
      };
      expect(await readState()).toBe('ACTIVE');
      expect(await get().db.read('SELECT subject FROM copy_sync')).toEqual([]);
      sandbox().actions.cancelPlan(plan);
      const turn = (enabled: boolean) =>
        deployment.ask(
          'u-admin',
          `mutation { setFullscriptEnabled(input: { enabled: ${String(enabled)} }) { enabled } }`,
        );
      if (how === 'off') await turn(false);
      else sandbox().faults.add({ path: `/api/clinic/treatment_plans/${plan}`, status: Number(how) });
      await send('treatment_plan.updated', plan);
      deployment.app.parts.runner.start(['inbox']);
      await hurryUntil('nobody to wait for it', (row) => row?.state === 'PARKED' || row?.state === 'DONE');
      sandbox().faults.clear();
      await turn(true);
      for (const { clinicKey } of await store().clinics.listAll())
        await store().clinics.saveSweep(clinicKey, now().toISOString(), now().toISOString());
      await waitFor('the refresh behind the answer', async () => (await readState()) === 'CANCELLED');
      // What was read since is current again.
      await waitFor(
        'the claim to be given back',
        async () => (await get().db.read('SELECT subject FROM refresh_claim')).length === 0,
      );
      sandbox().calls.clear();
      expect(await readState()).toBe('CANCELLED');
      expect(await get().db.read('SELECT subject FROM refresh_claim')).toEqual([]);
      expect(sandbox().calls.count()).toBe(0);
    },
    90_000,
  );
});
