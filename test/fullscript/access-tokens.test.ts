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

/** Something to wait for until it is opened. */
function createGate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
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

  test('a time-out disconnects nobody, and is not followed by another question', async () => {
    const room = await createRoom(() => ({ fault: 'hang' }), {
      pair: { expiresAt: expired },
      settings: { refreshTimeoutMs: 50 },
    });
    expect(await toFailureOf(room.fullscript.clinics.get(room.call))).toMatchObject({ kind: 'unavailable' });
    expect(room.store.withdrawn).toEqual([]);
    expect(room.server.seen).toHaveLength(1);
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

  test('a refresh that takes longer than any other call may is waited for', async () => {
    const rotation = createRotation();
    const room = await createRoom(
      async (request) => {
        if (request.path === '/api/oauth/token') await new Promise((resolve) => setTimeout(resolve, 300));
        return rotation.answer(request);
      },
      { pair: { expiresAt: expired }, settings: { timeoutMs: 100 } },
    );
    await expect(room.fullscript.clinics.get(room.call)).resolves.toMatchObject({ id: 'c1' });
    expect(rotation.refreshes()).toBe(1);
  });

  test('a caller who stops waiting hears so at once; the refresh goes on, and the next caller has its pair', async () => {
    const rotation = createRotation();
    const gate = createGate();
    const room = await createRoom(
      async (request) => {
        if (request.path === '/api/oauth/token') await gate.opened;
        return rotation.answer(request);
      },
      { pair: { expiresAt: expired } },
    );
    const leaving = new AbortController();
    const call = room.fullscript.clinics.get({ ...room.call, signal: leaving.signal });
    await vi.waitFor(() => expect(room.server.seen).toHaveLength(1));
    leaving.abort();
    expect(await toFailureOf(call)).toMatchObject({ kind: 'unavailable' });
    gate.open();
    await expect(room.fullscript.clinics.get(room.call)).resolves.toMatchObject({ id: 'c1' });
    expect(rotation.refreshes()).toBe(1);
  });

  test('those who wait for a token in vain use up none of the calls that may be made', async () => {
    const gate = createGate();
    const room = await createRoom(
      async () => {
        await gate.opened;
        return { status: 503 };
      },
      { pair: { expiresAt: expired } },
    );
    const leaving = new AbortController();
    const calls = Array.from({ length: 20 }, () =>
      toFailureOf(room.fullscript.clinics.get({ ...room.call, signal: leaving.signal })),
    );
    await vi.waitFor(() => expect(room.server.seen).toHaveLength(1));
    leaving.abort();
    await Promise.all(calls);
    expect(room.fullscript.stats().budget.used).toBe(1);
    gate.open();
  });

  test('refreshes that hang leave half of the slots to calls whose tokens work', async () => {
    const gate = createGate();
    const room = await createRoom(
      async (request) => {
        if (request.path !== '/api/oauth/token') return { body: { clinic: { id: 'c1', name: 'Cedar' } } };
        await gate.opened;
        return { status: 503 };
      },
      { settings: { maxConcurrency: 4 } },
    );
    const leaving = new AbortController();
    const hanging = Array.from({ length: 8 }, (_, index) => {
      room.store.pairs.set(`expired-${index}`, toPair({ expiresAt: expired, refreshToken: `rt-${index}` }));
      const call = { ...room.call, accountId: `expired-${index}`, signal: leaving.signal };
      return toFailureOf(room.fullscript.clinics.get(call));
    });
    await vi.waitFor(() => expect(room.server.seen).toHaveLength(2));
    await expect(room.fullscript.clinics.get(room.call)).resolves.toMatchObject({ id: 'c1' });
    leaving.abort();
    await Promise.all(hanging);
    gate.open();
  });

  test('closing waits until a pair that Fullscript is making is stored', async () => {
    const rotation = createRotation();
    const gate = createGate();
    const room = await createRoom(
      async (request) => {
        if (request.path === '/api/oauth/token') await gate.opened;
        return rotation.answer(request);
      },
      { pair: { expiresAt: expired } },
    );
    const leaving = new AbortController();
    const call = room.fullscript.clinics.get({ ...room.call, signal: leaving.signal });
    await vi.waitFor(() => expect(room.server.seen).toHaveLength(1));
    leaving.abort();
    await toFailureOf(call);
    const closed = room.fullscript.close();
    gate.open();
    await closed;
    expect(room.store.pairs.get('account-1')).toMatchObject({ accessToken: 'at-2', version: 2 });
  });

  test('a token that still works is used at once while it is refreshed behind, once', async () => {
    const rotation = createRotation();
    rotation.accepted.add('at-1');
    const gate = createGate();
    const room = await createRoom(
      async (request) => {
        if (request.path === '/api/oauth/token') await gate.opened;
        return rotation.answer(request);
      },
      { pair: { expiresAt: new Date(Date.now() + 120_000).toISOString() } },
    );
    await Promise.all(Array.from({ length: 10 }, () => room.fullscript.clinics.get(room.call)));
    gate.open();
    await vi.waitFor(() => expect(room.store.pairs.get('account-1')).toMatchObject({ version: 2 }));
    expect(rotation.refreshes()).toBe(1);
    await room.fullscript.clinics.get(room.call);
    expect(room.server.seen.at(-1)?.headers.authorization).toBe('Bearer at-2');
  });

  test('when refreshing ahead fails, not every call tries again', async () => {
    const soon = new Date(Date.now() + 120_000).toISOString();
    const room = await createRoom(
      (request) =>
        request.path === '/api/oauth/token' ? { status: 503, body: {} } : { body: { clinic: { id: 'c1' } } },
      { pair: { expiresAt: soon } },
    );
    await room.fullscript.clinics.get(room.call);
    await vi.waitFor(() => expect(room.log.lines.some(({ message }) => /ahead failed/.test(message))).toBe(true));
    const asked = () => room.server.seen.filter((seen) => seen.path === '/api/oauth/token').length;
    const before = asked();
    expect(before).toBeGreaterThan(0);
    await room.fullscript.clinics.get(room.call);
    await room.fullscript.close();
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
    await room.fullscript.close();
    expect(rotation.refreshes()).toBe(0);
    const early = await createRoom((request) => rotation.answer(request), { pair: { expiresAt: soon } });
    await early.fullscript.clinics.get(early.call);
    await early.fullscript.close();
    expect(rotation.refreshes()).toBe(1);
  });
});

