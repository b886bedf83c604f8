import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seedPatients, seedUsers } from '../../../src/sandbox/seed/people.ts';
import type { RunningSandbox } from '../../../src/sandbox/start.ts';
import type { Plan } from '../../../src/sandbox/state.ts';
import { callApi, connect, createVisitor, listEventTypes, startPages, type Visitor } from './visitor.ts';

let running: RunningSandbox;
let visitor: Visitor;
beforeEach(async () => {
  running = await startPages();
  visitor = createVisitor(running.url);
});
afterEach(() => running.stop());

/** A draft for Mira Okoye with two supplements and a lab panel. */
function createDraft(): Plan {
  const { actions, state } = running.sandbox;
  const dosage = { amount: '1', frequency: 'whenever the <moon> is full', duration: '30', format: 'capsule' };
  const [first = '', second = ''] = state.variants.keys();
  const [panelId = ''] = state.labPanels.keys();
  return actions.createPlan(state.users.get(seedUsers.ada.id)?.clinicId ?? '', {
    practitionerId: seedUsers.ada.id,
    patientId: seedPatients.find((patient) => patient.email === 'mira.okoye@mail.example')?.id ?? '',
    personalMessage: 'Take care',
    recommendations: [first, second].map((variantId) => ({
      variantId,
      refill: true,
      unitsToPurchase: 2,
      takeWith: null,
      dosage: { ...dosage, additionalInfo: null, timeOfDay: [] },
    })),
    labPanelIds: [panelId],
  });
}

function sendDraft(): { plan: Plan; path: string } {
  const plan = createDraft();
  running.sandbox.actions.sendPlan(plan.id);
  running.sandbox.state.events.length = 0;
  return { plan, path: `/welcome/cedarrow/${plan.invitationCode}` };
}

describe("a patient's invitation", () => {
  test('shows the plan, and Buy orders the ticked supplements and the labs', async () => {
    const { plan, path } = sendDraft();
    const page = await visitor.get(path);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Take care');
    expect(page.text).toContain('1 capsule, whenever the &lt;moon&gt; is full, for 30 days');

    const second = plan.recommendations[1]?.variantId ?? '';
    const bought = await visitor.post(path, { variant: second, labs: 'true' });

    expect(bought.status).toBe(303);
    const order = [...running.sandbox.state.orders.values()].at(-1);
    expect(order?.planIds).toEqual([plan.id]);
    expect(order?.lines.map((line) => [line.type, line.variantId, line.quantity])).toEqual([
      ['supplement', second, 2],
      ['labs', plan.labRecommendations[0]?.panelId, 1],
    ]);
    expect(bought.location).toBe(`${path}?order=${order?.number ?? ''}`);
    expect((await visitor.get(bought.location ?? '')).text).toContain(`Order ${order?.number ?? ''} placed`);
    const labOrder = [...running.sandbox.state.labOrders.values()].find((each) => each.planId === plan.id);
    expect(labOrder?.state).toBe('purchased');
    expect(listEventTypes(running)).toEqual(['order.placed']);
    expect((await visitor.get(path)).text).not.toContain('data-testid="buy-labs"');
  });

  test('refuses to buy nothing', async () => {
    const { path } = sendDraft();
    const refused = await visitor.post(path, {});
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('Nothing to buy');
    expect(listEventTypes(running)).toEqual([]);
  });

  test('does not exist for drafts, unknown codes and another clinic', async () => {
    const draft = createDraft();
    expect((await visitor.get(`/welcome/cedarrow/${draft.invitationCode}`)).status).toBe(404);
    expect((await visitor.get('/welcome/cedarrow/unknown')).status).toBe(404);
    const { plan } = sendDraft();
    expect((await visitor.get(`/welcome/harbour/${plan.invitationCode}`)).status).toBe(404);
  });

  test('of a cancelled plan sells nothing', async () => {
    const { plan, path } = sendDraft();
    running.sandbox.actions.cancelPlan(plan.id);
    expect((await visitor.get(path)).text).not.toContain('data-testid="buy"');
    expect((await visitor.post(path, { variant: plan.recommendations[0]?.variantId ?? '' })).status).toBe(422);
  });
});

describe('an in-office checkout', () => {
  async function openCheckout(): Promise<{ path: string; plan: Plan }> {
    const { plan } = sendDraft();
    const token = await connect(running, seedUsers.ada.email);
    const answer = await callApi(running, token, `/clinic/treatment_plans/${plan.id}/in_office_checkout`, {});
    const { url } = answer.body['in_office_checkout'] as { url: string };
    return { path: new URL(url).pathname, plan };
  }

  test('is completed once by a user of the clinic', async () => {
    const { path, plan } = await openCheckout();
    await visitor.signIn(seedUsers.carla.email);
    expect((await visitor.get(path)).text).toContain('data-testid="complete-purchase"');

    const completed = await visitor.post(path, {});

    expect(completed.status).toBe(303);
    const order = [...running.sandbox.state.orders.values()].at(-1);
    expect(order?.planIds).toEqual([plan.id]);
    expect((await visitor.get(completed.location ?? '')).text).toContain(`Order ${order?.number ?? ''} placed`);
    expect(listEventTypes(running)).toEqual(['order.placed']);
    expect((await visitor.post(path, {})).status).toBe(422);
    expect(listEventTypes(running)).toEqual(['order.placed']);
  });

  test('is closed to strangers', async () => {
    const { path } = await openCheckout();
    expect((await visitor.post(path, {})).text).toContain('data-testid="sign-in-form"');
    await visitor.signIn(seedUsers.tomas.email);
    expect((await visitor.get(path)).status).toBe(403);
    expect((await visitor.post(path, {})).status).toBe(403);
    expect(listEventTypes(running)).toEqual([]);
  });
});
