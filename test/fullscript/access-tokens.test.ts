import { describe, expect, test, vi } from 'vitest';
import { FullscriptFailure } from '../../src/domain/errors.ts';
import { createAccessTokens, type AccessTokensNeeds } from '../../src/fullscript/access-tokens.ts';
import { createMemoryLog, createRoom, toFailureOf, toPair } from '../support/fullscript-room.ts';
import { createMemoryTokenStore } from '../support/memory-token-store.ts';
import type { GivenAnswer, SeenRequest } from '../support/http-server.ts';

const expired = '2020-01-01T00:00:00.000Z';

/** Fullscript's rotation: the old refresh token works until the new access token is first used; an access token works while it is known and not replaced. */
function createRotation() {
  const alive = new Map<string, string>([['rt-1', 'at-1']]);
  const accepted = new Set<string>();
  let count = 1;
  const predecessors = new Map<string, string>();
  return {
    refreshes: () => count - 1,
    accepted,
    alive,
    answer(request: SeenRequest): GivenAnswer {
      if (request.path === '/api/oauth/token') {
        const { refresh_token: token } = request.json as { refresh_token: string };
        if (!alive.has(token)) return { status: 400, body: { error: 'invalid_grant', error_description: 'gone' } };
        count += 1;
        alive.set(`rt-${count}`, `at-${count}`);
        accepted.add(`at-${count}`);
        predecessors.set(`at-${count}`, token);
        return {
          body: {
            oauth: {
              access_token: `at-${count}`,
              refresh_token: `rt-${count}`,
              expires_in: 7200,
              created_at: new Date().toISOString(),
              scope: 'clinic:read patients:read',
              token_type: 'Bearer',
            },
          },
        };
      }
      if (request.path === '/api/oauth/revoke') {
        accepted.delete((request.json as { token: string }).token);
        return { body: {} };
      }
      const token = (request.headers.authorization ?? '').replace('Bearer ', '');
      if (!accepted.has(token)) return { status: 401, body: { error: 'invalid_token' } };
      alive.delete(predecessors.get(token) ?? '');
      return { body: { clinic: { id: 'c1', name: 'Cedar' } } };
    },
  };
}

describe('one refresh', () => {
  test('for 50 concurrent callers with an expired token', async () => {
    const rotation = createRotation();
    const room = await createRoom((request) => rotation.answer(request), { pair: { expiresAt: expired } });
    const calls = Array.from({ length: 50 }, () => room.fullscript.clinics.get(room.call));
    const clinics = await Promise.all(calls);
    expect(clinics.every((clinic) => clinic.id === 'c1')).toBe(true);
    expect(rotation.refreshes()).toBe(1);
    expect(room.store.pairs.get('account-1')).toMatchObject({
      accessToken: 'at-2',
      refreshToken: 'rt-2',
      version: 2,
      scopes: ['clinic:read', 'patients:read'],
    });
  });

  test('for 50 concurrent callers whose token Fullscript refuses although it looks valid', async () => {
    const rotation = createRotation();
    const room = await createRoom((request) => rotation.answer(request));
    await Promise.all(Array.from({ length: 50 }, () => room.fullscript.clinics.get(room.call)));
    expect(rotation.refreshes()).toBe(1);
    expect(room.store.withdrawn).toEqual([]);
  });

  test('for callers in two processes over one store', async () => {
    const rotation = createRotation();
    const room = await createRoom((request) => rotation.answer(request), { pair: { expiresAt: expired } });
    const needs = {
      store: room.store,
      oauth: room.fullscript.oauth,
      now: () => new Date(),
      random: () => 0.5,
      log: room.log,
    };
    const [first, second] = [createAccessTokens(needs), createAccessTokens(needs)];
    const pairs = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? first : second).get('account-1')),
    );
    expect(new Set(pairs.map((pair) => pair.accessToken))).toEqual(new Set(['at-2']));
    expect(rotation.refreshes()).toBe(1);
  });

  test('sends what Fullscript wants: both credentials, the redirect address, and no bearer', async () => {
    const rotation = createRotation();
    const room = await createRoom((request) => rotation.answer(request), { pair: { expiresAt: expired } });
    await room.fullscript.clinics.get(room.call);
    const request = room.server.seen.find((seen) => seen.path === '/api/oauth/token');
    expect(request?.headers.authorization).toBeUndefined();
    expect(request?.json).toEqual({
      grant_type: 'refresh_token',
      client_id: 'client-1',
      client_secret: 'canary-client-secret',
      refresh_token: 'rt-1',
      redirect_uri: 'https://ehr.example.test/callback?x=1',
    });
  });
});

