import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { askThrough } from '../support/another-process.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addPerson, getUser } from '../support/people.ts';
import { toRepresentation, waitFor } from '../support/reading.ts';
import { addPlan, buildLine, listVariantIds } from '../support/recommending.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

const minuteMs = 60_000;
const size = 5;
const everything = `... on Patient {
  fullscriptAccount { id firstName }
  treatmentPlans { stale totalCount nodes { recommendations { product { name } } } }
  labOrders { stale totalCount }
}`;
/** Patients, plans and labs count as current for a quarter of an hour, products for a day. */
const dayMs = 25 * 60 * minuteMs;

describeEachDatabase('What is refreshed behind answers', (get) => {
  let deployment: Deployment;
  let processes: Deployment[];
  let clock: TestClock;
  let people: { patientId: string; fullscriptPatientId: string }[];

  beforeAll(async () => {
    clock = createTestClock();
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside: { now: clock.now },
      emr: { now: clock.now },
      sandbox: { clock: clock.now },
    });
    processes = [deployment, askThrough(deployment, await deployment.startAnother())];
  }, 60_000);
  afterAll(() => deployment.stop());

  beforeEach(async () => {
    const { sandbox } = deployment.sandbox;
    sandbox.faults.clear();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    const [variantId = ''] = listVariantIds(deployment, 1);
    people = Array.from({ length: size }, () => {
      const person = addPerson(deployment);
      addPlan(deployment, person.fullscriptPatientId, { lines: [buildLine(variantId)] });
      return person;
    });
    // Everything is stored once, and nobody is at it any more.
    for (const answer of await askBoth(1)) expect(answer.errors).toEqual([]);
    await settled();
    sandbox.calls.clear();
  }, 60_000);

  /** Asks each process `times` times at once for everybody. */
  const askBoth = (times: number, selection = everything) =>
    Promise.all(
      processes.flatMap((process) =>
        Array.from({ length: times }, () =>
          process.askEntities(
            'u-ada',
            people.map(({ patientId }) => toRepresentation(deployment, patientId)),
            selection,
          ),
        ),
      ),
    );
  const reads = () =>
    deployment.sandbox.sandbox.calls
      .list()
      .filter(({ method }) => method === 'GET')
      .map(({ path, query }) => `${path}${query}`);
  const countClaims = async () =>
    (await get().db.read<{ subject: string }>('SELECT subject FROM refresh_claim')).length;
  const settled = () => waitFor('all claims to be given back', async () => (await countClaims()) === 0, 30_000);
  const isStale = (answer: { data: { _entities: { treatmentPlans: { stale: boolean } }[] } }) =>
    answer.data._entities.some(({ treatmentPlans }) => treatmentPlans.stale);

  it('is read once, though two processes have twenty readers each at the same time', async () => {
    clock.forward(dayMs);
    deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/*', latencyMs: 300 });
    const answers = await askBoth(20);
    for (const answer of answers) expect(answer.errors).toEqual([]);
    expect(answers.filter(isStale).length).toBeGreaterThan(2);
    await waitFor('the copies to be current in both processes', async () => !(await askBoth(1)).some(isStale), 30_000);
    await settled();
    const paths = reads();
    expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
    for (const { fullscriptPatientId } of people) {
      expect(paths.filter((path) => path.endsWith(`/patients/${fullscriptPatientId}`))).toHaveLength(1);
      expect(paths.filter((path) => path.includes(`/${fullscriptPatientId}/treatment_plans`))).toHaveLength(1);
    }
  }, 60_000);

  it('costs the database the same number of statements for five patients as for one', async () => {
    const [first] = people;
    const countFor = async (asked: typeof people): Promise<number> => {
      clock.forward(16 * minuteMs);
      deployment.statements.length = 0;
      await deployment.askEntities(
        'u-ada',
        asked.map(({ patientId }) => toRepresentation(deployment, patientId)),
        '... on Patient { fullscriptAccount { id } }',
      );
      await waitFor('the refresh behind the answer', () =>
        deployment.statements.some((sql) => sql.includes('DELETE FROM refresh_claim')),
      );
      await settled();
      return deployment.statements.filter((sql) => sql.includes('refresh_claim')).length;
    };
    const forOne = await countFor(first ? [first] : []);
    expect(forOne).toBeGreaterThan(0);
    expect(await countFor(people)).toBe(forOne);
  }, 60_000);

  it('is left to who has claimed it until that process would have been done, also when it was killed', async () => {
    const [person] = people;
    clock.forward(16 * minuteMs);
    const { clinicId } = getUser(deployment);
    const organizationId = 'org-juniper';
    const rows = await get().db.read<{ organization_id: string }>('SELECT organization_id FROM copy_sync');
    const clinic = { organizationId: rows[0]?.organization_id ?? organizationId, clinicId };
    const subjects = [person?.fullscriptPatientId ?? ''];
    // What a process leaves behind that is killed while it refreshes.
    await deployment.app.parts.store.refreshClaims.take({ clinic, kind: 'plans', subjects, leaseMs: 13_000 });
    const ask = async () => {
      const answers = await askBoth(1, '... on Patient { treatmentPlans { stale } }');
      return answers.map((answer) => answer.data._entities[0].treatmentPlans.stale as boolean);
    };
    await ask();
    await waitFor('the others to be refreshed', async () => (await countClaims()) === 1, 30_000);
    expect(await ask()).toEqual([true, true]);
    expect(reads().filter((path) => path.includes(`/${subjects[0]}/treatment_plans`))).toEqual([]);
    clock.forward(13_001);
    await waitFor('the claim to end', async () => (await ask()).every((stale) => !stale), 30_000);
    expect(reads().filter((path) => path.includes(`/${subjects[0]}/treatment_plans`))).toHaveLength(1);
  }, 60_000);

  it('is tried again after a pause when it has failed, not by every reader', async () => {
    const [person] = people;
    people = person ? [person] : [];
    const path = `/api/clinic/patients/${person?.fullscriptPatientId}/treatment_plans`;
    const selection = '... on Patient { treatmentPlans { stale } }';
    const { faults } = deployment.sandbox.sandbox;
    clock.forward(16 * minuteMs);
    const fault = faults.add({ path, status: 422 });
    const hits = () => faults.list().find(({ id }) => id === fault.id)?.hits ?? 0;
    const isPaused = async () => {
      const [row] = await get().db.read<{ failures: number }>('SELECT failures FROM refresh_claim');
      return row?.failures ?? 0;
    };
    for (const failures of [1, 2, 3]) {
      await askBoth(3, selection);
      await waitFor('the failure to be noted', async () => (await isPaused()) === failures, 30_000);
      expect(hits()).toBe(failures);
      // Nobody tries before the pause is over.
      await askBoth(3, selection);
      clock.forward(2 ** (failures - 1) * 1000 - 1);
      await askBoth(3, selection);
      expect(hits()).toBe(failures);
      // A process that lost the race leaves it to the other for the time of one fetch.
      clock.forward(13_001);
    }
    faults.clear();
    const answers = await waitFor(
      'the copy to be current again',
      async () => {
        const asked = await askBoth(1, selection);
        return asked.some(isStale) ? null : asked;
      },
      30_000,
    );
    expect(answers).toHaveLength(2);
    await settled();
  }, 60_000);
});
