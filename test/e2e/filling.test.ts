import { afterEach, expect, it } from 'vitest';
import type { Fault } from '../../src/sandbox/faults.ts';
import { toClinicKey } from '../../src/store/keys.ts';
import type { ClinicFill } from '../../src/store/clinic-fills.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment, type DeploymentOptions } from '../support/deployment.ts';
import { addFullscriptPatient, getUser } from '../support/people.ts';
import { askPatient, getFullscriptPatientId, waitFor } from '../support/reading.ts';
import { spawnProcess, type SpawnedProcess } from '../support/spawned-process.ts';

const ada = 'ada@cedarrow.example';
const ben = 'ben@cedarrow.example';
const hero = 'p-1001';
const dayMs = 24 * 3600 * 1000;
const tables = [
  'account',
  'job_lease',
  'metadata_task',
  'integration_switch',
  'clinic',
  'clinic_fill',
  'clinic_fill_patient',
];
const copies = [
  'copy_sync',
  'treatment_plan',
  'lab_order',
  'lab_result',
  'fullscript_patient',
  'webhook_event',
  'patient_link',
];

describeEachDatabase('The filling of a clinic', (get) => {
  let deployment: Deployment;
  let offsetMs = 0;
  let spawned: SpawnedProcess[] = [];

  async function start(options: DeploymentOptions = {}): Promise<void> {
    offsetMs = 0;
    for (const table of [...tables, ...copies]) await get().db.write((tx) => tx.run(`DELETE FROM ${table}`));
    const now = () => new Date(Date.now() + offsetMs);
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside: { now },
      emr: { now },
      sandbox: { clock: now },
      ...options,
      // So many that nobody has to wait for the pace.
      env: { FULLSCRIPT_RATE_LIMIT: '1000000', ...options.env },
    });
    await deployment.connect('u-ada', ada);
  }
  afterEach(async () => {
    for (const { child, ended } of spawned) {
      child.kill('SIGKILL');
      await ended;
    }
    spawned = [];
    await deployment.stop();
  }, 60_000);

  const sandbox = () => deployment.sandbox.sandbox;
  const clinicId = () => getUser(deployment, ada).clinicId;
  const clinicKey = () => toClinicKey('org-juniper', clinicId());
  const findFill = async (): Promise<ClinicFill | undefined> =>
    (await deployment.app.parts.store.clinicFills.findByKeys([clinicKey()])).get(clinicKey());
  const listPatientIds = () =>
    [...sandbox().state.patients.values()].filter((patient) => patient.clinicId === clinicId()).map(({ id }) => id);
  const listCalls = (pattern: RegExp) =>
    sandbox()
      .calls.list()
      .filter(({ path }) => pattern.test(path))
      .map(({ path }) => path);
  const planLists = () => listCalls(/\/clinic\/patients\/[^/]+\/treatment_plans$/);

  /** Runs the job until the fill is where `isThere` wants it; a run that had to stop is begun again. */
  async function fill(
    isThere: (fill: ClinicFill) => boolean = ({ finishedAt }) => finishedAt !== null,
    withinMs = 60_000,
  ): Promise<ClinicFill> {
    deployment.app.parts.runner.start(['fill']);
    return await waitFor(
      'the fill',
      async () => {
        deployment.app.parts.runner.wake('fill');
        const found = await findFill();
        return found && isThere(found) ? found : null;
      },
      withinMs,
    );
  }

  function addPlan(patientId: string): string {
    const { actions } = sandbox();
    const plan = actions.createPlan(clinicId(), { practitionerId: getUser(deployment, ada).id, patientId });
    actions.sendPlan(plan.id);
    return plan.id;
  }

  function addPatients(count: number): string[] {
    return Array.from({ length: count }, () => {
      const { id } = addFullscriptPatient(deployment);
      addPlan(id);
      return id;
    });
  }

  async function expectCopyIsWhole(): Promise<void> {
    const { plans, labOrders } = sandbox().state;
    const ofClinic = <T extends { clinicId: string; id: string }>(things: Map<string, T>): T[] =>
      [...things.values()].filter((thing) => thing.clinicId === clinicId()).sort((a, b) => (a.id < b.id ? -1 : 1));
    const stored = await get().db.read<{ id: string; state: string; patient: string }>(
      `SELECT id, state, fullscript_patient_id AS patient FROM treatment_plan WHERE clinic_id = '${clinicId()}' ORDER BY id`,
    );
    expect(stored).toEqual(
      ofClinic(plans)
        .filter((plan) => plan.patientId !== null)
        .map((plan) => ({ id: plan.id, state: plan.state.toUpperCase(), patient: plan.patientId })),
    );
    const orders = await get().db.read<{ id: string }>(
      `SELECT id FROM lab_order WHERE clinic_id = '${clinicId()}' ORDER BY id`,
    );
    expect(orders.length).toBeGreaterThan(0);
    expect(orders.map(({ id }) => id)).toEqual(ofClinic(labOrders).map(({ id }) => id));
    const current = await get().db.read<{ kind: string; total: number }>(
      'SELECT kind, COUNT(*) AS total FROM copy_sync WHERE synced_at IS NOT NULL AND expired_at IS NULL GROUP BY kind ORDER BY kind',
    );
    const total = listPatientIds().length;
    expect(current).toEqual([
      { kind: 'labs', total },
      { kind: 'plans', total },
    ]);
  }

  it('reads every patient’s plans and labs once, and then never again', async () => {
    await start();
    const lonely = addPatients(110);
    sandbox().calls.clear();
    const { startedAt, patientsFound, patientsDone, patientsFailed } = await fill();
    expect(Date.parse(startedAt)).toBeGreaterThan(0);
    const patients = listPatientIds();
    expect({ patientsFound, patientsDone, patientsFailed }).toEqual({
      patientsFound: patients.length,
      patientsDone: patients.length,
      patientsFailed: 0,
    });
    await expectCopyIsWhole();
    expect(listCalls(/\/clinic\/patients$/)).toHaveLength(Math.ceil(patients.length / 100));
    expect(planLists()).toHaveLength(patients.length);
    expect(new Set(planLists()).size).toBe(patients.length);
    const plans = listCalls(/\/clinic\/treatment_plans\/[^/]+$/);
    expect(new Set(plans).size).toBe(plans.length);
    // One walk of the clinic-wide list, and one list for each of the few who have any.
    const tested = new Set([...sandbox().state.labOrders.values()].map((order) => order.patientId));
    expect(listCalls(/\/labs\/orders$/).length).toBeLessThanOrEqual(1 + tested.size);

    const { data } = await deployment.askEntities(
      'u-ada',
      [{ __typename: 'Practitioner', id: 'pr-ada' }],
      '... on Practitioner { fullscriptAccount { id } treatmentPlans(first: 100) { totalCount nodes { patient { id } } } }',
    );
    expect(data._entities[0].treatmentPlans.totalCount).toBeGreaterThanOrEqual(lonely.length);

    sandbox().calls.clear();
    deployment.app.parts.runner.wake('fill');
    const answer = await askPatient(
      deployment,
      'u-ada',
      hero,
      'labOrders { stale } treatmentPlans { stale totalCount }',
    );
    expect(answer.patient.treatmentPlans).toMatchObject({ stale: false });
    expect(planLists()).toEqual([]);
  }, 120_000);

  it('keeps a practitioner’s own list from being called current until it is through, whatever sweeps say', async () => {
    await start();
    const { store } = deployment.app.parts;
    const clinic = { organizationId: 'org-juniper', clinicId: clinicId() };
    const sweptAt = new Date(Date.now() - 1000).toISOString();
    const askOwn = async () => {
      const { data } = await deployment.askEntities(
        'u-ada',
        [{ __typename: 'Practitioner', id: 'pr-ada' }],
        '... on Practitioner { treatmentPlans { syncedAt stale } }',
      );
      return data._entities[0].treatmentPlans as { syncedAt: string | null; stale: boolean };
    };
    // The first sweep is through before the filling begins.
    await store.clinics.saveSweep(clinicKey(), sweptAt, null);
    expect(await askOwn()).toEqual({ syncedAt: null, stale: true });
    await store.clinicFills.begin(clinic, new Date().toISOString());
    expect(await askOwn()).toEqual({ syncedAt: null, stale: true });
    await fill();
    await store.clinics.saveSweep(clinicKey(), sweptAt, null);
    expect(await askOwn()).toEqual({ syncedAt: sweptAt, stale: false });
  }, 60_000);

  it('leaves out what is current already', async () => {
    await start();
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans { totalCount }');
    const id = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
    sandbox().calls.clear();
    await fill();
    expect(planLists()).toHaveLength(listPatientIds().length - 1);
    expect(planLists().some((path) => path.includes(id))).toBe(false);
  }, 60_000);

  it('goes on in another process where one was killed, and reads nobody twice who was done', async () => {
    await start();
    addPatients(60);
    const slow = sandbox().faults.add({ path: '/api/clinic/patients/:id/treatment_plans', latencyMs: 100 });
    sandbox().calls.clear();
    const victim = spawnProcess({ ...deployment.env, LOG_LEVEL: 'silent' }, 'test/support/job-process.ts', 'fill');
    spawned.push(victim);
    const reached = await waitFor(
      'the fill to be half done',
      async () => {
        const found = await findFill();
        return found && found.patientsDone >= 20 && found.patientsDone < 60 ? found : null;
      },
      90_000,
    );
    victim.child.kill('SIGKILL');
    await victim.ended;
    expect(reached.finishedAt).toBeNull();
    sandbox().faults.clear(slow.id);
    const left = (await findFill())?.patientsDone ?? 0;
    expect(left).toBeLessThan(listPatientIds().length);
    // The dead process's lease has to end.
    offsetMs += 61_000;
    const done = await fill();
    expect(done.startedAt).toBe(reached.startedAt);
    expect(done.patientsDone).toBe(listPatientIds().length);
    await expectCopyIsWhole();
    expect(listCalls(/\/clinic\/patients$/)).toHaveLength(Math.ceil(listPatientIds().length / 100));
    // Only those who were under way when it died may have been read again.
    expect(new Set(planLists()).size).toBe(listPatientIds().length);
    expect(planLists().length).toBeLessThanOrEqual(listPatientIds().length + 3);
  }, 180_000);

  it('is done by one process at a time', async () => {
    await start();
    addPatients(30);
    const other = await deployment.startAnother();
    sandbox().calls.clear();
    other.parts.runner.start(['fill']);
    other.parts.runner.wake('fill');
    await fill();
    expect(planLists()).toHaveLength(listPatientIds().length);
  }, 60_000);

  it('gives up a patient who cannot be read after five tries, and ends all the same', async () => {
    await start();
    const [poor = ''] = addPatients(1);
    const fault = sandbox().faults.add({ path: `/api/clinic/patients/${poor}/treatment_plans`, status: 422 });
    const others = listPatientIds().length - 1;
    const waiting = await fill((found) => found.patientsDone === others);
    expect(waiting).toMatchObject({ finishedAt: null, patientsFailed: 0 });
    const countTries = async () =>
      (await get().db.read<{ attempts: number }>('SELECT attempts FROM clinic_fill_patient'))[0]?.attempts;
    for (let tries = 2; tries <= 5; tries += 1) {
      await waitFor('the try to be noted', async () => (await countTries()) === tries - 1);
      offsetMs += 600_000;
      await waitFor('the next try', () => {
        deployment.app.parts.runner.wake('fill');
        return fault.hits === tries;
      });
    }
    const ended = await fill();
    expect(ended).toMatchObject({ patientsDone: others, patientsFailed: 1, patientsFound: others + 1 });
    expect(fault.hits).toBe(5);
    expect(deployment.logs.some((line) => line.includes('is left out') && line.includes(clinicId()))).toBe(true);
    expect(deployment.logs.some((line) => line.includes(poor))).toBe(false);
  }, 120_000);

  it('waits while Fullscript is down, and counts that against nobody', async () => {
    await start({ env: { FULLSCRIPT_TIMEOUT_MS: '500' } });
    addPatients(10);
    await fill((found) => found.labsListedAt !== null);
    const down: Fault = sandbox().faults.add({ path: '/api/clinic*', status: 503 });
    await waitFor(
      'the pause',
      () => deployment.logs.some((line) => line.includes('the reading of a clinic is paused')),
      30_000,
    );
    sandbox().faults.clear(down.id);
    // Until somebody tries whether it is back.
    offsetMs += 60_000;
    const ended = await fill();
    expect(ended.patientsFailed).toBe(0);
    expect(await get().db.read('SELECT * FROM clinic_fill_patient WHERE attempts > 0')).toEqual([]);
    await expectCopyIsWhole();
  }, 120_000);

  it('goes on with a colleague’s authorization when one is taken away, and after a new connection when none is left', async () => {
    await start();
    await deployment.connect('u-ben', ben);
    addPatients(20);
    sandbox().faults.add({ path: '/api/clinic/patients/:id/treatment_plans', latencyMs: 50 });
    await fill((found) => found.patientsDone > 0);
    sandbox().actions.revokeAuthorizationByUser(getUser(deployment, ada).id);
    await fill((found) => found.patientsDone > 8);
    sandbox().actions.revokeAuthorizationByUser(getUser(deployment, ben).id);
    await waitFor(
      'nobody to be left',
      async () => (await deployment.app.parts.store.accounts.listLiveClinics()).length === 0,
    );
    const stopped = await findFill();
    expect(stopped).toMatchObject({ finishedAt: null, patientsFailed: 0 });
    sandbox().calls.clear();
    deployment.app.parts.runner.wake('fill');
    await deployment.connect('u-ben', ben);
    const ended = await fill();
    expect(ended.startedAt).toBe(stopped?.startedAt);
    expect(ended).toMatchObject({ patientsDone: listPatientIds().length, patientsFailed: 0 });
    expect(planLists().length).toBeLessThan(listPatientIds().length - 5);
    await expectCopyIsWhole();
  }, 120_000);

  it('reads nothing of an organization that is switched off', async () => {
    await start();
    const turn = (enabled: boolean) =>
      deployment.ask(
        'u-admin',
        `mutation { setFullscriptEnabled(input: { enabled: ${String(enabled)} }) { enabled } }`,
      );
    await turn(false);
    sandbox().calls.clear();
    deployment.app.parts.runner.start(['fill']);
    deployment.app.parts.runner.wake('fill');
    await waitFor('the job to have run', () =>
      deployment.app.parts.runner.stats().some(({ name, succeeded }) => name === 'fill' && succeeded > 0),
    );
    expect(await findFill()).toBeUndefined();
    expect(sandbox().calls.count()).toBe(0);
    await turn(true);
    await fill();
    await expectCopyIsWhole();
  }, 60_000);

  it('keeps to its part of the calls', async () => {
    let at = Date.now();
    const now = () => new Date(at);
    // Tokens and states live by this clock, too.
    await start({ outside: { now }, sandbox: { clock: now }, emr: { now }, env: { FULLSCRIPT_RATE_LIMIT: '1000' } });
    addPatients(80);
    sandbox().calls.clear();
    deployment.app.parts.runner.start(['fill']);
    deployment.app.parts.runner.wake('fill');
    /** Waits until nothing has been asked for a while; without a pace that would be the end of the fill. */
    const untilQuiet = async (): Promise<number> => {
      for (let seen = -1; seen !== sandbox().calls.count();) {
        seen = sandbox().calls.count();
        await new Promise((resolve) => setTimeout(resolve, 1200));
      }
      return sandbox().calls.count();
    };
    // Ten calls at once are a hundredth, and a step may overdraw by what a few patients need; then the clock has to go on.
    await waitFor('the first calls', () => sandbox().calls.count() >= 10);
    const first = await untilQuiet();
    expect(first).toBeLessThan(50);
    for (let quarter = 1; quarter <= 6; quarter += 1) {
      at += 15_000;
      deployment.app.parts.runner.wake('fill');
      await untilQuiet();
    }
    // A fifth of 1000 in 300 s is 60 in 90 s.
    expect(sandbox().calls.count()).toBeGreaterThan(first + 30);
    expect(sandbox().calls.count()).toBeLessThan(50 + 60);
    expect((await findFill())?.finishedAt).toBeNull();
  }, 60_000);

  it('is made anew after a gap that Fullscript’s events do not cover', async () => {
    await start({ env: { EVENT_SWEEP_SECONDS: '1' } });
    const first = await fill();
    const id = addPatients(1)[0] ?? '';
    const changed = addPlan(getFullscriptPatientId(deployment, 'mira.okoye@mail.example'));
    deployment.app.parts.runner.start(['sweep']);
    await waitFor('a sweep', async () => (await deployment.app.parts.store.clinics.find(clinicKey()))?.sweptAt);
    await deployment.app.parts.runner.stop();
    sandbox().actions.cancelPlan(changed);
    // Within the 30 days the events are enough; after them they are gone.
    offsetMs += 40 * dayMs;
    const other = await deployment.startAnother({}, { now: () => new Date(Date.now() + offsetMs) });
    other.parts.runner.start(['sweep']);
    await waitFor('the gap to be noticed', async () => ((await findFill())?.startedAt ?? '') > first.startedAt);
    const state = async (planId: string) =>
      (await get().db.read<{ state: string }>('SELECT state FROM treatment_plan WHERE id = ?', [planId]))[0]?.state;
    expect(await state(changed)).toBe('ACTIVE');
    other.parts.runner.start(['fill']);
    other.parts.runner.wake('fill');
    const again = await waitFor(
      'the fill',
      async () => {
        const found = await findFill();
        return found?.finishedAt ? found : null;
      },
      60_000,
    );
    expect(await state(changed)).toBe('CANCELLED');
    expect(again.patientsDone).toBe(listPatientIds().length);
    expect(listPatientIds()).toContain(id);
    await expectCopyIsWhole();
    // Later sweeps do not begin it once more.
    const sweptAt = (await deployment.app.parts.store.clinics.find(clinicKey()))?.sweptAt ?? '';
    await waitFor(
      'another sweep',
      async () => ((await deployment.app.parts.store.clinics.find(clinicKey()))?.sweptAt ?? '') > sweptAt,
    );
    expect((await findFill())?.startedAt).toBe(again.startedAt);
  }, 120_000);

  it('is made anew for what events told of while the organization was switched off', async () => {
    await start({ withWebhooks: true });
    const account = 'fullscriptAccount { discountPercent }';
    await askPatient(deployment, 'u-ada', hero, account);
    const first = await fill();
    const turn = (enabled: boolean) =>
      deployment.ask(
        'u-admin',
        `mutation { setFullscriptEnabled(input: { enabled: ${String(enabled)} }) { enabled } }`,
      );
    await turn(false);
    sandbox().actions.updatePatient(getFullscriptPatientId(deployment, 'mira.okoye@mail.example'), { discount: 23 });
    const lonely = addFullscriptPatient(deployment);
    const planId = addPlan(lonely.id);
    await sandbox().webhooks.settle();
    deployment.app.parts.runner.start(['inbox', 'sweep']);
    await waitFor('the events to be dealt with', async () => {
      const rows = await get().db.read<{ state: string }>('SELECT state FROM webhook_event');
      return rows.length >= 3 && rows.every(({ state }) => state === 'DONE');
    });
    await turn(true);
    deployment.app.parts.runner.wake('sweep');
    await waitFor('a sweep', async () => (await deployment.app.parts.store.clinics.find(clinicKey()))?.sweptAt);
    // Although that sweep has found nothing new, it vouches for nothing that the events had told of.
    await waitFor('the patient to be read again', async () => {
      const { patient } = await askPatient(deployment, 'u-ada', hero, account);
      return patient.fullscriptAccount.discountPercent === 23;
    });
    const again = await fill(({ startedAt, finishedAt }) => startedAt > first.startedAt && finishedAt !== null);
    expect(again.patientsFound).toBe(first.patientsFound + 1);
    expect(await get().db.read('SELECT id FROM treatment_plan WHERE id = ?', [planId])).toHaveLength(1);
    await expectCopyIsWhole();
  }, 120_000);
});
