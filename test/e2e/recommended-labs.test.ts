import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { LabOrder } from '../../src/sandbox/state.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addLabOrder } from '../support/labs.ts';
import { addPerson, getUser } from '../support/people.ts';
import { askPatient } from '../support/reading.ts';

describeEachDatabase('FullscriptLabRecommendation', (get) => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 120_000);
  afterAll(() => deployment.stop());
  afterEach(() => deployment.sandbox.sandbox.faults.clear());

  /** A linked person with a sent plan that recommends a lab, whose order is bought unless told otherwise. */
  async function addPatient(
    bought = true,
  ): Promise<{ patientId: string; fullscriptPatientId: string; order: LabOrder }> {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    await askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
    return {
      patientId,
      fullscriptPatientId,
      order: addLabOrder(deployment, { fullscriptPatientId, bought, tests: 2 }),
    };
  }
  const failLabs = () => deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/labs/*', status: 500 });
  interface Shown {
    name: string;
    stage: string;
    labOrder?: { id: string } | null;
  }
  async function read(
    patientId: string,
    { who = 'u-ada', freshness = 'STALE_WHILE_REVALIDATE', selection = 'stage' } = {},
  ): Promise<{ plans: { id: string; labRecommendations: Shown[] }[] | null; codes: unknown[] }> {
    const { patient, errors } = await askPatient(
      deployment,
      who,
      patientId,
      `treatmentPlans(freshness: ${freshness}) { nodes { id labRecommendations { name ${selection} } } }`,
    );
    return { plans: patient.treatmentPlans?.nodes ?? null, codes: errors.map(({ extensions }) => extensions['code']) };
  }
  const stagesOf = async (patientId: string, options: Parameters<typeof read>[1] = {}) => {
    const { plans, codes } = await read(patientId, options);
    return [plans?.flatMap(({ labRecommendations }) => labRecommendations.map(({ stage }) => stage)) ?? null, codes];
  };

  it('shows the plan while the labs cannot be asked for, and does not call what it does not know "not purchased"', async () => {
    const { patientId } = await addPatient();
    failLabs();
    expect(await stagesOf(patientId)).toEqual([['UNKNOWN'], []]);
    // Whoever asks for the order itself learns why there is none, and keeps the plan, too.
    const { plans, codes } = await read(patientId, { selection: 'stage labOrder { id }' });
    expect(plans).toMatchObject([{ labRecommendations: [{ stage: 'UNKNOWN', labOrder: null }] }]);
    expect(codes).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    deployment.sandbox.sandbox.faults.clear();
    expect(await stagesOf(patientId)).toEqual([['PURCHASED'], []]);
  }, 60_000);

  it('shows what is stored while the labs cannot be asked for; current is only what Fullscript says now', async () => {
    const { patientId, order } = await addPatient();
    expect(await stagesOf(patientId, { freshness: 'CURRENT' })).toEqual([['PURCHASED'], []]);
    failLabs();
    expect(await stagesOf(patientId)).toEqual([['PURCHASED'], []]);
    expect(await stagesOf(patientId, { freshness: 'STORED' })).toEqual([['PURCHASED'], []]);
    expect(await stagesOf(patientId, { freshness: 'CURRENT' })).toEqual([['UNKNOWN'], []]);
    const { plans, codes } = await read(patientId, { freshness: 'CURRENT', selection: 'stage labOrder { id }' });
    expect(plans).toMatchObject([{ labRecommendations: [{ stage: 'UNKNOWN', labOrder: null }] }]);
    expect(codes).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    deployment.sandbox.sandbox.faults.clear();
    deployment.sandbox.sandbox.actions.publishResults(order.id, 1);
    expect(await stagesOf(patientId, { freshness: 'CURRENT' })).toEqual([['RESULTS_READY'], []]);
  }, 60_000);

  it('shows an order that is known by itself while the patient’s list cannot be asked for', async () => {
    const { patientId, order } = await addPatient();
    const answer = await deployment.ask('u-ada', `{ fullscriptLabOrder(id: "${order.id}") { status } }`);
    expect(answer.data.fullscriptLabOrder).toEqual({ status: 'PURCHASED' });
    failLabs();
    const { plans, codes } = await read(patientId, { selection: 'stage labOrder { id }' });
    expect(plans).toMatchObject([{ labRecommendations: [{ stage: 'PURCHASED', labOrder: { id: order.id } }] }]);
    expect(codes).toEqual([]);
  }, 60_000);

  it('is unknown from the stored copy alone before the labs were ever fetched, and not purchased once they were', async () => {
    const { patientId } = await addPatient(false);
    await askPatient(deployment, 'u-ada', patientId, 'treatmentPlans(freshness: CURRENT) { totalCount }');
    expect(await stagesOf(patientId, { freshness: 'STORED' })).toEqual([['UNKNOWN'], []]);
    expect(await stagesOf(patientId)).toEqual([['NOT_PURCHASED'], []]);
    expect(await stagesOf(patientId, { freshness: 'STORED' })).toEqual([['NOT_PURCHASED'], []]);
  }, 60_000);

  it('does not take the plan from an authorization that may read plans and not lab orders', async () => {
    const { patientId } = await addPatient();
    await askPatient(deployment, 'u-ada', patientId, 'labOrders(freshness: CURRENT) { totalCount }');
    const app = deployment.sandbox.sandbox.app as { scopes: readonly string[] };
    const all = app.scopes;
    try {
      app.scopes = all.filter((scope) => scope !== 'patients:order_history');
      await deployment.connect('u-ben', 'ben@cedarrow.example');
    } finally {
      app.scopes = all;
    }
    // Not even what is stored tells this user.
    expect(await stagesOf(patientId, { who: 'u-ben' })).toEqual([['UNKNOWN'], []]);
    const { plans, codes } = await read(patientId, { who: 'u-ben', selection: 'stage labOrder { id }' });
    expect(plans).toMatchObject([{ labRecommendations: [{ stage: 'UNKNOWN', labOrder: null }] }]);
    expect(codes).toEqual(['FULLSCRIPT_CONNECTION_REQUIRED']);
    await deployment.connect('u-ben', 'ben@cedarrow.example');
    expect(await stagesOf(patientId, { who: 'u-ben' })).toEqual([['PURCHASED'], []]);
  }, 60_000);

  it('of several orders, belongs to the one that shares most tests; of a lab bought twice, to the newest that was bought', async () => {
    const { state } = deployment.sandbox.sandbox;
    const { patientId, order } = await addPatient();
    const add = (overrides: Partial<LabOrder>): LabOrder => {
      const other = { ...order, results: [], ...overrides };
      state.labOrders.set(other.id, other);
      return other;
    };
    const shown = async () => {
      const { plans, codes } = await read(patientId, { freshness: 'CURRENT', selection: 'stage labOrder { id }' });
      expect(codes).toEqual([]);
      return plans?.flatMap(({ labRecommendations }) => labRecommendations)[0];
    };
    add({ id: 'zz-partly', tests: order.tests.slice(0, 1) });
    expect(await shown()).toMatchObject({ stage: 'PURCHASED', labOrder: { id: order.id } });
    // The same once more, and recommended a third time.
    add({ id: 'zz-second', state: 'results_ready', createdAt: '2030-01-01T00:00:00.000Z' });
    add({ id: 'zz-third', state: 'not_purchased', createdAt: '2030-02-01T00:00:00.000Z' });
    expect(await shown()).toMatchObject({ stage: 'RESULTS_READY', labOrder: { id: 'zz-second' } });
    for (const id of ['zz-partly', 'zz-second', 'zz-third']) state.labOrders.delete(id);
  }, 60_000);

  it('does not belong to an order without a plan, of another plan, or of another patient', async () => {
    const { state } = deployment.sandbox.sandbox;
    const { patientId, order } = await addPatient();
    const other = await addPatient();
    const stranger = addPerson(deployment);
    for (const change of [
      { planId: null as unknown as string },
      { planId: other.order.planId },
      { patientId: stranger.fullscriptPatientId },
    ]) {
      const kept = { ...order };
      Object.assign(order, change);
      for (const id of [patientId, stranger.patientId, other.patientId])
        await askPatient(deployment, 'u-ada', id, 'labOrders(freshness: CURRENT) { totalCount }');
      const { plans } = await read(patientId, { freshness: 'CURRENT', selection: 'stage labOrder { id }' });
      expect(plans).toMatchObject([{ labRecommendations: [{ stage: 'NOT_PURCHASED', labOrder: null }] }]);
      Object.assign(order, kept);
      // As if it had never been seen elsewhere: a plan that was named once stays.
      await deployment.app.parts.database.write((tx) => tx.run('DELETE FROM lab_order WHERE id = ?', [order.id]));
    }
    expect(state.labOrders.has(order.id)).toBe(true);
  }, 60_000);

  it('of several recommendations in one plan, each finds its own order, bought or not', async () => {
    const { actions, state } = deployment.sandbox.sandbox;
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    await askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
    const ada = getUser(deployment);
    const panels = [...state.labPanels.values()].slice(0, 4);
    const plan = actions.createPlan(ada.clinicId, {
      practitionerId: ada.id,
      patientId: fullscriptPatientId,
      labPanelIds: panels.map(({ id }) => id),
    });
    actions.sendPlan(plan.id);
    const orders = [...state.labOrders.values()].filter(({ planId }) => planId === plan.id);
    expect(orders).toHaveLength(4);
    actions.moveLabOrder(orders[1]?.id ?? '', 'purchased');
    actions.moveLabOrder(orders[3]?.id ?? '', 'purchased');
    actions.publishResults(orders[3]?.id ?? '', 1);
    const { plans } = await read(patientId, { selection: 'stage labOrder { id }' });
    expect(plans?.[0]?.labRecommendations.map(({ stage, labOrder }) => [labOrder?.id, stage])).toEqual([
      [orders[0]?.id, 'NOT_PURCHASED'],
      [orders[1]?.id, 'PURCHASED'],
      [orders[2]?.id, 'NOT_PURCHASED'],
      [orders[3]?.id, 'RESULTS_READY'],
    ]);
  }, 60_000);
});
