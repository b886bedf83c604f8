import { describe, expect, it } from 'vitest';
import { seedPatients, seedUsers } from '../../src/sandbox/seed/people.ts';
import type { Plan, PlanState } from '../../src/sandbox/state.ts';
import { createClient, startTestSandbox, type Client } from './sandbox-client.ts';

type Running = Awaited<ReturnType<typeof startTestSandbox>>;
const mira = seedPatients[0];
if (mira === undefined) throw new Error('No seed patients');

async function startAsAda(restrictedEndpoints = false): Promise<{ client: Client; running: Running }> {
  const running = await startTestSandbox({ restrictedEndpoints });
  return { running, client: await createClient(running, seedUsers.ada) };
}

function findPlan(running: Running, state: PlanState, fits: (plan: Plan) => boolean = () => true): Plan {
  const clinicId = running.sandbox.state.users.get(seedUsers.ada.id)?.clinicId;
  const plan = [...running.sandbox.state.plans.values()].find(
    (each) => each.state === state && each.clinicId === clinicId && fits(each),
  );
  if (plan === undefined) throw new Error(`No ${state} plan like that`);
  return plan;
}

describe('reading plans', () => {
  it('lists thin rows of one patient and retrieves a plan whole', async () => {
    const { client } = await startAsAda();
    const list = await client('GET', `/clinic/patients/${mira.id}/treatment_plans?sort_by=created_at&order_by=DESC`);
    const row = list.body['treatment_plans']?.[0];
    expect(Object.keys(row ?? {}).sort()).toEqual(
      ['available_at', 'created_at', 'id', 'patient', 'practitioner', 'state', 'updated_at'].sort(),
    );
    const whole = await client('GET', `/clinic/treatment_plans/${String(row?.['id'])}`);
    expect(whole.body['treatment_plan']).toMatchObject({
      ...(row as object),
      invitation_url: expect.stringContaining('/welcome/cedarrow/'),
      recommendations: expect.any(Array),
      metadata: { id: null },
    });
    const line = whole.body['treatment_plan']?.['recommendations']?.[0];
    expect(Object.keys(line ?? {})).toEqual(['variant_id', 'refill', 'units_to_purchase', 'take_with', 'dosage']);
  });

  it('shows plans begun inside Fullscript only with the history scope', async () => {
    const running = await startTestSandbox({ app: { scopes: ['clinic:read', 'patients:read'] } });
    const client = await createClient(running, seedUsers.ada);
    const inside = findPlan(running, 'active', (plan) => plan.source === 'app');
    const begun = findPlan(running, 'active', (plan) => plan.source === 'api');
    expect((await client('GET', `/clinic/treatment_plans/${inside.id}`)).status).toBe(403);
    expect((await client('GET', `/clinic/treatment_plans/${begun.id}`)).status).toBe(200);
  });

  it('hides plans of other clinics', async () => {
    const { running } = await startAsAda();
    const plan = findPlan(running, 'active');
    const other = await createClient(running, seedUsers.ruth);
    expect((await other('GET', `/clinic/treatment_plans/${plan.id}`)).status).toBe(404);
    expect((await other('PATCH', `/clinic/treatment_plans/${plan.id}/cancel`)).status).toBe(404);
    expect(plan.state).toBe('active');
  });
});

