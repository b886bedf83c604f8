import { describe, expect, it } from 'vitest';
import { seedUsers } from '../../src/sandbox/seed/people.ts';
import {
  askToken,
  connect,
  createBearerClient,
  readTokens,
  request,
  startInstant,
  startTestSandbox,
} from './sandbox-client.ts';

const ada = seedUsers.ada;

describe('POST /api/oauth/token', () => {
  it('answers a code with a pair wrapped in oauth, once', async () => {
    const running = await startTestSandbox();
    const redirectUri = running.sandbox.app.redirectUris[0] ?? '';
    const code = running.sandbox.actions.authorize({ userId: ada.id, redirectUri });

    const first = await askToken(running, { grant_type: 'authorization_code', code });
    expect(first.status).toBe(200);
    expect(first.body['oauth']).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 7200,
      refresh_token: expect.any(String),
      scope: running.sandbox.app.scopes.join(' '),
      created_at: startInstant,
      resource_owner: { id: ada.id, type: 'Practitioner' },
    });

    const second = await askToken(running, { grant_type: 'authorization_code', code });
    expect(second.status).toBe(400);
    expect(second.body).toEqual({ error: 'invalid_grant', error_description: expect.any(String) });
  });

  it('names staff as Staff and takes form bodies', async () => {
    const running = await startTestSandbox();
    const { app, actions } = running.sandbox;
    const redirectUri = app.redirectUris[0] ?? '';
    const answer = await request(
      `${running.apiUrl}/oauth/token`,
      'POST',
      new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: app.clientId,
        client_secret: app.clientSecret,
        redirect_uri: redirectUri,
        code: actions.authorize({ userId: seedUsers.carla.id, redirectUri }),
      }).toString(),
      { 'content-type': 'application/x-www-form-urlencoded' },
    );
    expect(answer.body['oauth']?.['resource_owner']).toEqual({ id: seedUsers.carla.id, type: 'Staff' });
  });

  it('refuses a code after 600 s, another redirect URI, a wrong secret, and what it does not know', async () => {
    const running = await startTestSandbox();
    const { actions, app } = running.sandbox;
    const redirectUri = app.redirectUris[0] ?? '';
    const late = actions.authorize({ userId: ada.id, redirectUri });
    running.sandbox.setClockOffset(600_000);
    expect((await askToken(running, { grant_type: 'authorization_code', code: late })).body['error']).toBe(
      'invalid_grant',
    );
    const code = actions.authorize({ userId: ada.id, redirectUri });
    const grant = { grant_type: 'authorization_code', code };
    expect((await askToken(running, { ...grant, redirect_uri: 'http://elsewhere.example/' })).status).toBe(400);
    const wrongSecret = await askToken(running, { ...grant, client_secret: 'guess' });
    expect([wrongSecret.status, wrongSecret.body['error']]).toEqual([401, 'invalid_client']);
    expect((await askToken(running, { grant_type: 'password' })).body['error']).toBe('unsupported_grant_type');
    expect((await askToken(running, { grant_type: 'authorization_code' })).body['error']).toBe('invalid_request');
    expect((await askToken(running, grant)).status).toBe(200);
  });
});

