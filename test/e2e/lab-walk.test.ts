import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { toClinicScope, type ClinicScope } from '../../src/mirror/scope.ts';
import type { LabOrder, LabOrderState } from '../../src/sandbox/state.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addLabOrder } from '../support/labs.ts';
import { addPerson, getUser } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';

const list = '/api/clinic/labs/orders';
const detail = '/api/clinic/labs/orders/:id';

describeEachDatabase('The stored copy of lab orders', (get) => {
  let deployment: Deployment;
  let scope: ClinicScope;
  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url, withWebhooks: true });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    const { accounts } = deployment.app.parts.store;
    const [clinic] = await accounts.listLiveClinics();
    const [account] = await accounts.findLiveByClinic(clinic?.clinicKey ?? '');
    if (!account) throw new Error('Nobody is connected');
    scope = toClinicScope(account);
    deployment.app.parts.runner.start(['inbox']);
  }, 120_000);
  afterAll(() => deployment.stop());
  beforeEach(() => deployment.sandbox.sandbox.faults.clear());

  /** Walks the clinic's list as the job does; gives how many calls of which kind that took. */
  async function poll(): Promise<{ pages: number; details: number }> {
    const { calls } = deployment.sandbox.sandbox;
    calls.clear();
    const call = { accountId: scope.accountId, priority: 'background' as const, requestId: 'poll' };
    await deployment.app.parts.loaderNeeds.labOrders.pollClinic(scope, call);
    return { pages: calls.count('GET', list), details: calls.count('GET', detail) };
  }
  async function read(
    id: string,
  ): Promise<{ status: string; rawStatus: string; stage: string; results: unknown[] } | null> {
    const answer = await deployment.ask(
      'u-ada',
      `{ fullscriptLabOrder(id: "${id}", freshness: STORED) { status rawStatus stage results { availableAt amended version } } }`,
    );
    return answer.data.fullscriptLabOrder;
  }
  const isStored = (id: string, status: string) => async () => (await read(id))?.status === status;
  /** A person whom both sides know, linked, with a lab order of their own. */
  async function addPatientWithOrder(lab: { tests?: number } = {}): Promise<{ patientId: string; order: LabOrder }> {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    await askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
    return { patientId, order: addLabOrder(deployment, { ...lab, fullscriptPatientId }) };
  }
  const readList = async (patientId: string) => {
    const { patient } = await askPatient(
      deployment,
      'u-ada',
      patientId,
      'labOrders(first: 100, freshness: STORED) { stale syncedAt totalCount nodes { id } }',
    );
    return patient.labOrders as { stale: boolean; syncedAt: string | null; totalCount: number };
  };

  /** A whole course: the state, whether Fullscript tells of it by an event, and what is shown of it. */
  const course: [state: LabOrderState, isTold: boolean, status: string, stage: string][] = [
    ['schedule_appointment', false, 'SCHEDULE_APPOINTMENT', 'PURCHASED'],
    ['upcoming_appointment', false, 'UPCOMING_APPOINTMENT', 'PURCHASED'],
    ['processing', false, 'PROCESSING', 'PURCHASED'],
    ['partial_results', true, 'PARTIAL_RESULTS', 'PURCHASED'],
    ['results_ready', true, 'RESULTS_READY', 'RESULTS_READY'],
    ['results_amended', true, 'RESULTS_AMENDED', 'RESULTS_READY'],
    ['interpretation_ready', false, 'INTERPRETATION_READY', 'RESULTS_READY'],
    ['interpretation_shared', false, 'INTERPRETATION_SHARED', 'RESULTS_READY'],
  ];

  it('follows an order through all its states: told ones by their event alone, silent ones within one walk of the list', async () => {
    const { sandbox } = deployment.sandbox;
    const { order } = await addPatientWithOrder({ tests: 2 });
    order.requiresDraw = true;
    // Bought: no event of its own tells, the list does.
    await poll();
    expect(await read(order.id)).toMatchObject({ status: 'PURCHASED', rawStatus: 'purchased', stage: 'PURCHASED' });
    let before = 'PURCHASED';
    for (const [state, isTold, status, stage] of course) {
      const events = sandbox.state.events.length;
      sandbox.actions.moveLabOrder(order.id, state);
      expect([state, sandbox.state.events.length - events]).toEqual([state, isTold ? 1 : 0]);
      if (isTold) {
        // The webhook calls two of them otherwise than the order itself.
        await waitFor(`the event of ${state}`, isStored(order.id, status), 30_000);
        expect(await poll()).toMatchObject({ details: 0 });
      } else {
        expect((await read(order.id))?.status).toBe(before);
        expect(await poll()).toMatchObject({ details: 1 });
      }
      expect(await read(order.id)).toMatchObject({ status, rawStatus: state, stage });
      before = status;
    }
    expect((await read(order.id))?.results).toMatchObject([
      { amended: true, version: 2 },
      { amended: false, version: 1 },
    ]);
    // Final: nothing is to be looked after any more, and yet a correction is heard.
    expect(await poll()).toMatchObject({ details: 0 });
    sandbox.actions.amendResult(order.id);
    await waitFor('the late correction', isStored(order.id, 'RESULTS_AMENDED'), 30_000);
    expect((await read(order.id))?.results).toMatchObject([{ version: 3 }, { version: 1 }]);
  }, 120_000);

  it('takes words that nobody knows as they are, from the list and from an event, and goes on following', async () => {
    const { order } = await addPatientWithOrder();
    await poll();
    Object.assign(order, { state: 'lab-lost sample' });
    await poll();
    expect(await read(order.id)).toMatchObject({ status: 'OTHER', rawStatus: 'lab-lost sample', stage: 'PURCHASED' });
    Object.assign(order, { state: 'RESULTS-READY' });
    await poll();
    expect(await read(order.id)).toMatchObject({
      status: 'RESULTS_READY',
      rawStatus: 'RESULTS-READY',
      stage: 'RESULTS_READY',
    });
  }, 60_000);

  it('is not put back by an event from before, nor by a list that lags behind', async () => {
    const { actions, faults } = deployment.sandbox.sandbox;
    const { order } = await addPatientWithOrder();
    actions.publishResults(order.id, 1);
    await waitFor('the results', isStored(order.id, 'RESULTS_READY'), 30_000);
    const { inbox } = deployment.app.parts.store;
    const late = {
      id: randomUUID(),
      type: 'lab_order.updated',
      createdAt: '2026-01-01T00:00:00.000Z',
      clinicId: scope.clinicId,
      data: { id: order.id, patient_id: order.patientId, status: 'results_received' },
    };
    await inbox.receive([late], 'webhook', new Date().toISOString());
    deployment.app.parts.runner.wake('inbox');
    await waitFor(
      'the late event',
      async () => (await inbox.countOpen(scope.clinicId, new Date().toISOString())) === 0,
      30_000,
    );
    const shown = await read(order.id);
    expect(shown?.status).toBe('RESULTS_READY');
    faults.add({
      path: list,
      status: 200,
      body: { orders: [{ id: order.id, state: 'purchased', patient_id: order.patientId }], meta: { next_page: null } },
    });
    await poll();
    expect(await read(order.id)).toEqual(shown);
  }, 60_000);

  it('loses an order that Fullscript has no more, and keeps one that the list only skipped', async () => {
    const { state, faults } = deployment.sandbox.sandbox;
    const { order: gone } = await addPatientWithOrder();
    const { order: skipped } = await addPatientWithOrder();
    await poll();
    state.labOrders.delete(gone.id);
    faults.add({ path: list, status: 200, body: { orders: [], meta: { next_page: null } }, count: 1 });
    await poll();
    expect(await read(gone.id)).toBeNull();
    expect(await read(skipped.id)).toMatchObject({ status: 'PURCHASED' });
  }, 60_000);

  it('holds an order whose patient the list does not name, once the order itself or its event does', async () => {
    const { faults } = deployment.sandbox.sandbox;
    const { patientId, order } = await addPatientWithOrder();
    await askPatient(deployment, 'u-ada', patientId, 'labOrders(freshness: CURRENT) { totalCount }');
    const nameless = { id: order.id, state: 'processing' };
    faults.add({ path: list, status: 200, body: { orders: [nameless], meta: { next_page: null } } });
    faults.add({ path: `${list}/${order.id}`, status: 200, body: { order: { ...nameless, tests: [], results: [] } } });
    await poll();
    expect(await read(order.id)).toMatchObject({ status: 'PROCESSING' });
    expect((await readList(patientId)).totalCount).toBe(1);
  }, 60_000);

  it('compares the others though one order cannot be read, and does not call its patient current', async () => {
    const { actions, faults } = deployment.sandbox.sandbox;
    const [bad, good] = [await addPatientWithOrder(), await addPatientWithOrder()];
    await poll();
    for (const { patientId } of [bad, good])
      await askPatient(deployment, 'u-ada', patientId, 'labOrders(freshness: CURRENT) { totalCount }');
    const before = await readList(bad.patientId);
    for (const { order } of [bad, good]) actions.moveLabOrder(order.id, 'processing');
    faults.add({ path: `${list}/${bad.order.id}`, status: 200, body: { order: 'nonsense' } });
    await expect(poll()).rejects.toMatchObject({ kind: 'contract' });
    expect(await read(good.order.id)).toMatchObject({ status: 'PROCESSING' });
    expect(await read(bad.order.id)).toMatchObject({ status: 'PURCHASED' });
    expect((await readList(bad.patientId)).syncedAt).toBe(before.syncedAt);
    expect(String((await readList(good.patientId)).syncedAt) > String(before.syncedAt)).toBe(true);
    faults.clear();
    await poll();
    expect(await read(bad.order.id)).toMatchObject({ status: 'PROCESSING' });
  }, 60_000);

  it('of 1200 orders under way, costs the pages of the list and what moved, keeps what it had when Fullscript fails, and is current after', async () => {
    const { state, faults } = deployment.sandbox.sandbox;
    const { store } = deployment.app.parts;
    const template = addLabOrder(deployment);
    const orders = Array.from({ length: 1200 }, () => ({
      ...template,
      id: randomUUID(),
      patientId: randomUUID(),
      results: [],
    }));
    for (const order of orders) state.labOrders.set(order.id, order);
    await store.labOrders.upsertMany(
      scope,
      orders.map((order) => ({
        id: order.id,
        name: order.name,
        rawStatus: order.state,
        fullscriptPatientId: order.patientId,
        fullscriptPractitionerId: order.practitionerId,
        treatmentPlanId: order.planId,
        tests: order.tests,
        results: [],
        createdAt: null,
        updatedAt: null,
      })),
      '2026-01-01T00:00:00.000Z',
    );
    try {
      // What events call into question is read one by one.
      await deployment.sandbox.sandbox.webhooks.settle();
      await waitFor('the events to be worked off', async () => (await store.inbox.depth()).pending === 0, 30_000);
      await poll();
      const pages = Math.ceil(
        [...state.labOrders.values()].filter(({ clinicId }) => clinicId === scope.clinicId).length / 100,
      );
      expect(await poll()).toEqual({ pages, details: 0 });
      const keys = orders.map(({ patientId }) => ({
        clinicKey: scope.clinicKey,
        kind: 'labs' as const,
        subject: patientId,
      }));
      expect((await store.copies.findMany(keys)).size).toBe(1200);
      for (const order of orders.slice(0, 120)) order.state = 'processing';
      const fault = faults.add({ path: `${list}/*`, status: 500, skip: 70 });
      await expect(poll()).rejects.toMatchObject({ kind: 'unavailable' });
      faults.clear(fault.id);
      const rest = await poll();
      expect(rest.pages).toBe(pages);
      expect(rest.details).toBeLessThanOrEqual(70);
      expect(rest.details).toBeGreaterThan(0);
      expect(await poll()).toEqual({ pages, details: 0 });
    } finally {
      for (const order of orders) state.labOrders.delete(order.id);
      await deployment.app.parts.database.write((tx) =>
        tx.run(
          "DELETE FROM lab_order WHERE fullscript_practitioner_id = ? AND synced_at >= '2026-01-01T00:00:00.000Z'",
          [getUser(deployment).id],
        ),
      );
    }
  }, 240_000);
});
