import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LabOrder, LabOrderState } from '../../src/sandbox/state.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addPerson } from '../support/people.ts';
import { askPatient, countCalls, getFullscriptPatientId } from '../support/reading.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

const hero = 'p-1001';
const minuteMs = 60_000;
const stages: [state: string, status: string, stage: string][] = [
  ['not_purchased', 'NOT_PURCHASED', 'NOT_PURCHASED'],
  ['purchased', 'PURCHASED', 'PURCHASED'],
  ['schedule_appointment', 'SCHEDULE_APPOINTMENT', 'PURCHASED'],
  ['upcoming_appointment', 'UPCOMING_APPOINTMENT', 'PURCHASED'],
  ['processing', 'PROCESSING', 'PURCHASED'],
  ['partial_results', 'PARTIAL_RESULTS', 'PURCHASED'],
  ['results_ready', 'RESULTS_READY', 'RESULTS_READY'],
  ['results_amended', 'RESULTS_AMENDED', 'RESULTS_READY'],
  ['interpretation_ready', 'INTERPRETATION_READY', 'RESULTS_READY'],
  ['interpretation_shared', 'INTERPRETATION_SHARED', 'RESULTS_READY'],
  // The words of the webhooks for two of the states.
  ['results_received', 'PARTIAL_RESULTS', 'PURCHASED'],
  ['all_results_received', 'RESULTS_READY', 'RESULTS_READY'],
  // Words that this version does not know.
  ['refunded', 'OTHER', 'PURCHASED'],
  ['Über alles', 'OTHER', 'PURCHASED'],
];

/** A sent plan of the hero's with the panels given, and the lab orders that came of it. */
function addLabs(deployment: Deployment, panels = 1): { planId: string; orders: LabOrder[] } {
  const { actions, state } = deployment.sandbox.sandbox;
  const ada = [...state.users.values()].find((user) => user.email === 'ada@cedarrow.example');
  const patientId = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
  const labPanelIds = [...state.labPanels.values()]
    .filter((panel) => panel.tests.length > 1)
    .slice(0, panels)
    .map(({ id }) => id);
  const plan = actions.createPlan(ada?.clinicId ?? '', { practitionerId: ada?.id ?? '', patientId, labPanelIds });
  actions.sendPlan(plan.id);
  return { planId: plan.id, orders: [...state.labOrders.values()].filter((order) => order.planId === plan.id) };
}