describe('writing plans', () => {
  const line = (running: Running): Record<string, unknown> => ({
    variant_id: [...running.sandbox.state.variants.keys()][0],
    units_to_purchase: '2',
    refill: 'true',
    dosage: { amount: '1/2', frequency: 'every night', time_of_day: ['bedtime'] },
  });

  it('creates and activates only when the restricted endpoints are open', async () => {
    const { client, running } = await startAsAda();
    const path = `/clinic/patients/${mira.id}/treatment_plans`;
    const body = { state: 'draft', recommendations: [line(running)] };
    expect((await client('POST', path, body)).status).toBe(403);
    running.sandbox.settings.restrictedEndpoints = true;
    const created = await client('POST', path, body);
    expect([created.status, created.body['treatment_plan']?.['state']]).toEqual([201, 'draft']);
    expect(created.body['treatment_plan']?.['recommendations']?.[0]).toMatchObject({
      units_to_purchase: 2,
      refill: true,
      dosage: { amount: '1/2', frequency: 'every night', duration: null, time_of_day: ['bedtime'] },
    });
    expect(running.sandbox.state.mails).toEqual([]);
    const id = String(created.body['treatment_plan']?.['id']);
    const active = await client('PATCH', `/clinic/treatment_plans/${id}/activate`);
    expect(active.body['treatment_plan']).toMatchObject({ state: 'active', available_at: '2026-03-02' });
    expect(running.sandbox.state.mails.map((mail) => mail.kind)).toEqual(['treatment_plan']);
    expect(running.sandbox.state.events).toEqual([]);
  });

  it('takes a missing state for active, and staff must name a practitioner', async () => {
    const { client, running } = await startAsAda(true);
    const path = `/clinic/patients/${mira.id}/treatment_plans`;
    const active = await client('POST', path, { recommendations: [line(running)] });
    expect(active.body['treatment_plan']?.['state']).toBe('active');
    const carla = await createClient(running, seedUsers.carla);
    expect((await carla('POST', path, { recommendations: [line(running)] })).status).toBe(422);
    const named = { practitioner_id: seedUsers.ben.id, recommendations: [line(running)] };
    expect((await carla('POST', path, named)).body['treatment_plan']?.['practitioner']).toEqual({
      id: seedUsers.ben.id,
    });
  });

  it('replaces the lines on update and refuses variants that do not exist', async () => {
    const { client, running } = await startAsAda();
    const plan = findPlan(running, 'draft', (each) => each.recommendations.length > 1);
    const path = `/clinic/treatment_plans/${plan.id}`;
    const wrong = await client('PATCH', path, { recommendations: [{ ...line(running), variant_id: 'none' }] });
    expect([wrong.status, wrong.body['error']]).toEqual([422, '["Variant must exist"]']);
    const right = await client('PATCH', path, { recommendations: [line(running)], personal_message: 'Hello' });
    expect(right.body['treatment_plan']?.['recommendations']).toHaveLength(1);
    expect(right.body['treatment_plan']?.['personal_message']).toBe('Hello');
  });

  it('cancels active plans only', async () => {
    const { client, running } = await startAsAda();
    const active = findPlan(running, 'active');
    const path = `/clinic/treatment_plans/${active.id}/cancel`;
    expect((await client('PATCH', path)).body['treatment_plan']?.['state']).toBe('cancelled');
    expect((await client('PATCH', path)).status).toBe(422);
    const draft = findPlan(running, 'draft');
    expect((await client('PATCH', `/clinic/treatment_plans/${draft.id}/cancel`)).status).toBe(422);
  });

  it('fills the cart for an in-office checkout, which ends in an order', async () => {
    const { client, running } = await startAsAda();
    const plan = findPlan(running, 'active', (each) => each.recommendations.length > 0);
    const answer = await client('POST', `/clinic/treatment_plans/${plan.id}/in_office_checkout`);
    expect(answer.status).toBe(201);
    const number = Number(
      /\/o\/patients\/(\d+)\/checkout$/.exec(String(answer.body['in_office_checkout']?.['url']))?.[1],
    );
    const order = running.sandbox.actions.completeCheckout(number);
    expect(order.planIds).toEqual([plan.id]);
    const shown = await client('GET', `/clinic/orders/${order.id}`);
    expect(shown.body['order']).toMatchObject({
      completed_at: '2026-03-02T09:00:00.000-05:00',
      order_number: order.number,
      payment_total: order.paymentTotal,
    });
    expect(running.sandbox.actions.findCart(number)).toBeNull();
  });
});

