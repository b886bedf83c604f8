import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seedPatients, seedUsers } from '../../../src/sandbox/seed/people.ts';
import type { RunningSandbox } from '../../../src/sandbox/start.ts';
import { callApi, connect, createVisitor, startPages, type Visitor } from './visitor.ts';

const frameId = '3f0d1c1e-0000-4000-8000-00000000000a';

let running: RunningSandbox;
let visitor: Visitor;
beforeEach(async () => {
  running = await startPages();
  visitor = createVisitor(running.url);
});
afterEach(() => running.stop());

async function createGrant(email: string): Promise<string> {
  const token = await connect(running, email);
  const grant = await callApi(running, token, '/clinic/embeddable/session_grants', {});
  return String(grant.body['secret_token']);
}

async function tokenize(data: Record<string, unknown>, origin = 'http://127.0.0.1:4000'): Promise<Response> {
  return fetch(`${running.url}/api/embeddable/tokenize`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: origin },
    body: JSON.stringify({ data }),
  });
}

async function createDataToken(data: Record<string, unknown>): Promise<string> {
  const { data_token: dataToken } = (await (await tokenize(data)).json()) as { data_token: string };
  return dataToken;
}

function toEntry(query: Readonly<Record<string, string>>): string {
  const all = new URLSearchParams({
    public_key: running.sandbox.app.embedPublicKey,
    frame_id: frameId,
    target_origin: 'http://127.0.0.1:4000',
    ...query,
  });
  return `/api/embeddable/session/embed/entry?${all.toString()}`;
}

/** The messages that a page posts to the page around it. */
function readMessages(page: string): { type: string; payload: Record<string, unknown> }[] {
  const json = /for \(const message of (\[.*\])\)\s*window\.parent\.postMessage/s.exec(page)?.[1];
  return json === undefined ? [] : (JSON.parse(json) as { type: string; payload: Record<string, unknown> }[]);
}

test('a patient named by description is picked, a plan is sent, and the page around is told of both once', async () => {
  const mira = seedPatients.find((patient) => patient.email === 'mira.okoye@mail.example');
  const dataToken = await createDataToken({ first_name: 'Mira', last_name: 'Okoye', email: 'mira.okoye@mail.example' });
  const secretToken = await createGrant(seedUsers.ben.email);

  const entered = await visitor.get(toEntry({ secret_token: secretToken, data_token: dataToken }));
  const picker = await visitor.get(entered.location ?? '');
  expect(picker.headers.get('content-security-policy')).toContain('frame-ancestors http://127.0.0.1:4000');
  expect(picker.text).toContain(`value="${mira?.id ?? ''}"`);
  const picked = await visitor.post(entered.location ?? '', {
    do: 'use',
    patient_id: mira?.id ?? '',
    practitioner_id: seedUsers.ben.id,
  });
  const builder = await visitor.get(picked.location ?? '');
  expect(readMessages(builder.text)).toMatchObject([
    {
      type: `${frameId}.patient.selected`,
      payload: {
        type: 'patient.selected',
        oauth: { clientId: running.sandbox.app.clientId },
        data: { patient: { id: mira?.id, firstName: 'Mira', email: 'mira.okoye@mail.example' } },
      },
    },
  ]);
  expect(readMessages((await visitor.get(picked.location ?? '')).text)).toEqual([]);

  const [variantId = ''] = running.sandbox.state.variants.keys();
  const sent = await visitor.post(picked.location ?? '', {
    do: 'send',
    line: '0',
    'variant-0': variantId,
    'units-0': '3',
    'amount-0': '1',
    'info-0': '</script><script>alert(1)</script>',
  });
  const page = await visitor.get(sent.location ?? '');
  const plan = [...running.sandbox.state.plans.values()].at(-1);
  expect(plan).toMatchObject({ state: 'active', patientId: mira?.id, practitionerId: seedUsers.ben.id });
  expect(readMessages(page.text)).toMatchObject([
    {
      type: `${frameId}.treatmentPlan.activated`,
      payload: {
        data: {
          treatmentPlan: {
            id: plan?.id,
            state: 'active',
            patient: { id: mira?.id },
            availableAt: '2026-03-02',
            recommendations: [{ variantId, unitsToPurchase: 3, dosage: { recommendedAmount: '1' } }],
          },
        },
      },
    },
  ]);
  expect(page.text).not.toContain('<script>alert');
  expect(readMessages((await visitor.get(sent.location ?? '')).text)).toEqual([]);
});

test('a patient named by id skips the picker and is not announced', async () => {
  const mira = seedPatients.find((patient) => patient.email === 'mira.okoye@mail.example');
  const dataToken = await createDataToken({ id: mira?.id });
  const secretToken = await createGrant(seedUsers.ben.email);
  const entered = await visitor.get(toEntry({ secret_token: secretToken, data_token: dataToken }));
  const builder = await visitor.get(entered.location ?? '');
  expect(builder.text).toContain('data-testid="plan-builder"');
  expect(builder.text).toContain('Mira Okoye');
  expect(readMessages(builder.text)).toEqual([]);
});

test('the clinic owner is asked for the practitioner even when the patient is known', async () => {
  const mira = seedPatients.find((patient) => patient.email === 'mira.okoye@mail.example');
  const dataToken = await createDataToken({ id: mira?.id });
  const secretToken = await createGrant(seedUsers.ada.email);
  const entered = await visitor.get(toEntry({ secret_token: secretToken, data_token: dataToken }));
  const picker = await visitor.get(entered.location ?? '');
  expect(picker.text).toMatch(new RegExp(`value="${mira?.id ?? ''}"\\s+checked`));
});

describe('the frame does not open', () => {
  test('twice with one grant, and says so to the page around', async () => {
    const secretToken = await createGrant(seedUsers.ben.email);
    expect((await visitor.get(toEntry({ secret_token: secretToken }))).status).toBe(302);
    const again = await visitor.get(toEntry({ secret_token: secretToken }));
    expect([again.status, again.location]).toEqual([401, null]);
    expect(readMessages(again.text)).toEqual([{ type: 'serverError', payload: ['INVALID_SECRET_TOKEN'] }]);
  });

  test('with a grant of 120 seconds ago', async () => {
    const secretToken = await createGrant(seedUsers.ben.email);
    running.sandbox.setClockOffset(120_000);
    expect((await visitor.get(toEntry({ secret_token: secretToken }))).status).toBe(401);
  });

  test.each([
    ['another public key', { public_key: 'other' }],
    ['an unregistered origin', { target_origin: 'https://evil.example' }],
  ])('for %s, and leaves the grant unused', async (_, changes) => {
    const secretToken = await createGrant(seedUsers.ben.email);
    const refused = await visitor.get(toEntry({ secret_token: secretToken, ...changes }));
    expect(refused.status).toBe(403);
    expect(refused.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect((await visitor.get(toEntry({ secret_token: secretToken }))).status).toBe(302);
  });
});

test("patient data is taken from registered origins' scripts only", async () => {
  const known = await tokenize({ first_name: 'Mira' });
  expect(known.headers.get('access-control-allow-origin')).toBe('http://127.0.0.1:4000');
  const unknown = await tokenize({ first_name: 'Mira' }, 'https://evil.example');
  expect(unknown.headers.get('access-control-allow-origin')).toBeNull();
});
