import { afterEach, expect, it } from 'vitest';
import { toClinicKey } from '../../src/store/keys.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { getUser } from '../support/people.ts';
import { askPatient, getFullscriptPatientId, waitFor } from '../support/reading.ts';
import { spawnProcess, type SpawnedProcess } from '../support/spawned-process.ts';

const ada = 'ada@cedarrow.example';
const hero = 'p-1001';
const tables = ['account', 'job_lease', 'clinic', 'copy_sync', 'treatment_plan', 'webhook_event', 'patient_link'];

describeEachDatabase('A sweep that is killed', (get) => {
  let deployment: Deployment;
  let offsetMs = 0;
  let victim: SpawnedProcess | null = null;

  afterEach(async () => {
    victim?.child.kill('SIGKILL');
    await victim?.ended;
    await deployment.stop();
  }, 60_000);

  const clinicKey = () => toClinicKey('org-juniper', getUser(deployment, ada).clinicId);
  const findClinic = async () => await deployment.app.parts.store.clinics.find(clinicKey());

  /** Plans that were sent and then cancelled while no webhook came through. */
  async function start(count: number): Promise<string[]> {
    offsetMs = 0;
    for (const table of tables) await get().db.write((tx) => tx.run(`DELETE FROM ${table}`));
    const now = () => new Date(Date.now() + offsetMs);
    deployment = await startDeployment({ databaseUrl: get().url, outside: { now }, emr: { now } });
    await deployment.connect('u-ada', ada);
    const { actions } = deployment.sandbox.sandbox;
    const { id: practitionerId, clinicId } = getUser(deployment, ada);
    const patientId = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
    const plans = Array.from({ length: count }, () => actions.createPlan(clinicId, { practitionerId, patientId }).id);
    for (const id of plans) actions.sendPlan(id);
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans { totalCount }');
    for (const id of plans) actions.cancelPlan(id);
    return plans;
  }

  async function countCancelled(plans: readonly string[]): Promise<number> {
    const rows = await get().db.read<{ id: string; state: string }>('SELECT id, state FROM treatment_plan');
    return rows.filter(({ id, state }) => plans.includes(id) && state === 'CANCELLED').length;
  }

  async function kill(isThere: () => boolean | Promise<boolean>): Promise<void> {
    victim = spawnProcess({ ...deployment.env, LOG_LEVEL: 'silent' }, 'test/support/job-process.ts', 'sweep');
    await waitFor('the sweep to be half done', isThere, 90_000);
    victim.child.kill('SIGKILL');
    await victim.ended;
  }

  /** What another process makes of it, once the dead one's leases have ended. */
  async function sweepAgain(plans: readonly string[]): Promise<void> {
    expect(await findClinic()).toMatchObject({ sweptAt: null, sweepCursor: null });
    deployment.sandbox.sandbox.faults.clear();
    offsetMs += 121_000;
    deployment.app.parts.runner.start(['sweep']);
    deployment.app.parts.runner.wake('sweep');
    await waitFor('the finished sweep', async () => (await findClinic())?.sweptAt, 30_000);
    expect(await countCancelled(plans)).toBe(plans.length);
    const open = await get().db.read("SELECT id FROM webhook_event WHERE state <> 'DONE'");
    expect(open).toEqual([]);
  }

  it('between two lists of events has not counted, and loses nothing', async () => {
    const plans = await start(5);
    const { faults, calls } = deployment.sandbox.sandbox;
    faults.add({ path: '/api/events/orders', latencyMs: 4000 });
    calls.clear();
    const isListed = () => calls.list().some(({ path }) => path === '/api/events/orders');
    await kill(isListed);
    await sweepAgain(plans);
  }, 180_000);

  it('while it applies what it has found has not counted, and loses nothing', async () => {
    const plans = await start(60);
    const { faults, calls } = deployment.sandbox.sandbox;
    faults.add({ path: '/api/clinic/treatment_plans/:id', latencyMs: 150 });
    calls.clear();
    await kill(async () => {
      const done = await countCancelled(plans);
      return done > 0 && done < plans.length;
    });
    expect(await countCancelled(plans)).toBeLessThan(plans.length);
    await sweepAgain(plans);
  }, 180_000);
});
