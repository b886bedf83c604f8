import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { askThrough } from '../support/another-process.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addPerson, getUser } from '../support/people.ts';
import { askPatient, countCalls, toRepresentation, waitFor } from '../support/reading.ts';
import { addPlan, buildLine, listVariantIds } from '../support/recommending.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

const freshMs = 900_000;
const lists = ['treatmentPlans', 'labOrders'] as const;

/** What a list is to say of itself: `at` in milliseconds after the copy was read, null for never. */
interface Labels {
  at: number | null;
  stale: boolean;
}

/** What has become of the copy since it was read at 0: sweeps by when they began, doubts by when they came, and how late it is now. */
interface Situation {
  name: string;
  isRead?: boolean;
  sweptAt?: number;
  doubtedAt?: number;
  now: number;
  /** What STORED and the usual freshness answer; CURRENT answers with now. */
  labels: Labels;
  /** Whether the usual freshness refreshes behind the answer. */
  refreshes: boolean;
}

const situations: Situation[] = [
  { name: 'read a moment ago', now: 1, labels: { at: 0, stale: false }, refreshes: false },
  { name: 'read almost too long ago', now: freshMs - 1, labels: { at: 0, stale: false }, refreshes: false },
  { name: 'read exactly too long ago', now: freshMs, labels: { at: 0, stale: true }, refreshes: true },
  {
    name: 'swept since',
    sweptAt: 600_000,
    now: freshMs + 1,
    labels: { at: 600_000, stale: false },
    refreshes: false,
  },
  {
    name: 'swept almost too long ago',
    sweptAt: 600_000,
    now: 600_000 + freshMs - 1,
    labels: { at: 600_000, stale: false },
    refreshes: false,
  },
  {
    name: 'swept exactly too long ago',
    sweptAt: 600_000,
    now: 600_000 + freshMs,
    labels: { at: 600_000, stale: true },
    refreshes: true,
  },
  {
    name: 'swept by a sweep that began before it was read',
    sweptAt: -1,
    now: freshMs,
    labels: { at: 0, stale: true },
    refreshes: true,
  },
  { name: 'in doubt since', doubtedAt: 1000, now: 2000, labels: { at: 0, stale: true }, refreshes: true },
  {
    name: 'in doubt since, whatever a later sweep has seen',
    doubtedAt: 1000,
    sweptAt: 2000,
    now: 3000,
    labels: { at: 0, stale: true },
    refreshes: true,
  },
];