describe('refreshing', () => {
  it('keeps the old pair usable until the new access token is first used', async () => {
    const running = await startTestSandbox();
    const old = await connect(running, ada);
    const refresh = { grant_type: 'refresh_token', refresh_token: old.refresh };

    const lost = readTokens(await askToken(running, refresh));
    const again = readTokens(await askToken(running, refresh));
    expect(again.refresh).not.toBe(lost.refresh);
    expect((await createBearerClient(running, old.access)('GET', '/clinic')).status).toBe(200);

    expect((await createBearerClient(running, again.access)('GET', '/clinic')).status).toBe(200);
    expect((await createBearerClient(running, old.access)('GET', '/clinic')).status).toBe(401);
    expect((await createBearerClient(running, lost.access)('GET', '/clinic')).status).toBe(401);
    for (const dead of [old.refresh, lost.refresh])
      expect((await askToken(running, { ...refresh, refresh_token: dead })).body['error']).toBe('invalid_grant');
    expect((await askToken(running, { ...refresh, refresh_token: again.refresh })).status).toBe(200);
  });

  it('ends the old refresh token at once when the grace is switched off', async () => {
    const running = await startTestSandbox({ refreshGrace: false });
    const old = await connect(running, ada);
    const refresh = { grant_type: 'refresh_token', refresh_token: old.refresh };
    expect((await askToken(running, refresh)).status).toBe(200);
    expect((await askToken(running, refresh)).body['error']).toBe('invalid_grant');
  });

  it('keeps the scopes that the first token was born with', async () => {
    const running = await startTestSandbox();
    running.sandbox.app.scopes = ['catalog:read', 'clinic:read'];
    const old = await connect(running, ada);
    running.sandbox.app.scopes = ['catalog:read', 'clinic:read', 'patients:read'];
    const answer = await askToken(running, { grant_type: 'refresh_token', refresh_token: old.refresh });
    expect(answer.body['oauth']?.['scope']).toBe('catalog:read clinic:read');
  });
});

describe('bearer tokens', () => {
  it('expire after 7200 s, while the refresh token goes on working', async () => {
    const running = await startTestSandbox();
    const tokens = await connect(running, ada);
    const client = createBearerClient(running, tokens.access);
    running.sandbox.setClockOffset(7_199_999);
    expect((await client('GET', '/clinic')).status).toBe(200);
    running.sandbox.setClockOffset(7_200_000);
    const answer = await client('GET', '/clinic');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect((await askToken(running, { grant_type: 'refresh_token', refresh_token: tokens.refresh })).status).toBe(200);
  });

  it('are refused with 403 and the group of the scope they lack', async () => {
    const running = await startTestSandbox({ app: { scopes: ['catalog:read', 'clinic:read'] } });
    const { access } = await connect(running, ada);
    const answer = await createBearerClient(running, access)('GET', '/clinic/patients');
    expect([answer.status, answer.body]).toEqual([403, { error: 'Must have `patients` scope enabled' }]);
  });
});

describe('POST /api/oauth/revoke', () => {
  it('ends the access and the refresh token, and may be repeated', async () => {
    const running = await startTestSandbox();
    const tokens = await connect(running, ada);
    const { app } = running.sandbox;
    const revoke = (): ReturnType<typeof request> =>
      request(`${running.apiUrl}/oauth/revoke`, 'POST', {
        client_id: app.clientId,
        client_secret: app.clientSecret,
        token: tokens.access,
      });
    const first = await revoke();
    expect([first.status, first.body]).toEqual([200, {}]);
    expect((await revoke()).status).toBe(200);
    expect((await createBearerClient(running, tokens.access)('GET', '/clinic')).status).toBe(401);
    expect((await askToken(running, { grant_type: 'refresh_token', refresh_token: tokens.refresh })).status).toBe(400);
  });

  it('needs the app’s own credentials', async () => {
    const running = await startTestSandbox();
    const tokens = await connect(running, ada);
    const answer = await request(`${running.apiUrl}/oauth/revoke`, 'POST', {
      client_id: 'other',
      client_secret: 'other',
      token: tokens.access,
    });
    expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
    expect((await createBearerClient(running, tokens.access)('GET', '/clinic')).status).toBe(200);
  });

  it('reaches the predecessor in grace only when told to', async () => {
    for (const [revokeReaches, status] of [
      ['pair', 200],
      ['authorization', 400],
    ] as const) {
      const running = await startTestSandbox({ revokeReaches });
      const old = await connect(running, ada);
      const refresh = { grant_type: 'refresh_token', refresh_token: old.refresh };
      const next = readTokens(await askToken(running, refresh));
      const { app } = running.sandbox;
      await request(`${running.apiUrl}/oauth/revoke`, 'POST', {
        client_id: app.clientId,
        client_secret: app.clientSecret,
        token: next.access,
      });
      expect((await askToken(running, refresh)).status).toBe(status);
    }
  });
});