describe('dynamic links', () => {
  const post = '/clinic/dynamic_links/treatment_plans';

  it('gives the generic link at the top level', async () => {
    const { client, running } = await startAsAda();
    expect((await client('GET', post)).body['redirect_url']).toBe(
      `${running.url}/o/treatment_plans/new?client_id=${running.sandbox.app.clientId}`,
    );
  });

  it('drafts a plan for the patient with the e-mail', async () => {
    const { client, running } = await startAsAda();
    const answer = await client('POST', post, {
      treatment_plan: { practitioner_id: seedUsers.ada.id },
      patient: { email: 'MIRA.okoye@mail.example', first_name: 'Whoever' },
    });
    expect(answer.status).toBe(200);
    const links = answer.body['dynamic_links'];
    expect(links).toMatchObject({
      redirect_url: expect.stringMatching(/\/o\/treatment_plans\/[^/]+\/edit$/),
      treatment_plan: { state: 'draft', available_at: null },
      patient: { id: mira.id, first_name: 'Mira' },
    });
    expect(running.sandbox.state.plans.get(String(links?.['treatment_plan']?.['id']))?.patientId).toBe(mira.id);
    expect(running.sandbox.state.mails).toEqual([]);
  });

  it('creates an unknown patient and mails them, but not a patient without e-mail', async () => {
    const { client, running } = await startAsAda();
    const treatment_plan = { practitioner_id: seedUsers.ada.id };
    const before = running.sandbox.state.plans.size;
    const refused = await client('POST', post, { treatment_plan, patient: { first_name: 'A', last_name: 'B' } });
    expect(refused.status).toBe(422);
    expect(running.sandbox.state.plans.size).toBe(before);
    const patient = { first_name: 'A', last_name: 'B', email: 'a@b.example' };
    expect((await client('POST', post, { treatment_plan, patient })).status).toBe(200);
    expect(running.sandbox.state.mails.map((mail) => mail.to)).toEqual(['a@b.example']);
    expect((await client('POST', post, { patient })).status).toBe(422);
  });

  it('reopens drafts and active plans, not cancelled ones', async () => {
    const { client, running } = await startAsAda();
    const active = findPlan(running, 'active');
    const answer = await client('GET', `${post}/${active.id}`);
    expect(answer.body['dynamic_links']?.['treatment_plan']).toMatchObject({ id: active.id, state: 'active' });
    expect((await client('GET', `${post}/${findPlan(running, 'cancelled').id}`)).status).toBe(404);
  });

  it('promises nothing behind the gateway until somebody has chosen there', async () => {
    const { client, running } = await startAsAda();
    const { state, actions } = running.sandbox;
    const before = [state.patients.size, state.plans.size];
    const answer = await client('POST', '/clinic/dynamic_links/gateway/treatment_plans', {
      treatment_plan: { practitioner_id: seedUsers.ada.id },
      patient: { email: 'marsh.family@mail.example', first_name: 'Oscar', external_id: 'org:77' },
    });
    expect(Object.keys(answer.body['dynamic_links'] ?? {})).toEqual(['redirect_url']);
    expect([state.patients.size, state.plans.size]).toEqual(before);
    const opaque = String(answer.body['dynamic_links']?.['redirect_url']).split('/').at(-1) ?? '';
    const matches = actions.findLinkMatches(opaque);
    expect(matches.map((patient) => patient.firstName)).toEqual(['Helen', 'Oscar', 'Wren']);
    const oscar = matches[1];
    if (oscar === undefined) throw new Error('No match');
    const plan = actions.resolveLink(opaque, { patientId: oscar.id, practitionerId: seedUsers.ada.id });
    expect([plan.patientId, plan.state, oscar.metadataId]).toEqual([oscar.id, 'draft', 'org:77']);
    expect(actions.findLink(opaque)?.planId).toBe(plan.id);
  });
});

describe('session grants', () => {
  it('are unwrapped, live 120 s and can be claimed once', async () => {
    const { client, running } = await startAsAda();
    const grant = (): ReturnType<Client> => client('POST', '/clinic/embeddable/session_grants');
    const first = await grant();
    expect(first.body).toMatchObject({
      claimed_at: null,
      expires_at: '2026-03-02T14:02:00.000Z',
      user: { type: 'Practitioner', id: seedUsers.ada.id },
    });
    const { actions } = running.sandbox;
    const secret = String(first.body['secret_token']);
    expect(actions.claimSessionGrant(secret)?.userId).toBe(seedUsers.ada.id);
    expect(actions.claimSessionGrant(secret)).toBeNull();
    const late = String((await grant()).body['secret_token']);
    running.sandbox.setClockOffset(120_000);
    expect(actions.claimSessionGrant(late)).toBeNull();
  });
});