describeEachDatabase('What a list says of itself', (get) => {
  let deployment: Deployment;
  let clock: TestClock;
  let patientId: string;
  let fullscriptPatientId: string;
  let planId: string;

  beforeAll(async () => {
    clock = createTestClock();
    deployment = await startDeployment({
      databaseUrl: get().url,
      // The cold look at fifty patients may take its time here.
      env: { FULLSCRIPT_DEADLINE_MS: '60000' },
      outside: { now: clock.now },
      emr: { now: clock.now },
      sandbox: { clock: clock.now },
    });
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(async () => {
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    ({ patientId, fullscriptPatientId } = addPerson(deployment));
    const [variantId = ''] = listVariantIds(deployment, 1);
    planId = addPlan(deployment, fullscriptPatientId, { lines: [buildLine(variantId)] });
    await askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
  });

  const ask = async (list: string, freshness: string) => {
    const { patient, errors } = await askPatient(
      deployment,
      'u-ada',
      patientId,
      `${list}(freshness: ${freshness}) { stale syncedAt totalCount }`,
    );
    expect(errors).toEqual([]);
    return patient[list] as { stale: boolean; syncedAt: string | null; totalCount: number };
  };
  const getClinicKey = async (): Promise<string> => {
    const { clinicId } = getUser(deployment);
    const clinics = await deployment.app.parts.store.clinics.listAll();
    return clinics.find(({ id }) => id === clinicId)?.clinicKey ?? '';
  };
  const noClaims = async () => (await get().db.read('SELECT subject FROM refresh_claim')).length === 0;

  it.each(lists.flatMap((list) => situations.map((situation) => ({ list, ...situation }))))(
    '$list: $name',
    async ({ list, now, sweptAt, doubtedAt, labels, refreshes }) => {
      const { copies, clinics } = deployment.app.parts.store;
      const clinicKey = await getClinicKey();
      const readAt = clock.now().getTime();
      const toText = (ms: number): string => new Date(readAt + ms).toISOString();
      await clinics.forgetSweep(clinicKey);
      expect(await ask(list, 'CURRENT')).toMatchObject({ syncedAt: toText(0), stale: false });
      if (doubtedAt !== undefined) {
        clock.forward(doubtedAt);
        const kind = list === 'labOrders' ? 'labs' : 'plans';
        await copies.expire({ clinicKey, kind, subject: fullscriptPatientId });
      }
      if (sweptAt !== undefined) await clinics.saveSweep(clinicKey, toText(sweptAt), toText(sweptAt));
      clock.forward(readAt + now - clock.now().getTime());
      deployment.sandbox.sandbox.calls.clear();

      const expected = { syncedAt: labels.at === null ? null : toText(labels.at), stale: labels.stale };
      expect(await ask(list, 'STORED')).toMatchObject(expected);
      expect(countCalls(deployment)).toBe(0);
      expect(await ask(list, 'STALE_WHILE_REVALIDATE')).toMatchObject(expected);
      if (refreshes) {
        await waitFor('the refresh behind the answer', async () => !(await ask(list, 'STORED')).stale);
        expect(await ask(list, 'STORED')).toMatchObject({ syncedAt: toText(now), stale: false });
        await waitFor('the claim to be given back', noClaims);
      } else {
        expect(await noClaims()).toBe(true);
        expect(countCalls(deployment)).toBe(0);
      }
      const calls = countCalls(deployment);
      expect(await ask(list, 'CURRENT')).toMatchObject({ syncedAt: toText(now), stale: false });
      expect(countCalls(deployment)).toBe(calls + 1);
    },
    30_000,
  );

  it.each(lists)('%s: never read', async (list) => {
    deployment.sandbox.sandbox.calls.clear();
    expect(await ask(list, 'STORED')).toEqual({ syncedAt: null, stale: true, totalCount: 0 });
    expect(countCalls(deployment)).toBe(0);
    expect(await ask(list, 'STALE_WHILE_REVALIDATE')).toMatchObject({ syncedAt: clock.text(), stale: false });
    expect(countCalls(deployment)).toBeGreaterThan(0);
  });

  it('one plan: asks for CURRENT always, behind the answer when it is old, and never for STORED', async () => {
    const one = async (freshness: string) => {
      const { data, errors } = await deployment.ask(
        'u-ada',
        'query ($id: ID!, $freshness: FullscriptFreshness) { it: fullscriptTreatmentPlan(id: $id, freshness: $freshness) { state } }',
        { variables: { id: planId, freshness } },
      );
      expect(errors).toEqual([]);
      return data.it?.state as string | undefined;
    };
    const calls = () =>
      deployment.sandbox.sandbox.calls.list().filter(({ path }) => path === `/api/clinic/treatment_plans/${planId}`)
        .length;
    deployment.sandbox.sandbox.calls.clear();
    await deployment.app.parts.store.clinics.forgetSweep(await getClinicKey());
    expect(await one('STORED')).toBeUndefined();
    expect(calls()).toBe(0);
    expect(await one('STALE_WHILE_REVALIDATE')).toBe('ACTIVE');
    expect(calls()).toBe(1);
    clock.forward(freshMs - 1);
    deployment.sandbox.sandbox.actions.cancelPlan(planId);
    expect(await one('STALE_WHILE_REVALIDATE')).toBe('ACTIVE');
    expect(calls()).toBe(1);
    clock.forward(1);
    expect(await one('STORED')).toBe('ACTIVE');
    expect(await one('STALE_WHILE_REVALIDATE')).toBe('ACTIVE');
    await waitFor('the refresh behind the answer', async () => (await one('STORED')) === 'CANCELLED');
    expect(calls()).toBe(2);
    expect(await one('CURRENT')).toBe('CANCELLED');
    expect(calls()).toBe(3);
  });

  it('CURRENT is not answered by what was asked before, and all who come meanwhile share one answer', async () => {
    await ask('treatmentPlans', 'CURRENT');
    const { actions, calls, faults } = deployment.sandbox.sandbox;
    const [variantId = ''] = listVariantIds(deployment, 1);
    const slowId = addPlan(deployment, fullscriptPatientId, { lines: [buildLine(variantId)] });
    const fault = faults.add({ path: `/api/clinic/treatment_plans/${slowId}`, latencyMs: 1500, count: 1 });
    calls.clear();
    const askState = async () => {
      const { patient } = await askPatient(
        deployment,
        'u-ada',
        patientId,
        'treatmentPlans(freshness: CURRENT) { nodes { id state } }',
      );
      return patient.treatmentPlans.nodes.find(({ id }: { id: string }) => id === planId)?.state;
    };
    const before = askState();
    // It has the list already, and waits for the new plan.
    await waitFor('the plan to be asked for', () => faults.list().some(({ id, hits }) => id === fault.id && hits > 0));
    clock.forward(1000);
    actions.cancelPlan(planId);
    const after = await Promise.all(Array.from({ length: 5 }, askState));
    expect(after).toEqual(Array.from({ length: 5 }, () => 'CANCELLED'));
    await before;
    const listed = calls.list().filter(({ path }) => path.endsWith(`/${fullscriptPatientId}/treatment_plans`));
    expect(listed.length).toBeLessThanOrEqual(3);
    faults.clear();
  }, 30_000);

  it('one lab order, asked for with CURRENT, is not answered by what was asked before either', async () => {
    const { state, calls, faults } = deployment.sandbox.sandbox;
    const known = await askPatient(deployment, 'u-ada', 'p-1001', 'labOrders { nodes { id } }');
    const id = known.patient.labOrders.nodes[0].id as string;
    expect(state.labOrders.has(id)).toBe(true);
    const path = `/api/clinic/labs/orders/${id}`;
    const fault = faults.add({ path, latencyMs: 1000, count: 1 });
    calls.clear();
    const one = async (): Promise<string> => {
      const { data, errors } = await deployment.ask(
        'u-ada',
        'query ($id: ID!) { it: fullscriptLabOrder(id: $id, freshness: CURRENT) { id } }',
        { variables: { id } },
      );
      expect(errors).toEqual([]);
      return data.it.id as string;
    };
    const before = one();
    await waitFor('the order to be asked for', () =>
      faults.list().some((each) => each.id === fault.id && each.hits > 0),
    );
    expect(await Promise.all([one(), one(), one()])).toEqual([id, id, id]);
    await before;
    const asked = calls.list().filter((call) => call.path === path).length;
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThanOrEqual(3);
    faults.clear();
  }, 30_000);

  it('fifty patients stay current by the sweeps of their clinic, at the cost of a few calls for each', async () => {
    const people = Array.from({ length: 50 }, () => addPerson(deployment));
    const worker = await deployment.startAnother({ WORKER: 'off' });
    const countReaderCalls = () =>
      deployment.logs.filter((line) => line.includes('a call to Fullscript') && line.includes('reader-of-fifty'))
        .length;
    const readAll = async (through: Deployment) => {
      const { data, errors } = await through.askEntities(
        'u-ada',
        people.map((person) => toRepresentation(deployment, person.patientId)),
        '... on Patient { fullscriptAccount { id } treatmentPlans { stale syncedAt totalCount } labOrders { stale } }',
        { headers: { 'x-request-id': 'reader-of-fifty' } },
      );
      expect(errors).toEqual([]);
      return data._entities as {
        treatmentPlans: { stale: boolean; syncedAt: string };
        labOrders: { stale: boolean };
      }[];
    };
    await readAll(deployment);
    const { calls } = deployment.sandbox.sandbox;
    expect(countReaderCalls()).toBeGreaterThan(100);
    await waitFor('the reading to be over', noClaims);
    const readerCalls = countReaderCalls();
    const clinicKey = await getClinicKey();
    worker.parts.runner.start();
    try {
      let isWarm = false;
      // What made all of them is told by events that the first sweep reads, and that the later ones see no more.
      for (const passedMs of [freshMs, 3 * 24 * 3600 * 1000, freshMs, freshMs, freshMs]) {
        calls.clear();
        clock.forward(passedMs);
        const at = clock.text();
        worker.parts.runner.wake('sweep');
        await waitFor(
          'the sweep',
          async () => (await deployment.app.parts.store.clinics.find(clinicKey))?.sweptAt === at,
          30_000,
        );
        const events = calls.list().filter(({ path }) => path.startsWith('/api/events/'));
        if (passedMs === freshMs && isWarm) expect(events.length).toBeLessThanOrEqual(4);
        isWarm ||= passedMs !== freshMs;
        calls.clear();
        for (const process of [deployment, askThrough(deployment, worker)]) {
          for (const { treatmentPlans, labOrders } of await readAll(process)) {
            expect(treatmentPlans).toMatchObject({ stale: false, syncedAt: at });
            expect(labOrders.stale).toBe(false);
          }
        }
        expect(countReaderCalls()).toBe(readerCalls);
      }
    } finally {
      await worker.stop();
    }
  }, 120_000);
});
