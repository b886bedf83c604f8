import { afterEach, describe, expect, it } from 'vitest';
import { startDeployment, type Deployment, type DeploymentOptions } from '../support/deployment.ts';
import { askPatient, getFullscriptPatientId, waitFor } from '../support/reading.ts';

const hero = 'p-1001';
const list = 'treatmentPlans(first: 100, freshness: STORED) { stale syncedAt nodes { id state } }';

let deployment: Deployment;

/** A deployment whose clock the test can move on; webhooks never arrive and the worker is off until a test starts it. */
async function start(options: DeploymentOptions = {}): Promise<{ forward(ms: number): void; now(): Date }> {
  let offsetMs = 0;
  const now = () => new Date(Date.now() + offsetMs);
  deployment = await startDeployment({ outside: { now }, emr: { now }, sandbox: { clock: now }, ...options });
  await deployment.connect('u-ada', 'ada@cedarrow.example');
  return {
    now,
    forward(ms) {
      offsetMs += ms;
    },
  };
}

function addActivePlan(): { id: string; patientId: string; clinicId: string } {
  const { actions, state } = deployment.sandbox.sandbox;
  const ada = [...state.users.values()].find((user) => user.email === 'ada@cedarrow.example');
  const patientId = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
  const plan = actions.createPlan(ada?.clinicId ?? '', { practitionerId: ada?.id ?? '', patientId });
  actions.sendPlan(plan.id);
  return { id: plan.id, patientId, clinicId: plan.clinicId };
}

const read = async (selection = list) =>
  (await askPatient(deployment, 'u-ada', hero, selection)).patient.treatmentPlans;
const calls = () => deployment.sandbox.sandbox.calls.list();

afterEach(() => deployment.stop());

