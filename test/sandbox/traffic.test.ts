import { describe, expect, it } from 'vitest';
import { seedUsers } from '../../src/sandbox/seed/people.ts';
import {
  askToken,
  connect,
  createBearerClient,
  createClient,
  request,
  startTestSandbox,
  waitUntil,
} from './sandbox-client.ts';

const newPatient = { first_name: 'A', last_name: 'B', email: 'a.b@mail.example', send_welcome_email: false };

describe('every API answer', () => {
  it('carries a request id, and an unknown route a 404 of its own shape', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    for (const path of ['/clinic', '/clinic/patients/none', '/nowhere'])
      expect((await client('GET', path)).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect((await client('GET', '/nowhere')).body).toEqual({ status: 404, error: 'Not Found' });
    expect((await request(`${running.url}/oauth/token`, 'POST', {})).body).toEqual({ status: 404, error: 'Not Found' });
  });

  it('is 429 beyond the limit, with Retry-After while that is on, until the window has passed', async () => {
    const running = await startTestSandbox({ rateLimit: { limit: 3 } });
    const client = await createClient(running, seedUsers.ada);
    await client('GET', '/clinic');
    expect((await client('GET', '/clinic')).status).toBe(200);
    const refused = await client('GET', '/clinic');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '300']);
    running.sandbox.settings.rateLimit.retryAfter = false;
    expect((await client('GET', '/clinic')).headers.get('retry-after')).toBeNull();
    running.sandbox.setClockOffset(300_000);
    expect((await client('GET', '/clinic')).status).toBe(200);
  });
});

describe('faults', () => {
  it('answer with a status as often as told, on the paths told', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    running.sandbox.faults.add({ method: 'GET', path: '/api/clinic/patients/:id', status: 503, count: 1, skip: 1 });
    const id = [...running.sandbox.state.patients.keys()][0];
    const statuses: number[] = [];
    for (let nth = 0; nth < 3; nth += 1) statuses.push((await client('GET', `/clinic/patients/${id}`)).status);
    expect(statuses).toEqual([200, 503, 200]);
    expect((await client('GET', '/clinic/patients')).status).toBe(200);
  });

  it('hit the share of requests that they name', async () => {
    const numbers = [0.1, 0.9, 0.3, 0.8];
    const running = await startTestSandbox({ random: () => numbers.shift() ?? 1 });
    const client = await createClient(running, seedUsers.ada);
    running.sandbox.faults.add({ path: '/api/clinic', status: 500, share: 0.5 });
    const statuses: number[] = [];
    for (let nth = 0; nth < 4; nth += 1) statuses.push((await client('GET', '/clinic')).status);
    expect(statuses).toEqual([500, 200, 500, 200]);
  });

  it('break the connection before the request takes effect, or after', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    const { faults, state } = running.sandbox;
    const before = state.patients.size;
    const rule = { method: 'POST', path: '/api/clinic/patients', count: 1 };
    faults.add({ ...rule, reset: true });
    await expect(client('POST', '/clinic/patients', newPatient)).rejects.toThrow();
    expect(state.patients.size).toBe(before);
    faults.add({ ...rule, lost: true });
    await expect(client('POST', '/clinic/patients', newPatient)).rejects.toThrow();
    expect(state.patients.size).toBe(before + 1);
    expect((await client('POST', '/clinic/patients', newPatient)).status).toBe(422);
  });

  it('lose the answer to a refresh, which the old refresh token makes good', async () => {
    const running = await startTestSandbox();
    const { refresh } = await connect(running, seedUsers.ada);
    const ask = (): ReturnType<typeof askToken> =>
      askToken(running, { grant_type: 'refresh_token', refresh_token: refresh });
    running.sandbox.faults.add({ path: '/api/oauth/token', lost: true, count: 1 });
    await expect(ask()).rejects.toThrow();
    expect((await ask()).status).toBe(200);
  });
});

describe('the call log', () => {
  it('counts by method and route, and knows the most at one time', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    const { calls, faults, state } = running.sandbox;
    calls.clear();
    faults.add({ path: '/api/clinic/patients/*', latencyMs: 60 });
    const ids = [...state.patients.keys()].slice(0, 4);
    await Promise.all(ids.map((id) => client('GET', `/clinic/patients/${id}`)));
    await client('GET', '/clinic');
    expect(calls.count('GET', '/api/clinic/patients/:patient_id')).toBe(4);
    expect(calls.count()).toBe(5);
    expect(calls.summary()).toMatchObject({ peakInFlight: 4, inFlight: 0 });
  });
});

describe('Idempotency-Key', () => {
  it('does nothing while it is off', async () => {
    const running = await startTestSandbox();
    const client = await createClient(running, seedUsers.ada);
    const key = { 'idempotency-key': 'k1' };
    expect((await client('POST', '/clinic/patients', newPatient, key)).status).toBe(201);
    expect((await client('POST', '/clinic/patients', newPatient, key)).status).toBe(422);
  });

  it('replays the answer while it is on, and refuses another body and a second one in flight', async () => {
    const running = await startTestSandbox({ idempotency: true });
    const client = await createClient(running, seedUsers.ada);
    const key = { 'idempotency-key': 'k1' };
    const first = await client('POST', '/clinic/patients', newPatient, key);
    const again = await client('POST', '/clinic/patients', newPatient, key);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect((await client('POST', '/clinic/patients', { ...newPatient, first_name: 'C' }, key)).status).toBe(422);

    running.sandbox.faults.add({ method: 'POST', path: '/api/clinic/patients', latencyMs: 150, count: 1 });
    const other = { ...newPatient, email: 'other@mail.example' };
    const slow = client('POST', '/clinic/patients', other, { 'idempotency-key': 'k2' });
    await waitUntil(() => running.sandbox.calls.summary().inFlight === 1);
    const meanwhile = await client('POST', '/clinic/patients', other, { 'idempotency-key': 'k2' });
    expect([meanwhile.status, meanwhile.body]).toEqual([409, { error: 'request_in_progress' }]);
    expect((await slow).status).toBe(201);
  });

  it('keeps refusals, too', async () => {
    const running = await startTestSandbox({ idempotency: true });
    const { access } = await connect(running, seedUsers.ada);
    const client = createBearerClient(running, access);
    const key = { 'idempotency-key': 'k2' };
    const blank = { first_name: 'A' };
    expect((await client('POST', '/clinic/patients', blank, key)).status).toBe(422);
    expect((await client('POST', '/clinic/patients', blank, key)).body['error']).toContain("can't be blank");
  });
});
