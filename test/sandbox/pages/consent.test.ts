import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seedUsers } from '../../../src/sandbox/seed/people.ts';
import type { RunningSandbox } from '../../../src/sandbox/start.ts';
import { callApi, connect, createVisitor, startPages, toConsentAddress, type Visitor } from './visitor.ts';

let running: RunningSandbox;
let visitor: Visitor;
beforeEach(async () => {
  running = await startPages();
  visitor = createVisitor(running.url);
});
afterEach(() => running.stop());

function toDecision(decision: string, changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { clientId, redirectUris } = running.sandbox.app;
  return { client_id: clientId, redirect_uri: redirectUris[0] ?? '', do: decision, ...changes };
}

describe('an app that is not registered', () => {
  test.each([
    ['another client id', { client_id: 'someone-else' }],
    ['a redirect address with a slash more', { redirect_uri: 'http://127.0.0.1:4000/fullscript/callback/' }],
    ['a redirect address of another host', { redirect_uri: 'https://evil.example/callback' }],
  ])('gets a 404 page and no redirect for %s', async (_, changes) => {
    await visitor.signIn(seedUsers.ada.email);

    const shown = await visitor.get(toConsentAddress(running, changes));
    const posted = await visitor.post('/oauth/authorize', toDecision('authorize', changes));
    const cancelled = await visitor.post('/oauth/authorize', toDecision('cancel', changes));

    expect([shown.status, posted.status, cancelled.status]).toEqual([404, 404, 404]);
    expect([shown.location, posted.location, cancelled.location]).toEqual([null, null, null]);
    expect(running.sandbox.state.codes.size).toBe(0);
  });
});

