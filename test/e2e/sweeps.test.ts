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
});
