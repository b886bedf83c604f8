import { describe, expect, test } from 'vitest';
import { createRoom, toFailureOf } from '../support/fullscript-room.ts';

const at = new Date('2026-03-01T09:30:05.000Z');
const oauth = {
  access_token: 'at_demo_1',
  token_type: 'Bearer',
  expires_in: 7200,
  refresh_token: 'rt_demo_2',
  scope: 'catalog:read clinic:read clinic:read patients:read',
  created_at: '2026-03-01T09:30:00.000Z',
  resource_owner: { id: 'owner-1', type: 'Practitioner' },
};
const granted = {
  accessToken: 'at_demo_1',
  refreshToken: 'rt_demo_2',
  expiresAt: '2026-03-01T11:30:00.000Z',
  scopes: ['catalog:read', 'clinic:read', 'patients:read'],
  ownerId: 'owner-1',
  ownerType: 'PRACTITIONER',
  clinicId: null,
};
const needs = { now: () => at };

test('the browser goes to the authorize address with everything Fullscript wants, and no scope', async () => {
  const room = await createRoom(() => ({}));
  const url = new URL(room.fullscript.oauth.toAuthorizeUrl('state &1'));
  expect(url.pathname).toBe('/oauth/authorize');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: 'client-1',
    redirect_uri: 'https://ehr.example.test/callback?x=1',
    response_type: 'code',
    state: 'state &1',
  });
});

describe('exchangeCode', () => {
  test('reads the wrapped answer', async () => {
    const room = await createRoom(() => ({ body: { oauth } }), { needs });
    await expect(room.fullscript.oauth.exchangeCode('code-1')).resolves.toEqual(granted);
    expect(room.server.seen[0]).toMatchObject({
      method: 'POST',
      path: '/api/oauth/token',
      json: {
        grant_type: 'authorization_code',
        client_id: 'client-1',
        client_secret: 'canary-client-secret',
        code: 'code-1',
        redirect_uri: 'https://ehr.example.test/callback?x=1',
      },
    });
    expect(room.server.seen[0]?.headers['idempotency-key']).toBeTruthy();
  });

  test('reads the plain answer, an owner with a clinic, numbers as text, and other spellings', async () => {
    const body = {
      accessToken: 'at_demo_1',
      refreshToken: 'rt_demo_2',
      expiresIn: '7200',
      scope: ['catalog:read', 'clinic:read', 'patients:read'],
      createdAt: '2026-03-01T09:30:00.000Z',
      resourceOwner: { id: 'owner-1', type: 'staff', clinicId: 'c1' },
    };
    const room = await createRoom(() => ({ body }), { needs });
    await expect(room.fullscript.oauth.exchangeCode('code-1')).resolves.toEqual({
      ...granted,
      ownerType: 'STAFF',
      clinicId: 'c1',
    });
  });

  test.each([
    ['Fullscript’s clock is behind', '2026-03-01T09:29:00.000Z', '2026-03-01T11:29:00.000Z'],
    ['Fullscript’s clock is ahead', '2026-03-01T10:30:00.000Z', '2026-03-01T11:30:05.000Z'],
    ['Fullscript’s clock is hours behind', '2026-03-01T02:00:00.000Z', '2026-03-01T11:30:05.000Z'],
    ['there is no created_at', undefined, '2026-03-01T11:30:05.000Z'],
  ])('expiry when %s', async (_, createdAt, expiresAt) => {
    const room = await createRoom(() => ({ body: { oauth: { ...oauth, created_at: createdAt } } }), { needs });
    await expect(room.fullscript.oauth.exchangeCode('code-1')).resolves.toMatchObject({ expiresAt });
  });

  test.each([
    [400, { error: 'invalid_grant', error_description: 'x' }, 'rejected'],
    [400, { error: 'The authorization code is invalid or expired' }, 'rejected'],
    [401, { error: 'invalid_client' }, 'unavailable'],
    [404, { error: 'Not Found' }, 'unavailable'],
    [500, {}, 'unavailable'],
    [429, {}, 'rate_limited'],
    [400, { error: 'invalid_request' }, 'contract'],
    [200, { oauth: { access_token: 'x' } }, 'contract'],
  ])('%i %j is %s', async (status, body, kind) => {
    const room = await createRoom(() => ({ status, body }));
    expect(await toFailureOf(room.fullscript.oauth.exchangeCode('code-1'))).toMatchObject({ kind });
  });

  test.each([
    ['its owner is missing', { oauth: { ...oauth, resource_owner: undefined } }],
    ['its refresh token is missing, in the plain form', { ...oauth, refresh_token: undefined }],
    ['it is spelt differently', { oauth: { accessToken: oauth.access_token } }],
  ])('an authorization that cannot be read because %s is given back', async (_, body) => {
    const room = await createRoom(({ path }) => (path.endsWith('/token') ? { body } : { body: {} }));
    expect(await toFailureOf(room.fullscript.oauth.exchangeCode('code-1'))).toMatchObject({ kind: 'contract' });
    expect(room.server.seen.slice(1)).toMatchObject([{ path: '/api/oauth/revoke', json: { token: 'at_demo_1' } }]);
  });

  test('a code is not sent twice, since it may have been used up', async () => {
    const room = await createRoom(() => ({ status: 503, body: {} }));
    await toFailureOf(room.fullscript.oauth.exchangeCode('code-1'));
    expect(room.server.seen).toHaveLength(1);
  });

  test('refused client credentials are an operator’s fault and logged as an error', async () => {
    const room = await createRoom(() => ({ status: 401, body: { error: 'invalid_client' } }));
    await toFailureOf(room.fullscript.oauth.exchangeCode('code-1'));
    expect(room.log.lines).toMatchObject([{ level: 'error', fields: { status: 401, error: 'invalid_client' } }]);
  });
});

describe('revoke', () => {
  test.each([
    [200, {}],
    [200, ''],
    [400, { error: 'invalid_token' }],
    [400, { error: 'The token is not valid' }],
    [400, { error: 'invalid_token', error_description: 'It was revoked' }],
  ])('%i %j is confirmed', async (status, body) => {
    const room = await createRoom(() => ({ status, body }));
    await expect(room.fullscript.oauth.revoke('at-1')).resolves.toBe('confirmed');
    expect(room.server.seen[0]).toMatchObject({
      path: '/api/oauth/revoke',
      json: { client_id: 'client-1', client_secret: 'canary-client-secret', token: 'at-1' },
    });
    expect(room.server.seen[0]?.headers.authorization).toBeUndefined();
  });

  test.each([
    [400, { error: 'invalid_request', error_description: 'The token parameter is invalid' }],
    [400, { error: 'invalid_client' }],
    [401, { error: 'invalid_client' }],
    [403, {}],
    [404, { error: 'Not Found' }],
    [422, { error: 'no' }],
    [500, {}],
    [503, {}],
  ])('%i %j is to be tried again', async (status, body) => {
    const room = await createRoom(() => ({ status, body }));
    const failure = await toFailureOf(room.fullscript.oauth.revoke('at-1'));
    expect(failure).toMatchObject({ status });
    expect(failure).not.toMatchObject({ kind: 'withdrawn' });
  });
});