describeEachDatabase('FullscriptLabOrder', (get) => {
  let deployment: Deployment;
  let clock: TestClock;
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
    deployment.sandbox.sandbox.faults.clear();
    clock.forward(minuteMs);
  });

  const askOrder = async (id: string, selection: string, freshness = 'CURRENT') => {
    const answer = await deployment.ask(
      'u-ada',
      `{ fullscriptLabOrder(id: "${id}", freshness: ${freshness}) { ${selection} } }`,
    );
    expect(answer.errors).toEqual([]);
    return answer.data.fullscriptLabOrder;
  };

  it('shows each of the ten states, both vocabularies and unknown words, with their stage, and Fullscript’s own word', async () => {
    const { orders } = addLabs(deployment);
    const [order] = orders;
    for (const [state, status, stage] of stages) {
      Object.assign(order ?? {}, { state: state as LabOrderState });
      expect(await askOrder(order?.id ?? '', 'status rawStatus stage')).toEqual({ status, rawStatus: state, stage });
      const listed = await askPatient(
        deployment,
        'u-ada',
        hero,
        `labOrders(first: 100, freshness: CURRENT, statuses: [${status}]) { totalCount nodes { id status } }`,
      );
      expect(listed.patient.labOrders.nodes).toContainEqual({ id: order?.id, status });
      expect(listed.patient.labOrders.nodes.length).toBe(listed.patient.labOrders.totalCount);
    }
  });

  it('shows plan, patient, author, clinic and tests', async () => {
    const { planId, orders } = addLabs(deployment);
    const [order] = orders;
    expect(
      await askOrder(
        order?.id ?? '',
        'name clinic { name } patient { id } practitioner { id } treatmentPlan { id } tests { id name } results { id } updatedAt',
      ),
    ).toMatchObject({
      name: order?.name,
      clinic: { name: 'Cedar Row Wellness' },
      patient: { id: hero },
      practitioner: { id: 'pr-ada' },
      treatmentPlan: { id: planId },
      tests: order?.tests,
      results: [],
    });
  });

  it('does not show a plan that is somebody else’s than the order', async () => {
    const { planId, orders } = addLabs(deployment);
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const plan = deployment.sandbox.sandbox.state.plans.get(planId);
    Object.assign(plan ?? {}, { patientId: fullscriptPatientId });
    await askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
    const answer = await deployment.ask(
      'u-ada',
      `{ fullscriptLabOrder(id: "${orders[0]?.id ?? ''}", freshness: CURRENT) { patient { id } treatmentPlan { id } } }`,
    );
    expect(answer.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    expect(answer.data.fullscriptLabOrder).toEqual({ patient: { id: hero }, treatmentPlan: null });
  });

  it('shows tests and results as they are, whatever their numbers', async () => {
    const { actions } = deployment.sandbox.sandbox;
    const [order] = addLabs(deployment).orders;
    actions.moveLabOrder(order?.id ?? '', 'purchased');
    actions.publishResults(order?.id ?? '', 1);
    const bundled = await askOrder(order?.id ?? '', 'status tests { id } results { id name }');
    expect(bundled.tests.length).toBeGreaterThan(1);
    expect(bundled.results).toHaveLength(1);
    const [split] = addLabs(deployment).orders;
    actions.moveLabOrder(split?.id ?? '', 'purchased');
    actions.publishResults(split?.id ?? '', 7);
    expect((await askOrder(split?.id ?? '', 'results { id }')).results).toHaveLength(7);
  });

  it('a result is titled and dated by the day it was first seen ready, UTC, and stays so when it is amended', async () => {
    const { actions } = deployment.sandbox.sandbox;
    const [order] = addLabs(deployment).orders;
    const id = order?.id ?? '';
    actions.moveLabOrder(id, 'purchased');
    await askOrder(id, 'status');
    actions.publishResults(id, 1);
    const seenAt = clock.text();
    const result = { title: `Fullscript lab result ${seenAt.slice(0, 10)}`, availableAt: seenAt };
    expect((await askOrder(id, 'results { title availableAt amended }')).results).toEqual([
      { ...result, amended: false },
    ]);
    clock.forward(2 * 24 * 60 * minuteMs);
    actions.amendResult(id);
    expect(await askOrder(id, 'status results { title availableAt amended }')).toEqual({
      status: 'RESULTS_AMENDED',
      results: [{ ...result, amended: true }],
    });
    clock.forward(minuteMs);
    actions.moveLabOrder(id, 'interpretation_shared');
    expect(await askOrder(id, 'stage results { amended }')).toEqual({
      stage: 'RESULTS_READY',
      results: [{ amended: true }],
    });
  });

  it('a lab recommendation belongs to the order of its plan that shares a test, else to the one of its name', async () => {
    const { actions } = deployment.sandbox.sandbox;
    const { planId, orders } = addLabs(deployment, 3);
    expect(orders.length).toBe(3);
    const [byTest, byName, none] = orders;
    actions.moveLabOrder(byTest?.id ?? '', 'purchased');
    actions.moveLabOrder(byName?.id ?? '', 'purchased');
    const nameOf = (order: LabOrder | undefined) =>
      deployment.sandbox.sandbox.state.plans
        .get(planId)
        ?.labRecommendations.find(({ id }) => id === order?.labRecommendationId)?.name;
    const expected = [
      { name: nameOf(byTest), stage: 'PURCHASED', labOrder: { id: byTest?.id } },
      { name: nameOf(byName), stage: 'PURCHASED', labOrder: { id: byName?.id } },
      { name: nameOf(none), stage: 'NOT_PURCHASED', labOrder: null },
    ];
    // One order is told by its tests although it is called otherwise, one by its name alone, and one does not exist.
    Object.assign(byTest ?? {}, { name: 'Something else' });
    Object.assign(byName ?? {}, { tests: [] });
    deployment.sandbox.sandbox.state.labOrders.delete(none?.id ?? '');
    await askPatient(deployment, 'u-ada', hero, 'labOrders(freshness: CURRENT) { totalCount }');
    const answer = await deployment.ask(
      'u-ada',
      `{ fullscriptTreatmentPlan(id: "${planId}") { labRecommendations { name stage tests { id } labOrder { id } } } }`,
    );
    expect(answer.errors).toEqual([]);
    const shown = answer.data.fullscriptTreatmentPlan.labRecommendations as { name: string; tests: unknown[] }[];
    expect(shown.map(({ tests: _, ...rest }) => rest)).toEqual(expected);
    for (const recommendation of shown) expect(recommendation.tests.length).toBeGreaterThan(0);
  });

  it('an order that is not final is current for FRESH_FOR_SECONDS after its own sync only, a sweep does not vouch for it', async () => {
    const { state } = deployment.sandbox.sandbox;
    addLabs(deployment);
    const read = async (patientId: string) => {
      const { patient } = await askPatient(
        deployment,
        'u-ada',
        patientId,
        'labOrders(first: 100, freshness: STORED) { stale nodes { status } }',
      );
      return patient.labOrders as { stale: boolean; nodes: { status: string }[] };
    };
    const final = deployment.emr.store.patients.get('p-1002');
    const finalId = getFullscriptPatientId(deployment, final?.email ?? '');
    for (const order of state.labOrders.values())
      if (order.patientId === finalId) order.state = 'interpretation_shared';
    for (const id of [hero, 'p-1002'])
      await askPatient(deployment, 'u-ada', id, 'labOrders(freshness: CURRENT) { totalCount }');
    expect((await read(hero)).stale).toBe(false);
    clock.forward(20 * minuteMs);
    const [clinic] = await deployment.app.parts.store.clinics.listAll();
    await deployment.app.parts.store.clinics.saveSweep(clinic?.clinicKey ?? '', clock.text(), clock.text());
    expect((await read(hero)).stale).toBe(true);
    expect((await read('p-1002')).stale).toBe(false);
  });
});

