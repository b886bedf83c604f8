import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { askPatient, countCalls, getFullscriptPatientId, toRepresentation, waitFor } from '../support/reading.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

const minuteMs = 60_000;
const list = 'totalCount stale syncedAt nodes { id state personalMessage }';
const current = `treatmentPlans(freshness: CURRENT) { ${list} }`;
const stored = `treatmentPlans(freshness: STORED) { ${list} }`;
const usual = `treatmentPlans { ${list} }`;

describeEachDatabase('FullscriptFreshness of Patient.treatmentPlans', (get) => {
  let deployment: Deployment;
  let clock: TestClock;
  let next = 0;
  /** An EMR patient with one plan at Fullscript that nobody has read yet. */
  let patientId: string;
  let fullscriptPatientId: string;
  let planId: string;

  beforeAll(async () => {
    clock = createTestClock();
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside: { now: clock.now },
      emr: { now: clock.now },
      sandbox: { clock: clock.now },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  beforeEach(() => {
    next += 1;
    const { sandbox } = deployment.sandbox;
    const person = { firstName: 'Fresh', lastName: `Reader${next}`, email: `fresh.${next}@mail.example` };
    patientId = deployment.emr.addPatient({ ...person, dateOfBirth: '1980-05-05' }).id;
    const [ada] = [...sandbox.state.users.values()].filter((user) => user.email === 'ada@cedarrow.example');
    const clinicId = ada?.clinicId ?? '';
    fullscriptPatientId = sandbox.actions.createPatient(clinicId, { ...person, dateOfBirth: '1980-05-05' }).id;
    const [variant] = sandbox.state.variants.keys();
    planId = sandbox.actions.createPlan(clinicId, {
      practitionerId: ada?.id ?? '',
      patientId: fullscriptPatientId,
      personalMessage: 'first',
      recommendations: [toLine(variant ?? '')],
    }).id;
    sandbox.actions.sendPlan(planId);
    sandbox.faults.clear();
    sandbox.calls.clear();
  });

  const ask = async (selection: string) => {
    const answer = await askPatient(deployment, 'u-ada', patientId, selection);
    return { ...answer, plans: answer.patient?.treatmentPlans };
  };
  const link = () => askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
  const listCalls = () =>
    deployment.sandbox.sandbox.calls
      .list()
      .filter((call) => call.path.endsWith(`${fullscriptPatientId}/treatment_plans`)).length;

  it('answers STORED without a call, empty, null and stale, when nothing was ever stored', async () => {
    await link();
    deployment.sandbox.sandbox.calls.clear();
    const { plans, errors } = await ask(stored);
    expect(errors).toEqual([]);
    expect(plans).toEqual({ totalCount: 0, stale: true, syncedAt: null, nodes: [] });
    expect(countCalls(deployment)).toBe(0);
  });

  it('answers an empty list that is not stale for a patient who is linked to nobody', async () => {
    const unknown = deployment.emr.addPatient({ email: null, firstName: 'No', lastName: 'Body' });
    for (const selection of [usual, stored, current]) {
      const { patient, errors } = await askPatient(deployment, 'u-ada', unknown.id, selection);
      expect(errors).toEqual([]);
      expect(patient.treatmentPlans).toEqual({ totalCount: 0, stale: false, syncedAt: null, nodes: [] });
    }
  });

  it('fetches what was never stored first, and then tells from when it is', async () => {
    const at = clock.text();
    const { plans } = await ask(usual);
    expect(plans).toMatchObject({
      totalCount: 1,
      stale: false,
      syncedAt: at,
      nodes: [{ id: planId, state: 'ACTIVE' }],
    });
  });

  it('answers from the copy without a call while it is younger than fifteen minutes', async () => {
    const at = clock.text();
    await ask(usual);
    deployment.sandbox.sandbox.calls.clear();
    clock.forward(14 * minuteMs);
    for (const selection of [usual, stored]) {
      const { plans } = await ask(selection);
      expect(plans).toMatchObject({ totalCount: 1, stale: false, syncedAt: at });
    }
    expect(countCalls(deployment)).toBe(0);
  });

  it('answers an older copy at once, says so, and refreshes it once behind the answer without waiting for Fullscript', async () => {
    const at = clock.text();
    await ask(usual);
    clock.forward(16 * minuteMs);
    deployment.sandbox.sandbox.actions.editActivePlan(planId, { personalMessage: 'second' });
    deployment.sandbox.sandbox.calls.clear();
    deployment.sandbox.sandbox.faults.add({
      path: `/api/clinic/patients/${fullscriptPatientId}/treatment_plans`,
      latencyMs: 4000,
      count: 1,
    });
    const answers = await Promise.all([ask(usual), ask(usual), ask(usual)]);
    // The one call behind the answers is still waiting for Fullscript.
    await waitFor('the call behind the answers', () => deployment.sandbox.sandbox.calls.summary().inFlight === 1);
    for (const { plans } of answers)
      expect(plans).toMatchObject({ stale: true, syncedAt: at, nodes: [{ personalMessage: 'first' }] });
    const later = await waitFor('the refresh behind the answer', async () => {
      const { plans } = await ask(stored);
      return plans.stale === false ? plans : null;
    });
    expect(later).toMatchObject({ syncedAt: clock.text(), nodes: [{ personalMessage: 'second' }] });
    expect(listCalls()).toBe(1);
  });

  it('compares with Fullscript before it answers CURRENT, also right after a good copy was stored', async () => {
    await ask(usual);
    clock.forward(1000);
    deployment.sandbox.sandbox.actions.cancelPlan(planId);
    const { plans } = await ask(current);
    expect(plans).toMatchObject({ stale: false, syncedAt: clock.text(), nodes: [{ id: planId, state: 'CANCELLED' }] });
  });

  it('never tells a later time than the one at which Fullscript was asked', async () => {
    await link();
    const at = clock.text();
    deployment.sandbox.sandbox.faults.add({ path: `/api/clinic/treatment_plans/${planId}`, latencyMs: 300, count: 1 });
    const asking = ask(current);
    await waitFor('the plan to be asked for', () =>
      deployment.sandbox.sandbox.calls.list().some((call) => call.path.endsWith(planId)),
    );
    clock.forward(minuteMs);
    expect((await asking).plans.syncedAt).toBe(at);
    expect((await ask(stored)).plans.syncedAt).toBe(at);
  });

  it('takes away what Fullscript no longer lists', async () => {
    await ask(usual);
    clock.forward(1000);
    deployment.sandbox.sandbox.state.plans.delete(planId);
    expect((await ask(current)).plans).toMatchObject({ totalCount: 0, nodes: [], stale: false });
    expect((await ask(stored)).plans).toMatchObject({ totalCount: 0, nodes: [] });
  });

  it('collapses equal reads of twenty clients at the same time into one', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(usual)));
    for (const { plans, errors } of answers) {
      expect(errors).toEqual([]);
      expect(plans).toMatchObject({ totalCount: 1, stale: false });
    }
    expect(listCalls()).toBe(1);
    const paths = deployment.sandbox.sandbox.calls.list().map((call) => `${call.method} ${call.path}${call.query}`);
    expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
  });

  it('collapses twenty clients who ask for the same ten people, cold, into the calls of one', async () => {
    const { actions, state, calls } = deployment.sandbox.sandbox;
    const clinicId = state.plans.get(planId)?.clinicId ?? '';
    const people = Array.from({ length: 10 }, (_, index) => {
      const person = { firstName: 'Many', lastName: `Reader${index}`, email: `many.${next}.${index}@mail.example` };
      actions.createPatient(clinicId, { ...person, dateOfBirth: '1990-01-01' });
      return deployment.emr.addPatient({ ...person, dateOfBirth: '1990-01-01' }).id;
    });
    const asked = people.map((id) => toRepresentation(deployment, id));
    const selection =
      '... on Patient { id connectionStatus fullscriptAccount { id } treatmentPlans { totalCount } labOrders { totalCount } }';
    calls.clear();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => deployment.askEntities('u-ada', asked, selection)),
    );
    for (const answer of answers) {
      expect(answer.errors).toEqual([]);
      expect(answer.data._entities.map((entity: { id: string }) => entity.id)).toEqual(people);
      expect(
        new Set(answer.data._entities.map((entity: { connectionStatus: string }) => entity.connectionStatus)),
      ).toEqual(new Set(['CONNECTED']));
    }
    const paths = calls
      .list()
      .filter(({ method }) => method === 'GET')
      .map((call) => `${call.path}${call.query}`);
    expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
    expect(calls.summary().peakInFlight).toBeLessThanOrEqual(10);
  });

  it('answers from the copy at once while ten other readers hang at Fullscript', async () => {
    await ask(usual);
    deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/search/patients', latencyMs: 4000 });
    const strangers = Array.from({ length: 12 }, (_, index) =>
      deployment.emr.addPatient({ email: `hanging.${next}.${index}@mail.example` }),
    );
    const hanging = strangers.map(({ id }) => askPatient(deployment, 'u-ada', id, 'connectionStatus'));
    await waitFor('all slots to be taken', () => deployment.sandbox.sandbox.calls.summary().inFlight >= 8);
    for (const selection of [stored, usual]) expect((await ask(selection)).plans.totalCount).toBe(1);
    expect(deployment.sandbox.sandbox.calls.summary().inFlight).toBeGreaterThanOrEqual(8);
    await Promise.all(hanging);
  });

  it('shows the plan that another patient of the same request has, each their own', async () => {
    const mira = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
    const { patients } = deployment.emr.store;
    const asked = [patientId, 'p-1001'].map((id) => ({ __typename: 'Patient', ...patients.get(id) }));
    const answer = await deployment.askEntities(
      'u-ada',
      asked,
      '... on Patient { treatmentPlans(first: 100) { nodes { id } } }',
    );
    const own = (answer.data._entities as { treatmentPlans: { nodes: { id: string }[] } }[]).map(({ treatmentPlans }) =>
      treatmentPlans.nodes.map(({ id }) => deployment.sandbox.sandbox.state.plans.get(id)?.patientId),
    );
    expect(new Set(own[0])).toEqual(new Set([fullscriptPatientId]));
    expect(new Set(own[1])).toEqual(new Set([mira]));
  });
});

function toLine(variantId: string) {
  return {
    variantId,
    refill: true,
    unitsToPurchase: 1,
    takeWith: null,
    dosage: {
      amount: '1',
      frequency: 'once per day',
      duration: '30',
      format: 'capsule',
      additionalInfo: null,
      timeOfDay: [],
    },
  };
}