describe('signing in', () => {
  test('is asked for first, and leads back to the consent', async () => {
    const address = toConsentAddress(running, { state: 's1' });
    const page = await visitor.get(address);
    expect(page.status).toBe(200);
    expect(page.text).toContain('data-testid="sign-in-form"');
    expect(page.text).not.toContain('data-testid="authorize"');

    const signedIn = await visitor.post('/login', {
      email: seedUsers.ada.email.toUpperCase(),
      password: 'demo',
      return_to: address,
    });
    expect([signedIn.status, signedIn.location]).toEqual([303, address]);
    const consent = await visitor.get(address);
    expect(consent.text).toContain('Ada Lindqvist');
    for (const scope of running.sandbox.app.scopes) expect(consent.text).toContain(`>${scope}</code>`);
  });

  test('with a wrong password is refused and begins no session', async () => {
    const refused = await visitor.post('/login', {
      email: seedUsers.ada.email,
      password: 'wrong',
      return_to: toConsentAddress(running),
    });
    expect(refused.status).toBe(401);
    expect(refused.text).toContain('E-mail or password is wrong.');
    expect((await visitor.get(toConsentAddress(running))).text).toContain('data-testid="sign-in-form"');
  });

  test('never leads out of the sandbox', async () => {
    for (const elsewhere of ['https://evil.example/', '//evil.example/', '/\\evil.example/']) {
      const signedIn = await visitor.post('/login', {
        email: seedUsers.ada.email,
        password: 'demo',
        return_to: elsewhere,
      });
      expect([signedIn.status, signedIn.location]).toEqual([303, '/']);
    }
  });

  test('is remembered until Sign out', async () => {
    await visitor.signIn(seedUsers.ben.email);
    expect((await visitor.get(toConsentAddress(running))).text).toContain('Ben Okafor');
    const signedIn = await visitor.signIn(seedUsers.ben.email);
    const cookie = (signedIn.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
    await visitor.post('/logout', { return_to: '/' });
    expect((await visitor.get(toConsentAddress(running))).text).toContain('data-testid="sign-in-form"');
    const kept = await fetch(`${running.url}${toConsentAddress(running)}`, { headers: { Cookie: cookie } });
    expect(await kept.text()).toContain('data-testid="sign-in-form"');
  });

  test('is left on the page that says who is signed in', async () => {
    expect((await visitor.get('/logout')).text).toContain('data-testid="signed-out"');
    await visitor.signIn(seedUsers.ben.email);
    const asked = await visitor.get('/logout');
    expect(asked.text).toContain('Ben Okafor</b>');
    expect((await visitor.get(toConsentAddress(running))).text).toContain('Ben Okafor');

    const left = await visitor.post('/logout', { return_to: '/logout' });
    expect([left.status, left.location]).toEqual([303, '/logout']);
    expect((await visitor.get('/logout')).text).toContain('data-testid="signed-out"');
    expect((await visitor.get(toConsentAddress(running))).text).toContain('data-testid="sign-in-form"');
  });

  test('up makes a login, in a clinic of its own when asked for', async () => {
    const address = toConsentAddress(running);
    const signedUp = await visitor.post('/signup', {
      first_name: 'Nils',
      last_name: 'Berg',
      email: 'nils@new.example',
      password: 'secret',
      type: 'Practitioner',
      clinic_id: '',
      clinic_name: 'Berg & Daughters',
      return_to: address,
    });
    expect([signedUp.status, signedUp.location]).toEqual([303, address]);
    const consent = await visitor.get(address);
    expect(consent.text).toContain('Nils Berg');
    expect(consent.text).toContain('Berg &amp; Daughters');
  });

  test('up with a taken e-mail is refused and keeps what was typed', async () => {
    const refused = await visitor.post('/signup', {
      first_name: 'Other',
      last_name: 'Ada',
      email: seedUsers.ada.email,
      password: 'secret',
      type: 'Staff',
      clinic_id: seedUsers.ada.id,
      clinic_name: '',
      return_to: '/',
    });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('Email has already been taken');
    expect(refused.text).toContain('value="Other"');
  });
});

describe.each(['/oauth/authorize', '/api/oauth/authorize'])('the decision at %s', (path) => {
  test('Authorize sends a code and the untouched state to the app', async () => {
    await visitor.signIn(seedUsers.ada.email);
    const state = ' a b+c&d=é/%20 ';

    const page = await visitor.get(toConsentAddress(running, { state }).replace('/oauth/authorize', path));
    expect(page.status).toBe(200);
    const decided = await visitor.post(path, toDecision('authorize', { state }));

    expect(decided.status).toBe(302);
    const target = new URL(decided.location ?? '');
    expect(`${target.origin}${target.pathname}`).toBe(running.sandbox.app.redirectUris[0]);
    expect(target.searchParams.get('state')).toBe(state);
    expect(target.searchParams.get('code')).toBe([...running.sandbox.state.codes.keys()][0]);
    expect([...running.sandbox.state.codes.values()][0]?.userId).toBe(seedUsers.ada.id);
  });

  test('Cancel sends an error and the state, and makes no code', async () => {
    await visitor.signIn(seedUsers.ada.email);
    const decided = await visitor.post(path, toDecision('cancel', { state: 's2' }));
    const { searchParams } = new URL(decided.location ?? '');
    expect(decided.status).toBe(302);
    expect(searchParams.get('error')).toBe('access_denied');
    expect(searchParams.get('error_description')).not.toBe('');
    expect(searchParams.get('state')).toBe('s2');
    expect(searchParams.has('code')).toBe(false);
    expect(running.sandbox.state.codes.size).toBe(0);
  });

  test('Authorize without a session asks to sign in', async () => {
    const decided = await visitor.post(path, toDecision('authorize', { state: 's3' }));
    expect([decided.status, decided.location]).toEqual([401, null]);
    expect(decided.text).toContain('data-testid="sign-in-form"');
    expect(running.sandbox.state.codes.size).toBe(0);
  });
});

test('the page may not be framed by anybody', async () => {
  const page = await visitor.get(toConsentAddress(running));
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
});

test('Revoke under connected apps ends the access silently', async () => {
  const token = await connect(running, seedUsers.ada.email);
  const colleague = await connect(running, seedUsers.ben.email);
  expect((await callApi(running, token, '/clinic')).status).toBe(200);
  await visitor.signIn(seedUsers.ada.email);
  expect((await visitor.get('/connected-apps')).text).toContain('data-testid="connected-app"');

  const revoked = await visitor.post('/connected-apps', {});

  expect([revoked.status, revoked.location]).toEqual([303, '/connected-apps?done=revoked']);
  expect((await visitor.get('/connected-apps')).text).toContain('data-testid="no-apps"');
  expect((await callApi(running, token, '/clinic')).status).toBe(401);
  expect((await callApi(running, colleague, '/clinic')).status).toBe(200);
  expect(running.sandbox.state.events).toEqual([]);
});