describe.each(['ca', 'ca-snd'])('Patient.labOrders in %s', (environment) => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ env: { FULLSCRIPT_ENV: environment } });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it('is an empty list that is not stale, without a single call, whatever the freshness', async () => {
    for (const freshness of ['STORED', 'STALE_WHILE_REVALIDATE', 'CURRENT']) {
      deployment.sandbox.sandbox.calls.clear();
      const { patient, errors } = await askPatient(
        deployment,
        'u-ada',
        hero,
        `labOrders(freshness: ${freshness}) { totalCount stale nodes { id } pageInfo { hasNextPage } }`,
      );
      expect(errors).toEqual([]);
      expect(patient.labOrders).toEqual({ totalCount: 0, stale: false, nodes: [], pageInfo: { hasNextPage: false } });
      expect(countCalls(deployment)).toBe(0);
    }
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans { totalCount }');
    deployment.sandbox.sandbox.calls.clear();
    const { patient } = await askPatient(
      deployment,
      'u-ada',
      hero,
      'labOrders(freshness: CURRENT) { totalCount stale }',
    );
    expect(patient.labOrders).toEqual({ totalCount: 0, stale: false });
    expect(countCalls(deployment)).toBe(0);
  });

  it('keeps the rules on who may read: no account, a hidden patient', async () => {
    const unconnected = await askPatient(deployment, 'u-ben', hero, 'labOrders { totalCount }');
    expect(unconnected.errors).toMatchObject([{ extensions: { code: 'FULLSCRIPT_CONNECTION_REQUIRED' } }]);
    const hidden = await deployment.askEntities(
      'u-ada',
      [{ __typename: 'Patient', id: 'p-2001' }],
      '... on Patient { labOrders { totalCount } }',
    );
    expect(hidden.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });
});