describe('The sweep of a clinic’s events', () => {
  it('makes a lost webhook good, soon after the start of the process', async () => {
    await start();
    const plan = addActivePlan();
    await read('treatmentPlans { totalCount }');
    deployment.sandbox.sandbox.actions.cancelPlan(plan.id);
    expect((await read()).nodes).toContainEqual({ id: plan.id, state: 'ACTIVE' });
    deployment.sandbox.sandbox.calls.clear();
    const startedMs = Date.now();
    deployment.app.parts.runner.start();
    await waitFor('the plan to be cancelled', async () =>
      (await read()).nodes.some(
        (node: { id: string; state: string }) => node.id === plan.id && node.state === 'CANCELLED',
      ),
    );
    expect(Date.now() - startedMs).toBeLessThan(10_000);
    const reads = calls().filter(({ path }) => path.includes(plan.id));
    expect(reads.length).toBeLessThanOrEqual(3);
  });

  it('keeps copies current without asking for any patient, again and again', async () => {
    const clock = await start({ env: { EVENT_SWEEP_SECONDS: '1', FRESH_FOR_SECONDS: '900' } });
    await read('treatmentPlans { totalCount }');
    clock.forward(1_200_000);
    expect((await read()).stale).toBe(true);
    deployment.sandbox.sandbox.calls.clear();
    deployment.app.parts.runner.start();
    const swept = await waitFor('the sweep', async () => {
      const plans = await read();
      return plans.stale ? null : plans;
    });
    expect(Date.parse(swept.syncedAt)).toBeGreaterThan(clock.now().getTime() - 30_000);
    clock.forward(1_200_000);
    await waitFor('the next sweep', async () => !(await read()).stale);
    const usual = await read('treatmentPlans { stale totalCount }');
    expect(usual.stale).toBe(false);
    expect(calls().filter(({ path }) => path.includes('/treatment_plans') && !path.includes('/events/'))).toEqual([]);
    expect(calls().some(({ path }) => path === '/api/events/treatment_plans')).toBe(true);
  }, 30_000);

  it('vouches for nothing while one of its events cannot be applied', async () => {
    const clock = await start({ env: { EVENT_SWEEP_SECONDS: '1' } });
    const plan = addActivePlan();
    await read('treatmentPlans { totalCount }');
    clock.forward(1_200_000);
    deployment.sandbox.sandbox.actions.cancelPlan(plan.id);
    deployment.sandbox.sandbox.faults.add({ path: `/api/clinic/treatment_plans/${plan.id}`, status: 422 });
    deployment.app.parts.runner.start();
    await waitFor('the failing event', () => (deployment.sandbox.sandbox.faults.list()[0]?.hits ?? 0) > 0);
    await waitFor('another sweep', () => calls().filter(({ path }) => path === '/api/events/lab_orders').length > 1);
    expect((await read()).stale).toBe(true);
    deployment.sandbox.sandbox.faults.clear();
    clock.forward(60_000);
    await waitFor('the sweep that counts', async () => !(await read()).stale);
    expect((await read()).nodes).toContainEqual({ id: plan.id, state: 'CANCELLED' });
  }, 30_000);

  it('applies an event once that came as webhook and is seen again by every sweep', async () => {
    await start({ env: { EVENT_SWEEP_SECONDS: '1' }, withWebhooks: true });
    const plan = addActivePlan();
    await deployment.sandbox.sandbox.webhooks.settle();
    deployment.sandbox.sandbox.calls.clear();
    deployment.app.parts.runner.start();
    const readsOfPlan = () => calls().filter(({ path }) => path === `/api/clinic/treatment_plans/${plan.id}`);
    await waitFor('the first event to be applied', () => readsOfPlan().length > 0);
    // Apart from the first one, or both would be served by one read.
    deployment.sandbox.sandbox.actions.cancelPlan(plan.id);
    const sweeps = () => calls().filter(({ path }) => path === '/api/events/lab_orders').length;
    const before = sweeps();
    await waitFor('three sweeps', () => sweeps() >= before + 3, 15_000);
    const events = deployment.sandbox.sandbox.state.events.filter(
      ({ data }) => (data['treatment_plan'] as { id?: string } | undefined)?.id === plan.id,
    );
    expect(events).toHaveLength(2);
    // One read of the plan for each of its two events.
    expect(readsOfPlan()).toHaveLength(2);
  }, 30_000);

  it('does not call current what was stored long before the very first sweep, whose look back is short', async () => {
    const clock = await start();
    const plan = addActivePlan();
    await read('treatmentPlans { totalCount }');
    clock.forward(3600_000);
    deployment.sandbox.sandbox.actions.cancelPlan(plan.id);
    clock.forward(5 * 24 * 3600_000);
    deployment.app.parts.runner.start();
    await waitFor('the sweep', () => calls().some(({ path }) => path === '/api/events/lab_orders'));
    await waitFor('a right answer or an honest one', async () => {
      const plans = await read();
      const right = plans.nodes.some(
        (node: { id: string; state: string }) => node.id === plan.id && node.state === 'CANCELLED',
      );
      return right || plans.stale;
    });
    const clinic = await waitFor('the sweep to be finished', async () =>
      (await deployment.app.parts.store.clinics.listAll()).find(({ sweptAt }) => sweptAt !== null),
    );
    expect(clinic.id).toBe(plan.clinicId);
    const plans = await read();
    const right = plans.nodes.some(
      (node: { id: string; state: string }) => node.id === plan.id && node.state === 'CANCELLED',
    );
    expect(right || plans.stale).toBe(true);
  }, 30_000);

  it('forgets nothing between a gap that events do not cover and the first sweep after it that is finished', async () => {
    const clock = await start({ env: { EVENT_SWEEP_SECONDS: '1' } });
    const plan = addActivePlan();
    const { runner, store } = deployment.app.parts;
    const findClinic = async () => (await store.clinics.listAll())[0];
    await store.clinicFills.begin(
      { organizationId: 'org-juniper', clinicId: plan.clinicId },
      clock.now().toISOString(),
    );
    runner.start(['sweep', 'inbox']);
    await waitFor('the first sweep', async () => (await findClinic())?.sweptAt);

    // The gap is noticed, and then the sweep fails.
    const { faults, actions } = deployment.sandbox.sandbox;
    const fault = faults.add({ path: '/api/events/orders', status: 422 });
    clock.forward(40 * 24 * 3600_000);
    const untilFailed = async () => {
      const hits = faults.list().find(({ id }) => id === fault.id)?.hits ?? 0;
      await waitFor('a sweep to fail', () => (faults.list().find(({ id }) => id === fault.id)?.hits ?? 0) > hits);
    };
    await untilFailed();
    await waitFor('the gap to be noticed', async () => (await findClinic())?.sweptAt === null);
    expect(await read('treatmentPlans(freshness: CURRENT) { stale }')).toEqual({ stale: false });
    clock.forward(3600_000);
    actions.cancelPlan(plan.id);
    clock.forward(5 * 24 * 3600_000);
    await untilFailed();
    faults.clear();
    await waitFor('the sweep that counts', async () => (await findClinic())?.sweptAt);
    expect(await read()).toMatchObject({ stale: false });
    expect((await read()).nodes).toContainEqual({ id: plan.id, state: 'CANCELLED' });
  }, 60_000);

  it('sweeps each clinic in one process only', async () => {
    await start();
    const other = await deployment.startAnother();
    deployment.sandbox.sandbox.calls.clear();
    for (const app of [deployment.app, other]) app.parts.runner.start();
    await waitFor('the first sweep', () => calls().some(({ path }) => path === '/api/events/lab_orders'));
    await waitFor('the second process to look', async () => {
      const at = await other.parts.store.leases.lastFinishedAt(
        `sweep:${(await other.parts.store.clinics.listAll())[0]?.clinicKey}`,
      );
      return at !== null;
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(calls().filter(({ path }) => path === '/api/events/lab_orders')).toHaveLength(1);
  }, 30_000);

  /** So many events of the past days, most of which were heard of when they happened. */
  function addEvents(count: number, from: Date, stepMs: number): void {
    const { state } = deployment.sandbox.sandbox;
    const patient = [...state.patients.values()].find(({ email }) => email === 'mira.okoye@mail.example');
    for (let index = 0; index < count; index += 1) {
      state.events.push({
        id: `event-${from.getTime()}-${index}`,
        type: 'patient.updated',
        category: 'patients',
        clinicId: patient?.clinicId ?? '',
        createdAt: new Date(from.getTime() + index * stepMs).toISOString(),
        data: { patient: { id: patient?.id } },
      });
    }
  }

  const findClinic = async () => (await deployment.app.parts.store.clinics.listAll())[0];

  it('reads one page of what came lately, though two days are in reach', async () => {
    const clock = await start();
    addEvents(450, new Date(clock.now().getTime() - 40 * 3600_000), 300_000);
    const { runner, store } = deployment.app.parts;
    runner.start(['sweep']);
    runner.wake('sweep');
    await waitFor('the first sweep', async () => (await findClinic())?.sweptAt, 30_000);
    const [row] = await deployment.app.parts.database.read<{ total: number }>(
      "SELECT COUNT(*) AS total FROM webhook_event WHERE type = 'patient.updated'",
    );
    // Since the connection, and two hours before it: a page of a hundred goes back for eight.
    expect(row?.total).toBeGreaterThanOrEqual(24);
    deployment.sandbox.sandbox.calls.clear();
    const before = (await findClinic())?.sweptAt ?? '';
    clock.forward(300_000);
    runner.wake('sweep');
    await waitFor('the next sweep', async () => ((await findClinic())?.sweptAt ?? '') > before, 30_000);
    expect(calls().map(({ path }) => path)).toEqual([
      '/api/events/patients',
      '/api/events/treatment_plans',
      '/api/events/orders',
      '/api/events/lab_orders',
    ]);
    expect(await store.inbox.depth()).toMatchObject({ pending: 0, parked: 0 });
  }, 60_000);

  it('reads back to its last end, however many pages that takes', async () => {
    const clock = await start();
    const { runner } = deployment.app.parts;
    runner.start(['sweep']);
    runner.wake('sweep');
    await waitFor('the first sweep', async () => (await findClinic())?.sweptAt, 30_000);
    const outage = clock.now();
    clock.forward(3 * 24 * 3600_000);
    addEvents(350, outage, 600_000);
    const before = (await findClinic())?.sweptAt ?? '';
    runner.wake('sweep');
    await waitFor('the next sweep', async () => ((await findClinic())?.sweptAt ?? '') > before, 60_000);
    const [row] = await deployment.app.parts.database.read<{ total: number }>(
      `SELECT COUNT(*) AS total FROM webhook_event WHERE state = 'DONE' AND event_id LIKE 'event-${outage.getTime()}-%'`,
    );
    expect(row?.total).toBe(350);
  }, 90_000);

  it('counts for both organizations of a clinic, though each event is applied once for each', async () => {
    await start();
    await deployment.connect('u-tomas', 'ben@cedarrow.example');
    const plan = addActivePlan();
    const { runner, store } = deployment.app.parts;
    runner.start(['sweep']);
    runner.wake('sweep');
    const clinics = await waitFor(
      'both sweeps',
      async () => {
        const all = await store.clinics.listAll();
        return all.length === 2 && all.every(({ sweptAt }) => sweptAt !== null) && all;
      },
      30_000,
    );
    expect(new Set(clinics.map(({ organizationId }) => organizationId)).size).toBe(2);
    const rows = await deployment.app.parts.database.read<{ organization_id: string }>(
      'SELECT organization_id FROM treatment_plan WHERE id = ? ORDER BY organization_id',
      [plan.id],
    );
    expect(rows).toHaveLength(2);
  }, 60_000);

  it('does not let one clinic that cannot be swept hold up another', async () => {
    await start();
    await deployment.connect('u-tomas', 'tomas@harbour.example');
    const { runner, store } = deployment.app.parts;
    deployment.sandbox.sandbox.faults.add({ path: '/api/events/patients', latencyMs: 3000, count: 1 });
    runner.start(['sweep']);
    runner.wake('sweep');
    const first = await waitFor(
      'one of them',
      async () => (await store.clinics.listAll()).find(({ sweptAt }) => sweptAt !== null),
      30_000,
    );
    expect(first.sweptAt).not.toBeNull();
    const other = (await store.clinics.listAll()).find(({ clinicKey }) => clinicKey !== first.clinicKey);
    expect(other?.sweptAt).toBeNull();
    await waitFor(
      'the other',
      async () => (await store.clinics.listAll()).every(({ sweptAt }) => sweptAt !== null),
      30_000,
    );
  }, 60_000);

  describe('after this service was away', () => {
    const gone = 'http://127.0.0.1:9/webhooks/fullscript';
    const eventReads = () =>
      calls().filter(({ path }) => /^\/api\/events\/(?!patients$|treatment_plans$|orders$|lab_orders$)/.test(path));
    const deliveryCalls = () => calls().filter(({ path }) => path === '/api/webhooks/deliveries').length;
    const findLog = (text: string) => deployment.logs.filter((line) => line.includes(text));

    /** A clinic that was swept, and a plan that is cancelled while webhooks fail; then an hour goes by. */
    async function missWebhooks(
      prepare: () => void = () => undefined,
    ): Promise<{ planId: string; sweep(): Promise<void> }> {
      const clock = await start();
      const { runner } = deployment.app.parts;
      const plan = addActivePlan();
      await read('treatmentPlans { totalCount }');
      runner.start(['sweep']);
      runner.wake('sweep');
      await waitFor('the first sweep', async () => (await findClinic())?.sweptAt, 30_000);
      expect(deliveryCalls()).toBe(0);
      Object.assign(deployment.sandbox.sandbox.settings.webhooks, { target: gone, scheduleMs: [20, 20, 20, 20, 20] });
      prepare();
      deployment.sandbox.sandbox.actions.cancelPlan(plan.id);
      const { deliveries } = deployment.sandbox.sandbox.state;
      await waitFor('the failing deliveries', () => {
        const last = deliveries.at(-1);
        return last !== undefined && last.errors.length > 0 && last.nextAttemptAt === null;
      });
      clock.forward(3600_000);
      deployment.sandbox.sandbox.calls.clear();
      return {
        planId: plan.id,
        async sweep() {
          clock.forward(300_000);
          const before = (await findClinic())?.sweptAt ?? '';
          runner.wake('sweep');
          await waitFor('the next sweep', async () => ((await findClinic())?.sweptAt ?? '') > before, 30_000);
        },
      };
    }
    const isCancelled = async (planId: string) =>
      (await read()).nodes.some(
        (node: { id: string; state: string }) => node.id === planId && node.state === 'CANCELLED',
      );

    it('takes what webhooks could not deliver from their log, which saves a call for each event, and says so', async () => {
      const { planId, sweep } = await missWebhooks();
      await sweep();
      expect(await isCancelled(planId)).toBe(true);
      expect(deliveryCalls()).toBe(1);
      expect(eventReads()).toEqual([]);
      const rows = await deployment.app.parts.database.read<{ source: string }>(
        "SELECT source FROM webhook_event WHERE type = 'treatment_plan.updated'",
      );
      expect(rows).toEqual([{ source: 'delivery' }]);
      expect(findLog('could not deliver webhooks here')).toHaveLength(1);
      // The log is not asked by every sweep from now on.
      await sweep();
      expect(deliveryCalls()).toBe(1);
    }, 60_000);

    it('does without the log where Fullscript does not show it', async () => {
      const { planId, sweep } = await missWebhooks(() =>
        deployment.sandbox.sandbox.faults.add({
          path: '/api/webhooks/deliveries',
          status: 404,
          body: { error: 'Not Found' },
        }),
      );
      await sweep();
      expect(await isCancelled(planId)).toBe(true);
      expect(eventReads()).toHaveLength(1);
      expect(findLog('does not show its log of deliveries')).toHaveLength(1);
    }, 60_000);

    it('tells the operator when Fullscript has given up', async () => {
      const { planId, sweep } = await missWebhooks(() => {
        const { webhooks } = deployment.sandbox.sandbox.settings;
        webhooks.scheduleMs = [];
      });
      await sweep();
      expect(await isCancelled(planId)).toBe(true);
      const [line = ''] = findLog('has given up to deliver webhooks here');
      expect(JSON.parse(line)).toMatchObject({ failed: 1, lastStatus: null, level: expect.anything() });
    }, 60_000);
  });
});
