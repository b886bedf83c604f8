import { afterEach, beforeEach, expect, test } from 'vitest';
import { seedClinics, seedUsers } from '../../../src/sandbox/seed/people.ts';
import type { RunningSandbox } from '../../../src/sandbox/start.ts';
import { connect, createVisitor, startPages } from './visitor.ts';

let running: RunningSandbox;
beforeEach(async () => {
  running = await startPages();
});
afterEach(() => running.stop());

test('the first page lists clinics and logins, and who is connected', async () => {
  const visitor = createVisitor(running.url);
  const before = await visitor.get('/');
  for (const clinic of seedClinics) expect(before.text).toContain(clinic.name);
  for (const user of Object.values(seedUsers)) expect(before.text).toContain(user.email);
  expect(before.text).not.toContain('>connected<');
  await connect(running, seedUsers.ben.email);
  expect((await visitor.get('/')).text.match(/>connected</g)).toHaveLength(1);
});

test('no page loads anything from elsewhere', async () => {
  const visitor = createVisitor(running.url);
  await visitor.signIn(seedUsers.ada.email);
  const [planId = ''] = running.sandbox.state.plans.keys();
  const [labOrderId = ''] = running.sandbox.state.labOrders.keys();
  const paths = ['/', '/login', '/signup', '/plans', `/plans/${planId}/edit`, '/lab-desk', `/lab-desk/${labOrderId}`];
  for (const path of [...paths, '/outbox', '/deliveries', '/connected-apps']) {
    const page = await visitor.get(path);
    expect([path, page.status]).toEqual([path, 200]);
    expect(page.text).toContain('<title>');
    const loaded = [...page.text.matchAll(/<(?:link|img|script|iframe)\b[^>]*\b(?:href|src)="([^"]*)"/g)];
    expect(loaded.length).toBeGreaterThan(0);
    for (const [, address] of loaded) expect(address).toMatch(/^(\/(?!\/)|data:)/);
  }
  const style = await visitor.get('/assets/sandbox.css');
  expect(style.headers.get('content-type')).toContain('text/css');
  expect(style.text).not.toMatch(/url\(|@import/);
});

test('the outbox shows the mails and the log every attempt to deliver an event', async () => {
  const visitor = createVisitor(running.url);
  const { actions, state } = running.sandbox;
  expect((await visitor.get('/outbox')).text).toContain('data-testid="no-mails"');
  const clinicId = state.users.get(seedUsers.ada.id)?.clinicId ?? '';
  actions.createPatient(
    clinicId,
    { firstName: 'Ny', lastName: 'Person', email: 'ny@mail.example' },
    { sendWelcomeEmail: true },
  );
  expect((await visitor.get('/outbox')).text).toContain('ny@mail.example');

  expect((await visitor.get('/deliveries')).text).toContain('data-testid="no-deliveries"');
  state.deliveries.push({
    id: 'delivery-1',
    eventId: state.events[0]?.id ?? '',
    attemptNumber: 1,
    attemptedAt: '2026-03-02T14:00:00.000Z',
    previousAttemptAt: null,
    nextAttemptAt: '2026-03-02T14:01:00.000Z',
    delivered: false,
    responseStatus: 500,
    responseBody: null,
    responseHeaders: {},
    errors: ['The answer was <not> the challenge'],
  });
  const log = await visitor.get('/deliveries');
  expect(log.text).toContain('patient.created');
  expect(log.text).toContain('The answer was &lt;not&gt; the challenge');
});

test('a post without a form is refused with a page', async () => {
  const answer = await fetch(`${running.url}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"email":"ada@cedarrow.example"}',
  });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('The request carries no form');
});
