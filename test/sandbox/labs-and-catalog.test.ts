import { describe, expect, it } from 'vitest';
import { toSeedPanelId } from '../../src/sandbox/seed/catalog.ts';
import { seedPatients, seedUsers } from '../../src/sandbox/seed/people.ts';
import type { LabOrder } from '../../src/sandbox/state.ts';
import { createClient, startTestSandbox } from './sandbox-client.ts';

type Running = Awaited<ReturnType<typeof startTestSandbox>>;
const [mira] = seedPatients;
if (mira === undefined) throw new Error('No seed patients');

/** A fresh lab order of Mira's for this panel, not bought yet. */
function insertLabOrder(running: Running, panel: string): LabOrder {
  const { actions, state } = running.sandbox;
  const plan = actions.createPlan(state.patients.get(mira?.id ?? '')?.clinicId ?? '', {
    patientId: mira?.id ?? '',
    practitionerId: seedUsers.ada.id,
    labPanelIds: [toSeedPanelId(panel)],
  });
  actions.sendPlan(plan.id);
  const order = [...state.labOrders.values()].find((each) => each.planId === plan.id);
  if (order === undefined) throw new Error('No lab order came of the plan');
  return order;
}

describe('lab orders', () => {
  it('go from not bought to shared, and send an event only when results change', async () => {
    const running = await startTestSandbox();
    const { actions, state } = running.sandbox;
    const order = insertLabOrder(running, 'Thyroid Panel');
    expect(order.state).toBe('not_purchased');
    for (const next of [
      'purchased',
      'schedule_appointment',
      'upcoming_appointment',
      'processing',
      'partial_results',
      'results_ready',
      'results_amended',
      'interpretation_ready',
      'interpretation_shared',
    ] as const)
      expect(actions.moveLabOrder(order.id, next).state).toBe(next);
    expect(state.events.map((event) => event.type)).toEqual([
      'treatment_plan.created',
      'order.placed',
      'lab_order.updated',
      'lab_order.updated',
      'lab_order.updated',
    ]);
    const statuses = state.events
      .filter((event) => event.category === 'lab_orders')
      .map((event) => (event.data['lab_order'] as { status: string }).status);
    expect(statuses).toEqual(['results_received', 'all_results_received', 'results_amended']);
    expect(() => actions.moveLabOrder(order.id, 'processing')).toThrow('cannot move');
  });

  it('need no appointment when the kit is used at home', async () => {
    const running = await startTestSandbox();
    const order = insertLabOrder(running, 'GI Stool Profile');
    running.sandbox.actions.buyLabOrder(order.id);
    expect(running.sandbox.actions.listNextLabStates(order.id)).toEqual([
      'processing',
      'partial_results',
      'results_ready',
    ]);
  });

  it('show tests and files, which need not correspond, with links that expire', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    const { actions } = running.sandbox;
    const order = insertLabOrder(running, 'Thyroid Panel');
    actions.buyLabs(order.planId);
    actions.publishResults(order.id, 1);
    const shown = (await client('GET', `/clinic/labs/orders/${order.id}`)).body['order'];
    expect(shown).toMatchObject({ state: 'results_ready', treatment_plan_id: order.planId, patient_id: mira.id });
    expect(shown?.['tests']).toHaveLength(3);
    expect(shown?.['results']).toMatchObject([{ name: 'Thyroid Panel', state: 'available' }]);
    const token = String(shown?.['results']?.[0]?.['pdf_url']).split('/').at(-1) ?? '';
    expect(actions.findResultByLink(token)?.order.id).toBe(order.id);
    running.sandbox.setClockOffset(300_000);
    expect(actions.findResultByLink(token)).toBeNull();
  });

  it('are listed thin, by patient, under a switchable envelope, and never to other clinics', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.carla);
    const list = await client('GET', `/clinic/labs/orders?patient_id=${mira.id}&page[size]=100`);
    const rows = list.body['orders'] as unknown as { patient_id: string }[];
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map((row) => row.patient_id))).toEqual(new Set([mira.id]));
    expect(list.body['orders']?.[0]).not.toHaveProperty('results');
    running.sandbox.settings.labEnvelope = 'lab_order';
    const id = String(list.body['orders']?.[0]?.['id']);
    expect((await client('GET', `/clinic/labs/orders/${id}`)).body['lab_order']?.['id']).toBe(id);
    const other = await createClient(running, seedUsers.ruth);
    expect((await other('GET', `/clinic/labs/orders/${id}`)).status).toBe(404);
  });

  it('appear among orders of kind labs with a line of their own', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    const order = running.sandbox.actions.buyLabs(insertLabOrder(running, 'Lipid Panel').planId);
    const shown = (await client('GET', `/clinic/orders/${order.id}`)).body['order'];
    expect(shown?.['line_items']).toMatchObject([{ type: 'labs', quantity: 1 }]);
    const labs = await client('GET', `/clinic/orders?type=labs&patient_id=${mira.id}&order_by=DESC`);
    expect(labs.body['orders']?.[0]?.['id']).toBe(order.id);
  });
});

describe('catalogue', () => {
  it('resolves a variant to its product, pack, price and a picture', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    const [id] = running.sandbox.state.variants.keys();
    const { variant } = (await client('GET', `/catalog/variants/${id}`)).body;
    expect(variant).toMatchObject({
      id,
      units: 60,
      unit_of_measure: 'capsules',
      msrp: '21.50',
      product: { name: 'Magnesium Glycinate 120 mg', brand: { name: 'Alder & Vale' } },
    });
    const picture = await fetch(String(variant?.['image_url_small']));
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/svg+xml; charset=utf-8']);
    const product = await client('GET', `/catalog/products/${String(variant?.['product']?.['id'])}`);
    expect(product.body['product']?.['variants']).toHaveLength(3);
    expect(product.body['product']).toMatchObject({
      dosage: { recommended_amount: '1-2' },
      custom_dosage: { recommended_amount: '1/2' },
    });
    expect((await client('GET', '/catalog/variants/none')).status).toBe(404);
  });

  it('opens lists and searches only to apps that were let in', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    for (const path of ['/catalog/products', '/catalog/search/products?query=omega', '/labs', '/labs/search/tests'])
      expect((await client('GET', path)).status).toBe(403);
    running.sandbox.settings.restrictedEndpoints = true;
    expect((await client('GET', '/catalog/products')).body['meta']?.['total_count']).toBe(80);
    const found = await client('GET', '/catalog/search/products?query=north%20omega');
    expect(found.body['products']).toMatchObject([{ name: 'Omega-3 High Potency', variant_count: 3 }]);
    expect((await client('GET', '/labs/search/tests?query=tsh')).body['tests']).toMatchObject([
      { name: 'Thyroid Panel' },
    ]);
    expect((await client('GET', '/catalog/brands')).body['meta']?.['total_count']).toBe(10);
    expect((await client('GET', '/catalog/allergens')).body['allergens']?.[0]).toEqual({
      id: expect.any(String),
      name: 'Dairy',
    });
  });

  it('lists protocols with flat dosages', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    const own = await client('GET', `/clinic/practitioners/${seedUsers.ada.id}/protocols`);
    const id = String(own.body['protocols']?.[0]?.['id']);
    const whole = await client('GET', `/clinic/protocols/${id}`);
    expect(whole.body['protocol']?.['recommendations']?.[0]).toHaveProperty('dosage_frequency');
    const other = await createClient(running, seedUsers.ruth);
    expect((await other('GET', `/clinic/protocols/${id}`)).status).toBe(404);
  });
});