describe('a refresh that goes wrong', () => {
  test('a lost answer is recovered with the old refresh token', async () => {
    const rotation = createRotation();
    let lost = 0;
    const room = await createRoom(
      (request) => {
        const answer = rotation.answer(request);
        if (request.path === '/api/oauth/token' && lost === 0) {
          lost += 1;
          return { fault: 'reset' };
        }
        return answer;
      },
      { pair: { expiresAt: expired } },
    );
    await expect(room.fullscript.clinics.get(room.call)).resolves.toMatchObject({ id: 'c1' });
    expect(lost).toBe(1);
    expect(room.store.pairs.get('account-1')?.refreshToken).toBe('rt-3');
    expect(room.store.withdrawn).toEqual([]);
  });

  test.each([
    ['500', { status: 500, body: 'oops' }, 'unavailable'],
    ['503', { status: 503, headers: { 'retry-after': '60' } }, 'unavailable'],
    ['429', { status: 429, body: { error: 'slow down' } }, 'rate_limited'],
    ['401 invalid_client', { status: 401, body: { error: 'invalid_client' } }, 'unavailable'],
    ['400 invalid_client', { status: 400, body: { error: 'invalid_client' } }, 'unavailable'],
    ['400 invalid_request', { status: 400, body: { error: 'invalid_request' } }, 'contract'],
    ['404', { status: 404, body: { error: 'Not Found' } }, 'unavailable'],
    ['a body without tokens', { body: { oauth: {} } }, 'contract'],
    ['a page', { body: '<html></html>' }, 'contract'],
    ['reset', { fault: 'reset' as const }, 'unavailable'],
  ])('%s disconnects nobody', async (_, answer, kind) => {
    const room = await createRoom(() => answer, { pair: { expiresAt: expired } });
    expect(await toFailureOf(room.fullscript.clinics.get(room.call))).toMatchObject({ kind });
    expect(room.store.withdrawn).toEqual([]);
    expect(room.store.pairs.get('account-1')).toEqual(toPair({ expiresAt: expired }));
  });

  test('a time-out disconnects nobody', async () => {
    const room = await createRoom(() => ({ fault: 'hang' }), {
      pair: { expiresAt: expired },
      settings: { timeoutMs: 50 },
    });
    expect(await toFailureOf(room.fullscript.clinics.get(room.call))).toMatchObject({ kind: 'unavailable' });
    expect(room.store.withdrawn).toEqual([]);
  });

  test('invalid_grant withdraws the authorization, once, and nothing is asked with it', async () => {
    const room = await createRoom(() => ({ status: 400, body: { error: 'invalid_grant' } }), {
      pair: { expiresAt: expired },
    });
    const failures = await Promise.all(
      Array.from({ length: 5 }, () => toFailureOf(room.fullscript.clinics.get(room.call))),
    );
    expect(failures.every((failure) => failure instanceof FullscriptFailure && failure.kind === 'withdrawn')).toBe(
      true,
    );
    expect(room.store.withdrawn).toHaveLength(1);
    expect(room.server.seen.map((seen) => seen.path)).toEqual(['/api/oauth/token']);
    expect(await toFailureOf(room.fullscript.clinics.get(room.call))).toMatchObject({ kind: 'withdrawn' });
    expect(room.server.seen).toHaveLength(1);
  });

  test('a refused old refresh token does not matter when somebody else has stored a newer pair', async () => {
    const room = await createRoom(
      (request) => {
        if (request.path !== '/api/oauth/token') return { body: { clinic: { id: 'c1' } } };
        room.store.pairs.set('account-1', toPair({ accessToken: 'at-9', refreshToken: 'rt-9', version: 2 }));
        return { status: 400, body: { error: 'invalid_grant' } };
      },
      { pair: { expiresAt: expired } },
    );
    await room.fullscript.clinics.get(room.call);
    expect(room.server.seen.at(-1)?.headers.authorization).toBe('Bearer at-9');
    expect(room.store.withdrawn).toEqual([]);
  });

  test('an access token that still works goes on being used when refreshing ahead fails, and not every call tries again', async () => {
    const soon = new Date(Date.now() + 120_000).toISOString();
    const room = await createRoom(
      (request) =>
        request.path === '/api/oauth/token' ? { status: 503, body: {} } : { body: { clinic: { id: 'c1' } } },
      { pair: { expiresAt: soon } },
    );
    await room.fullscript.clinics.get(room.call);
    const asked = () => room.server.seen.filter((seen) => seen.path === '/api/oauth/token').length;
    const before = asked();
    expect(before).toBeGreaterThan(0);
    await room.fullscript.clinics.get(room.call);
    expect(asked()).toBe(before);
    expect(room.server.seen.at(-1)?.headers.authorization).toBe('Bearer at-1');
  });

  test('a token is refreshed ahead of its expiry, outside the margin not', async () => {
    const rotation = createRotation();
    const soon = new Date(Date.now() + 200_000).toISOString();
    const room = await createRoom((request) => rotation.answer(request), {
      pair: { expiresAt: soon },
      settings: { refreshMarginSeconds: 100 },
    });
    rotation.accepted.add('at-1');
    await room.fullscript.clinics.get(room.call);
    expect(rotation.refreshes()).toBe(0);
    const early = await createRoom((request) => rotation.answer(request), { pair: { expiresAt: soon } });
    await early.fullscript.clinics.get(early.call);
    expect(rotation.refreshes()).toBe(1);
  });
});

