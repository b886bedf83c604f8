import { describe, expect, it } from 'vitest';
import { toSeedPanelId } from '../../src/sandbox/seed/catalog.ts';
import { seedPatients, seedUsers } from '../../src/sandbox/seed/people.ts';
import { askToken, createClient, request, startTestSandbox, type Answer } from './sandbox-client.ts';

type Running = Awaited<ReturnType<typeof startTestSandbox>>;
type Admin = (method: string, path: string, body?: unknown) => Promise<Answer>;

async function start(): Promise<{ running: Running; admin: Admin }> {
  const running = await startTestSandbox();
  return { running, admin: (method, path, body) => request(`${running.url}/admin${path}`, method, body) };
}

describe('/admin', () => {
  it('authorizes, counts, expires and revokes tokens', async () => {
    const { running, admin } = await start();
    const { body } = await admin('POST', `/users/${seedUsers.ada.email}/authorize`);
    const answer = await askToken(running, { grant_type: 'authorization_code', code: body['code'] });
    expect(answer.status).toBe(200);
    const client = await createClient(running, seedUsers.carla);
    expect((await admin('GET', '/tokens')).body).toEqual({
      total: 2,
      byUser: { [seedUsers.ada.email]: 1, [seedUsers.carla.email]: 1 },
    });
    expect((await admin('POST', `/users/${seedUsers.carla.id}/expire`)).body).toEqual({ expired: 1 });
    expect((await client('GET', '/clinic')).status).toBe(401);
    expect((await admin('POST', `/users/${seedUsers.ada.id}/revoke`)).body).toEqual({ ended: 1 });
    expect((await admin('GET', '/summary')).body['liveTokens']?.['total']).toBe(1);
    expect((await admin('POST', '/users/nobody/revoke')).status).toBe(404);
  });

  it('adds faults, moves the clock, changes settings and reads the log', async () => {
    const { running, admin } = await start();
    const client = await createClient(running, seedUsers.ada);
    await admin('DELETE', '/calls');
    const added = await admin('POST', '/faults', { path: '/api/clinic', status: 500, count: 1 });
    expect(added.status).toBe(201);
    expect((await client('GET', '/clinic')).status).toBe(500);
    expect((await client('GET', '/clinic')).status).toBe(200);
    expect((await admin('GET', '/faults')).body['faults']).toMatchObject([{ status: 500, hits: 1 }]);
    expect((await admin('DELETE', '/faults')).status).toBe(204);
    expect((await admin('GET', '/calls')).body).toMatchObject({
      total: 2,
      counts: { 'GET /api/clinic': 2 },
      peakInFlight: 1,
      calls: [{ status: 500 }, { status: 200 }],
    });
    expect((await admin('PUT', '/clock', { offsetMs: 60_000 })).body['now']).toBe('2026-03-02T14:01:00.000Z');
    const changed = await admin('PATCH', '/settings', {
      labEnvelope: 'lab_order',
      webhooks: { target: 'http://127.0.0.1:9/none', envelope: 'bare' },
    });
    expect(changed.body).toMatchObject({ labEnvelope: 'lab_order', webhooks: { envelope: 'bare', timeoutMs: 2000 } });
    expect(running.sandbox.settings.webhooks.target).toBe('http://127.0.0.1:9/none');
    expect((await admin('PATCH', '/settings', { rateLimit: { limit: 'many' }, nonsense: 1 })).status).toBe(422);
    expect(running.sandbox.settings.rateLimit.limit).toBe(5000);
  });

  it('plays the people at Fullscript: plans, orders, labs and patients', async () => {
    const { running, admin } = await start();
    const patient = seedPatients[0];
    const [variantId] = running.sandbox.state.variants.keys();
    const created = await admin('POST', '/plans', {
      patient_id: patient?.id,
      practitioner_id: seedUsers.ada.id,
      recommendations: [{ variant_id: variantId, units_to_purchase: 1 }],
      lab_panel_ids: [toSeedPanelId('Thyroid Panel')],
    });
    const id = String(created.body['treatment_plan']?.['id']);
    expect((await admin('POST', `/plans/${id}/send`)).body['treatment_plan']?.['state']).toBe('active');
    expect((await admin('PATCH', `/plans/${id}`, { recommendations: [] })).status).toBe(200);
    expect((await admin('POST', `/plans/${id}/buy-labs`)).status).toBe(201);
    const lab = [...running.sandbox.state.labOrders.values()].find((order) => order.planId === id);
    expect((await admin('POST', `/lab-orders/${lab?.id}/move`, { state: 'processing' })).status).toBe(200);
    const results = await admin('POST', `/lab-orders/${lab?.id}/results`, { files: 2 });
    expect(results.body['labOrder']?.['results']).toHaveLength(2);
    expect((await admin('POST', `/lab-orders/${lab?.id}/amend`)).body['labOrder']?.['state']).toBe('results_amended');
    expect((await admin('POST', `/lab-orders/${lab?.id}/move`, { state: 'nowhere' })).status).toBe(422);
    expect((await admin('POST', `/plans/${id}/cancel`)).status).toBe(200);
    const made = await admin('POST', '/patients', {
      clinic_id: running.sandbox.state.patients.get(patient?.id ?? '')?.clinicId,
      first_name: 'Late',
      last_name: 'Comer',
      guardian_patient_id: patient?.id,
    });
    expect(made.body['patient']).toMatchObject({ email: null, guardianPatientId: patient?.id });
    expect(
      ((await admin('GET', '/events')).body['events'] as unknown as { type: string }[]).map((event) => event.type),
    ).toEqual([
      'treatment_plan.created',
      'treatment_plan.recommendation.updated',
      'order.placed',
      'lab_order.updated',
      'lab_order.updated',
      'treatment_plan.updated',
      'patient.created',
    ]);
    expect((await admin('GET', '/mails')).body['mails']).toMatchObject([{ kind: 'treatment_plan' }]);
  });

  it('goes back to the seed', async () => {
    const { running, admin } = await start();
    const client = await createClient(running, seedUsers.ada);
    const before = JSON.stringify([...running.sandbox.state.plans.values()]);
    await client('POST', '/clinic/patients', { first_name: 'A', last_name: 'B', email: 'a.b@mail.example' });
    running.sandbox.actions.cancelPlan(
      [...running.sandbox.state.plans.values()].find((plan) => plan.state === 'active')?.id ?? '',
    );
    const summary = await admin('POST', '/reset');
    expect(summary.body['things']).toMatchObject({ patients: 60, plans: 200, tokens: 0, events: 0, mails: 0 });
    expect(JSON.stringify([...running.sandbox.state.plans.values()])).toBe(before);
    expect((await client('GET', '/clinic')).status).toBe(401);
  });
});
