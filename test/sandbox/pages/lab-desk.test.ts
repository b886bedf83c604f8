import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seedPatients, seedUsers } from '../../../src/sandbox/seed/people.ts';
import type { RunningSandbox } from '../../../src/sandbox/start.ts';
import type { LabOrder, LabPanel } from '../../../src/sandbox/state.ts';
import { createVisitor, listEventTypes, startPages, type Visitor } from './visitor.ts';

let running: RunningSandbox;
let visitor: Visitor;
beforeEach(async () => {
  running = await startPages();
  visitor = createVisitor(running.url);
});
afterEach(() => running.stop());

/** A lab order that a plan has just recommended to Mira Okoye. */
function createLabOrder(fits: (panel: LabPanel) => boolean): LabOrder {
  const { actions, state } = running.sandbox;
  const panel = [...state.labPanels.values()].find(fits);
  const mira = seedPatients.find((patient) => patient.email === 'mira.okoye@mail.example');
  const plan = actions.createPlan(state.users.get(seedUsers.ada.id)?.clinicId ?? '', {
    practitionerId: seedUsers.ada.id,
    patientId: mira?.id ?? '',
    labPanelIds: [panel?.id ?? ''],
  });
  actions.sendPlan(plan.id);
  const order = [...state.labOrders.values()].find((each) => each.planId === plan.id);
  if (order === undefined) throw new Error('the plan made no lab order');
  state.events.length = 0;
  return order;
}

async function fetchFile(address: string): Promise<{ status: number; type: string | null; bytes: Buffer }> {
  const answer = await fetch(new URL(address, running.url));
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    bytes: Buffer.from(await answer.arrayBuffer()),
  };
}

describe('the lab desk', () => {
  test('walks an order from the recommendation to the shared result, and serves the PDF', async () => {
    const order = createLabOrder((panel) => panel.requiresDraw && panel.tests.length > 1);
    const desk = `/lab-desk/${order.id}`;
    const list = await visitor.get('/lab-desk?state=not_purchased');
    expect(list.text).toContain(`data-lab-order-id="${order.id}"`);

    const walk: [button: string, state: string, events: string[]][] = [
      ['move:purchased', 'purchased', ['order.placed']],
      ['move:schedule_appointment', 'schedule_appointment', []],
      ['move:upcoming_appointment', 'upcoming_appointment', []],
      ['move:processing', 'processing', []],
      ['move:partial_results', 'partial_results', ['lab_order.updated']],
      ['publish-all', 'results_ready', ['lab_order.updated']],
      ['move:interpretation_ready', 'interpretation_ready', []],
      ['move:interpretation_shared', 'interpretation_shared', []],
    ];
    for (const [button, state, events] of walk) {
      running.sandbox.state.events.length = 0;
      const page = await visitor.get(desk);
      const testId = button.startsWith('move:') ? `move-${state}` : button;
      expect(page.text).toContain(`data-testid="${testId}"`);
      const moved = await visitor.post(desk, { do: button, files: '1' });
      expect([button, moved.status]).toEqual([button, 303]);
      expect(order.state).toBe(state);
      expect(listEventTypes(running)).toEqual(events);
    }

    expect(order.results).toHaveLength(2);
    const [first, second] = order.tests;
    const early = await visitor.get(`${desk}/results/${order.results[0]?.id ?? ''}`);
    const earlyText = (await fetchFile(early.location ?? '')).bytes.toString('latin1');
    expect([first?.name, second?.name].map((name) => earlyText.includes(`(${name ?? ''}) Tj`))).toEqual([true, false]);
    const link = await visitor.get(`${desk}/results/${order.results[1]?.id ?? ''}`);
    expect(link.status).toBe(302);
    const file = await fetchFile(link.location ?? '');
    expect([file.status, file.type]).toEqual([200, 'application/pdf']);
    expect(file.bytes.subarray(0, 5).toString()).toBe('%PDF-');
    expect(file.bytes.toString('latin1')).toContain('(Mira Okoye)');
  });

  test('publishes everything in the chosen number of files', async () => {
    const order = createLabOrder((panel) => panel.tests.length > 1);
    await visitor.post(`/lab-desk/${order.id}`, { do: 'move:purchased' });
    await visitor.post(`/lab-desk/${order.id}`, { do: 'publish-all', files: '3' });
    expect(order.results).toHaveLength(3);
    expect(order.state).toBe('results_ready');
    expect((await visitor.get(`/lab-desk/${order.id}`)).text).not.toContain('data-testid="publish-all"');
  });

  test('publishes one file with the ticked tests', async () => {
    const order = createLabOrder((panel) => panel.tests.length > 1);
    const [first] = order.tests;
    await visitor.post(`/lab-desk/${order.id}`, { do: 'move:purchased' });
    await visitor.post(`/lab-desk/${order.id}`, { do: 'publish', test: first?.id ?? '', name: 'Early findings' });
    expect(order.results).toMatchObject([{ name: 'Early findings', testIds: [first?.id] }]);
    expect(order.state).toBe('partial_results');
  });

  test('amends a file, whose values then differ', async () => {
    const order = createLabOrder((panel) => panel.tests.length === 1);
    const desk = `/lab-desk/${order.id}`;
    await visitor.post(desk, { do: 'move:purchased' });
    await visitor.post(desk, { do: 'move:results_ready' });
    const resultId = order.results[0]?.id ?? '';
    const before = await fetchFile((await visitor.get(`${desk}/results/${resultId}`)).location ?? '');

    const amended = await visitor.post(desk, { do: `amend:${resultId}` });

    expect([amended.status, order.state]).toEqual([303, 'results_amended']);
    const after = await fetchFile((await visitor.get(`${desk}/results/${resultId}`)).location ?? '');
    expect(before.bytes.toString('latin1')).not.toContain('AMENDED REPORT');
    expect(after.bytes.toString('latin1')).toContain('AMENDED REPORT');
    expect((await visitor.get(desk)).text).toContain('amended, version 2');
  });

  test('refuses to publish before the order is bought, and to go back', async () => {
    const order = createLabOrder((panel) => panel.tests.length === 1);
    const early = await visitor.post(`/lab-desk/${order.id}`, { do: 'publish-all', files: '1' });
    expect(early.status).toBe(422);
    expect(early.text).toContain('Lab order is not purchased');
    await visitor.post(`/lab-desk/${order.id}`, { do: 'move:purchased' });
    await visitor.post(`/lab-desk/${order.id}`, { do: 'move:processing' });
    expect((await visitor.post(`/lab-desk/${order.id}`, { do: 'move:purchased' })).status).toBe(422);
    expect(order.state).toBe('processing');
    expect((await visitor.get('/lab-desk/unknown')).status).toBe(404);
  });
});

test('the address of a result file expires', async () => {
  const { sandbox } = running;
  const order = [...sandbox.state.labOrders.values()].find((each) => each.results.length > 0);
  const address = sandbox.actions.createResultLink(order?.id ?? '', order?.results[0]?.id ?? '');
  sandbox.setClockOffset(sandbox.settings.fileLinkSeconds * 1000 - 1);
  expect((await fetchFile(address)).status).toBe(200);
  sandbox.setClockOffset(sandbox.settings.fileLinkSeconds * 1000);
  const expired = await fetchFile(address);
  expect(expired.status).toBe(404);
  expect(expired.bytes.toString()).not.toContain('%PDF-');
  expect((await fetchFile('/files/lab-results/unknown')).status).toBe(404);
});