describe('two processes', () => {
  function createPair(oauth: AccessTokensNeeds['oauth'], leaseMs: number) {
    const store = createMemoryTokenStore(() => new Date());
    store.pairs.set('account-1', toPair({ expiresAt: expired }));
    const log = createMemoryLog();
    const needs = { store, oauth, now: () => new Date(), random: () => 0, log, leaseMs };
    return { store, log, first: createAccessTokens(needs), second: createAccessTokens(needs) };
  }
  const toTokens = (n: number) => ({
    accessToken: `at-${n}`,
    refreshToken: `rt-${n}`,
    expiresAt: '2999-01-01T00:00:00.000Z',
    scopes: [],
  });

  test('a refresh slower than the lease: one pair is stored, both use it, the other waits for the end of the account', async () => {
    const asked: ((value: ReturnType<typeof toTokens>) => void)[] = [];
    const revoked: string[] = [];
    const { store, first, second } = createPair(
      {
        refresh: () => new Promise((resolve) => asked.push(resolve)),
        revoke: (token) => {
          revoked.push(token);
          return Promise.resolve('confirmed');
        },
      },
      20,
    );
    const slow = first.get('account-1');
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    const quick = second.get('account-1');
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    asked[1]!(toTokens(3));
    await expect(quick).resolves.toMatchObject({ accessToken: 'at-3', version: 2 });
    asked[0]!(toTokens(2));
    await expect(slow).resolves.toMatchObject({ accessToken: 'at-3', version: 2 });
    expect(store.pairs.get('account-1')).toMatchObject({ refreshToken: 'rt-3', version: 2, scopes: toPair().scopes });
    // Revoking it now might take the whole authorization along.
    expect(revoked).toEqual([]);
    expect(store.kept).toMatchObject([{ accessToken: 'at-2' }]);
    expect(store.withdrawn).toEqual([]);
  });

  test('a refresh slower than the lease whose old token is refused by then: the stored pair is used', async () => {
    const asked: { resolve: (value: ReturnType<typeof toTokens>) => void; reject: (error: Error) => void }[] = [];
    const { store, first, second } = createPair(
      {
        refresh: () => new Promise((resolve, reject) => asked.push({ resolve, reject })),
        revoke: () => Promise.resolve('confirmed'),
      },
      20,
    );
    const slow = first.get('account-1');
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    const quick = second.get('account-1');
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    asked[1]!.resolve(toTokens(3));
    await quick;
    asked[0]!.reject(new FullscriptFailure('rejected', 'refused', { status: 400 }));
    await expect(slow).resolves.toMatchObject({ accessToken: 'at-3' });
    expect(store.withdrawn).toEqual([]);
  });

  test('an account that is closed during the refresh: the new pair does not stay alive', async () => {
    const revoked: string[] = [];
    const { store, first } = createPair(
      {
        refresh: () => {
          store.pairs.delete('account-1');
          return Promise.resolve(toTokens(2));
        },
        revoke: (token) => {
          revoked.push(token);
          return Promise.resolve('confirmed');
        },
      },
      1000,
    );
    expect(await toFailureOf(first.get('account-1'))).toMatchObject({ kind: 'withdrawn' });
    expect(revoked).toEqual(['at-2']);
  });

  test('and when it cannot be revoked at once, the store keeps it for later', async () => {
    const { store, log, first } = createPair(
      {
        refresh: () => {
          store.pairs.delete('account-1');
          return Promise.resolve(toTokens(2));
        },
        revoke: () => Promise.reject(new FullscriptFailure('unavailable', 'down')),
      },
      1000,
    );
    expect(await toFailureOf(first.get('account-1'))).toMatchObject({ kind: 'withdrawn' });
    expect(store.kept).toMatchObject([{ accessToken: 'at-2', refreshToken: 'rt-2' }]);
    expect(log.lines.some((line) => line.level === 'error')).toBe(true);
    expect(JSON.stringify(log.lines)).not.toMatch(/at-2|rt-2/);
  });

  test('a lease that is never given back ends in unavailable, not in waiting for ever, and disconnects nobody', async () => {
    const store = createMemoryTokenStore(() => new Date());
    store.pairs.set('account-1', toPair({ expiresAt: expired }));
    await store.acquireLease('account-1', 'another process', 60_000);
    const tokens = createAccessTokens({
      store,
      oauth: {
        refresh: () => Promise.reject(new Error('must not be asked')),
        revoke: () => Promise.reject(new Error()),
      },
      now: () => new Date(),
      random: () => 0,
      log: createMemoryLog(),
      maxLeaseWaitMs: 100,
    });
    expect(await toFailureOf(tokens.get('account-1'))).toMatchObject({ kind: 'unavailable' });
    expect(store.withdrawn).toEqual([]);
  });

  test('a pair that could not be stored is not used', async () => {
    const { store, first } = createPair(
      { refresh: () => Promise.resolve(toTokens(2)), revoke: () => Promise.resolve('confirmed') },
      1000,
    );
    const save = store.saveRefreshed.bind(store);
    store.saveRefreshed = () => Promise.reject(new Error('database away'));
    expect(await toFailureOf(first.get('account-1'))).toMatchObject({ message: 'database away' });
    store.saveRefreshed = save;
    await expect(first.get('account-1')).resolves.toMatchObject({ accessToken: 'at-2', version: 2 });
  });
});

test('no account, no call', async () => {
  const room = await createRoom(() => ({ body: {} }));
  const call = { ...room.call, accountId: 'another' };
  expect(await toFailureOf(room.fullscript.clinics.get(call))).toMatchObject({ kind: 'withdrawn', status: undefined });
  expect(room.server.seen).toEqual([]);
});