describe('two processes', () => {
  function createPair(oauth: AccessTokensNeeds['oauth'], leaseMs: number) {
    const store = createMemoryTokenStore(() => new Date());
    store.pairs.set('account-1', toPair({ expiresAt: expired }));
    const log = createMemoryLog();
    const needs = { oauth, now: () => new Date(), random: () => 0, log, leaseMs };
    // The first one cannot prolong its lease, as if the database were away for a while.
    const cutOff = { ...store, prolongLease: () => Promise.reject(new Error('database away')) };
    return {
      store,
      log,
      first: createAccessTokens({ ...needs, store: cutOff }),
      second: createAccessTokens({ ...needs, store }),
    };
  }
  const toTokens = (n: number) => ({
    accessToken: `at-${n}`,
    refreshToken: `rt-${n}`,
    expiresAt: '2999-01-01T00:00:00.000Z',
    scopes: [],
  });

  test('a lease lost during a refresh: one pair is stored, both use it, the other waits for the end of the account', async () => {
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

  test('a lease lost during a refresh whose old token is refused by then: the stored pair is used', async () => {
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
          store.closed.add('account-1');
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

  test('an authorization that is withdrawn or cannot be read any more during the refresh: its pairs are left alive until it is closed', async () => {
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
    expect(revoked).toEqual([]);
    expect(store.kept).toMatchObject([{ accessToken: 'at-2' }]);
  });

  test('and when it cannot be revoked at once, the store keeps it for later', async () => {
    const { store, log, first } = createPair(
      {
        refresh: () => {
          store.pairs.delete('account-1');
          store.closed.add('account-1');
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
    await store.acquireLease('account-1', 'another process', 60_000, null);
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

  test('a lease that nobody prolongs is taken over after its length, however far ahead the dead holder’s clock was', async () => {
    const { store, second } = createPair(
      { refresh: () => Promise.resolve(toTokens(2)), revoke: () => Promise.resolve('confirmed') },
      200,
    );
    await store.acquireLease('account-1', 'a dead process', 3_600_000, null);
    await expect(second.get('account-1')).resolves.toMatchObject({ accessToken: 'at-2' });
  });

  test('a pair that could not be stored is not used', async () => {
    const { store, second } = createPair(
      { refresh: () => Promise.resolve(toTokens(2)), revoke: () => Promise.resolve('confirmed') },
      1000,
    );
    const save = store.saveRefreshed.bind(store);
    store.saveRefreshed = () => Promise.reject(new Error('database away'));
    expect(await toFailureOf(second.get('account-1'))).toMatchObject({ message: 'database away' });
    store.saveRefreshed = save;
    await expect(second.get('account-1')).resolves.toMatchObject({ accessToken: 'at-2', version: 2 });
  });
});

test('no account, no call', async () => {
  const room = await createRoom(() => ({ body: {} }));
  const call = { ...room.call, accountId: 'another' };
  expect(await toFailureOf(room.fullscript.clinics.get(call))).toMatchObject({ kind: 'withdrawn', status: undefined });
  expect(room.server.seen).toEqual([]);
});
