import { describe, expect, test, vi } from 'vitest';
import { FullscriptFailure } from '../../src/domain/errors.ts';
import { createLocalBudget } from '../../src/fullscript/budget.ts';
import { createRoom, toFailureOf, toPair } from '../support/fullscript-room.ts';
import type { GivenAnswer } from '../support/http-server.ts';

const clinic = { body: { clinic: { id: 'c1', name: 'Cedar' } } };
const patient = { id: 'p1', first_name: 'Mira', last_name: 'Okoye', email: 'mira@mail.test' };

describe('a call', () => {
  test('sends bearer, accept, user agent and our request id, and tells of itself by route pattern', async () => {
    const room = await createRoom(() => ({ body: { patient } }));
    await room.fullscript.patients.get(room.call, 'p/1?x=#');
    const [request] = room.server.seen;
    expect(request).toMatchObject({ method: 'GET', path: '/api/clinic/patients/p%2F1%3Fx%3D%23' });
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer at-1',
      accept: 'application/json',
      'user-agent': 'fullscript-subgraph',
      'x-request-id': 'req-1',
    });
    expect(request?.headers['idempotency-key']).toBeUndefined();
    expect(room.records).toEqual([
      {
        endpoint: 'GET /clinic/patients/{id}',
        outcome: 'ok',
        status: 200,
        durationMs: expect.any(Number) as number,
        upstreamRequestId: 'up-1',
        requestId: 'req-1',
        attempt: 1,
        priority: 'interactive',
      },
    ]);
  });

  test.each(['', '.', '..', 'x'.repeat(256), '\ud800'])('asks nobody about the impossible id %j', async (id) => {
    const room = await createRoom(() => ({ body: { patient } }));
    expect(await toFailureOf(room.fullscript.patients.get(room.call, id))).toMatchObject({ kind: 'not_found' });
    expect(room.server.seen).toEqual([]);
  });

  test('is repeated after 503 when it only reads', async () => {
    let count = 0;
    const room = await createRoom(() => ((count += 1) < 3 ? { status: 503, body: 'busy' } : clinic));
    await expect(room.fullscript.clinics.get(room.call)).resolves.toMatchObject({ id: 'c1' });
    expect(room.records.map((record) => [record.outcome, record.attempt])).toEqual([
      ['unavailable', 1],
      ['unavailable', 2],
      ['ok', 3],
    ]);
  });

  test('is not repeated after 503 or a reset when it creates something', async () => {
    for (const answer of [{ status: 503, body: {} }, { fault: 'reset' as const }]) {
      const room = await createRoom(() => answer);
      const creating = room.fullscript.patients.create(room.call, {
        email: 'mira@mail.test',
        firstName: 'Mira',
        lastName: 'Okoye',
        sendWelcomeEmail: false,
      });
      expect(await toFailureOf(creating)).toMatchObject({ kind: 'unavailable' });
      expect(room.server.seen).toHaveLength(1);
    }
  });

  test('that creates carries one idempotency key over its repetitions, the caller’s when given', async () => {
    const answers: GivenAnswer[] = [
      { status: 409, body: { error: 'request_in_progress' } },
      { status: 429, body: {} },
      { status: 201, body: { patient } },
    ];
    const room = await createRoom(() => answers.shift() ?? { status: 201, body: { patient } });
    const person = { email: 'm@mail.test', firstName: 'M', lastName: 'O', sendWelcomeEmail: false };
    await room.fullscript.patients.create(room.call, person);
    const keys = room.server.seen.map((seen) => seen.headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[\da-f-]{36}$/);
    await room.fullscript.patients.create(room.call, person, 'mine');
    expect(room.server.seen.at(-1)?.headers['idempotency-key']).toBe('mine');
  });

  test('also over the repetition after a refresh', async () => {
    const room = await createRoom((request) => {
      if (request.path.endsWith('/oauth/token')) {
        return { body: { oauth: { access_token: 'at-2', refresh_token: 'rt-2', expires_in: 7200 } } };
      }
      return request.headers.authorization === 'Bearer at-2' ? { status: 201, body: { patient } } : { status: 401 };
    });
    const person = { email: 'm@mail.test', firstName: 'M', lastName: 'O', sendWelcomeEmail: true };
    await room.fullscript.patients.create(room.call, person);
    const [first, second] = room.server.seen.filter((seen) => seen.path === '/api/clinic/patients');
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect(first?.headers['idempotency-key']).toBeTruthy();
  });

  test('hanging ends with the attempt’s time-out, or earlier with the caller’s signal', async () => {
    const room = await createRoom(() => ({ fault: 'hang' }), { settings: { timeoutMs: 40 } });
    expect(await toFailureOf(room.fullscript.clinics.get(room.call))).toMatchObject({ kind: 'unavailable' });
    expect(room.records.map((record) => record.outcome)).toEqual(['unavailable', 'unavailable', 'unavailable']);
    const patient = await createRoom(() => ({ fault: 'hang' }), { settings: { timeoutMs: 60_000 } });
    const signal = AbortSignal.timeout(40);
    expect(await toFailureOf(patient.fullscript.clinics.get({ ...patient.call, signal }))).toMatchObject({
      kind: 'unavailable',
    });
    expect(patient.fullscript.stats().inFlight).toBe(0);
  });

  test('without a connection is unavailable', async () => {
    const room = await createRoom(() => clinic);
    await room.server.close();
    const failure = await toFailureOf(room.fullscript.clinics.get(room.call));
    expect(failure).toMatchObject({ kind: 'unavailable', status: undefined });
    expect(room.records.map((record) => record.status)).toEqual([undefined, undefined, undefined]);
  });

  test.each([
    ['no JSON', { body: '<html></html>' }],
    ['no object', { body: [] }],
    ['no id', { body: { clinic: { name: 'x' } } }],
    ['a redirect', { status: 302, headers: { location: '/api/elsewhere' }, body: '' }],
    ['nothing', { body: '' }],
  ])('answered with %s is a breach of contract, and not repeated', async (_, answer) => {
    const room = await createRoom(() => answer);
    expect(await toFailureOf(room.fullscript.clinics.get(room.call))).toMatchObject({
      kind: 'contract',
      upstreamRequestId: 'up-1',
    });
    expect(room.server.seen).toHaveLength(1);
  });

  test('refused by 422 repeats Fullscript’s sentences to the caller, in `reasons` alone', async () => {
    const room = await createRoom(() => ({ status: 422, body: { error: '["Email canary@mail.test is taken"]' } }));
    const failure = await toFailureOf(room.fullscript.patients.update(room.call, 'p1', { email: 'canary@mail.test' }));
    expect(failure).toMatchObject({ kind: 'rejected', reasons: ['Email canary@mail.test is taken'] });
    expect((failure as Error).message).not.toContain('canary');
  });
});

describe('429', () => {
  test('a Retry-After within the caller’s patience is waited for', async () => {
    const answers: GivenAnswer[] = [{ status: 429, headers: { 'retry-after': '0' }, body: {} }];
    const room = await createRoom(() => answers.shift() ?? clinic);
    await room.fullscript.clinics.get(room.call);
    expect(room.server.seen).toHaveLength(2);
  });

  test('a longer one is told to the caller, and holds everybody else back', async () => {
    const room = await createRoom(() => ({ status: 429, headers: { 'retry-after': '30' }, body: {} }));
    expect(await toFailureOf(room.fullscript.clinics.get(room.call))).toMatchObject({
      kind: 'rate_limited',
      retryAfterSeconds: 30,
    });
    expect(await toFailureOf(room.fullscript.catalog.getVariant(room.call, 'v1'))).toMatchObject({
      kind: 'rate_limited',
      retryAfterSeconds: 30,
    });
    expect(room.server.seen).toHaveLength(1);
  });

  test('the budget refuses before Fullscript does, also calls about tokens', async () => {
    const room = await createRoom(() => clinic, { settings: { rateLimit: 2 } });
    await room.fullscript.clinics.get(room.call);
    await room.fullscript.clinics.get(room.call);
    expect(await toFailureOf(room.fullscript.clinics.get(room.call))).toMatchObject({ kind: 'rate_limited' });
    expect(await toFailureOf(room.fullscript.oauth.exchangeCode('code'))).toMatchObject({ kind: 'rate_limited' });
    expect(room.server.seen).toHaveLength(2);
    expect(room.fullscript.stats().budget).toMatchObject({ limit: 2, used: 2 });
  });
});

describe('concurrency', () => {
  test('keeps to its number, and leaves slots to interactive calls while background ones hang', async () => {
    const answers: ((answer: GivenAnswer) => void)[] = [];
    const room = await createRoom(() => new Promise((resolve) => answers.push(resolve)), {
      settings: { maxConcurrency: 5, timeoutMs: 20_000 },
    });
    const background = Array.from({ length: 8 }, () =>
      room.fullscript.clinics.get({ ...room.call, priority: 'background' }),
    );
    await vi.waitFor(() => expect(answers).toHaveLength(4));
    const interactive = [room.fullscript.clinics.get(room.call), room.fullscript.clinics.get(room.call)];
    await vi.waitFor(() => expect(answers).toHaveLength(5));
    expect(room.fullscript.stats()).toMatchObject({ inFlight: 5, queued: 5 });
    // The next free slot goes to the interactive call, though four background ones were there before.
    answers[4]!(clinic);
    await interactive[0];
    await vi.waitFor(() => expect(answers).toHaveLength(6));
    answers[5]!(clinic);
    await interactive[1];
    for (let i = 0; i < 4; i += 1) answers[i]!(clinic);
    await vi.waitFor(() => expect(answers).toHaveLength(10));
    for (const answer of answers) answer(clinic);
    await Promise.all(background);
  });

  test('a caller who gives up while waiting for a slot is not sent any more', async () => {
    const answers: ((answer: GivenAnswer) => void)[] = [];
    const room = await createRoom(() => new Promise((resolve) => answers.push(resolve)), {
      settings: { maxConcurrency: 1, timeoutMs: 20_000 },
    });
    const first = room.fullscript.clinics.get(room.call);
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    const controller = new AbortController();
    const second = toFailureOf(room.fullscript.clinics.get({ ...room.call, signal: controller.signal }));
    await vi.waitFor(() => expect(room.fullscript.stats().queued).toBe(1));
    controller.abort();
    expect(await second).toMatchObject({ kind: 'unavailable' });
    answers[0]!(clinic);
    await first;
    expect(room.server.seen).toHaveLength(1);
  });
});

describe('401', () => {
  const toTokenAnswer = (n: number) => ({
    body: { oauth: { access_token: `at-${n}`, refresh_token: `rt-${n}`, expires_in: 7200, scope: 'clinic:read' } },
  });

  test('causes one refresh and one repetition', async () => {
    const room = await createRoom((request) => {
      if (request.path.endsWith('/oauth/token')) return toTokenAnswer(2);
      return request.headers.authorization === 'Bearer at-2' ? clinic : { status: 401 };
    });
    await room.fullscript.clinics.get(room.call);
    expect(room.server.seen.map((seen) => seen.path)).toEqual(['/api/clinic', '/api/oauth/token', '/api/clinic']);
    expect(room.store.withdrawn).toEqual([]);
  });

  test('needs no refresh when the store has a newer pair already', async () => {
    const room = await createRoom((request) => {
      if (request.headers.authorization === 'Bearer at-7') return clinic;
      room.store.pairs.set('account-1', toPair({ accessToken: 'at-7', version: 2 }));
      return { status: 401 };
    });
    await room.fullscript.clinics.get(room.call);
    expect(room.server.seen.map((seen) => seen.path)).toEqual(['/api/clinic', '/api/clinic']);
  });

  test('after a fresh token and at the clinic too: withdrawn, without a loop', async () => {
    const room = await createRoom((request) =>
      request.path.endsWith('/oauth/token') ? toTokenAnswer(2) : { status: 401, body: { error: 'invalid_token' } },
    );
    expect(await toFailureOf(room.fullscript.patients.get(room.call, 'p1'))).toMatchObject({
      kind: 'withdrawn',
      status: 401,
    });
    expect(room.server.seen.map((seen) => seen.path)).toEqual([
      '/api/clinic/patients/p1',
      '/api/oauth/token',
      '/api/clinic/patients/p1',
      '/api/clinic',
    ]);
    expect(room.store.withdrawn).toHaveLength(1);
    await toFailureOf(room.fullscript.patients.get(room.call, 'p1'));
    expect(room.server.seen).toHaveLength(4);
  });

  test('after a fresh token at this endpoint only: forbidden, a scope is missing, and no refresh each time', async () => {
    let count = 1;
    const room = await createRoom((request) => {
      if (request.path.endsWith('/oauth/token')) return toTokenAnswer((count += 1));
      return request.path === '/api/clinic' ? clinic : { status: 401 };
    });
    const ask = () => toFailureOf(room.fullscript.patients.get(room.call, 'p1'));
    expect(await ask()).toMatchObject({ kind: 'forbidden', missingScope: 'patients:read' });
    expect(await ask()).toMatchObject({ kind: 'forbidden', missingScope: 'patients:read' });
    expect(count).toBe(2);
    expect(room.store.denied[0]).toEqual({ accountId: 'account-1', scope: 'patients:read' });
    expect(room.store.withdrawn).toEqual([]);
  });

  test('when it cannot be found out, nobody is disconnected', async () => {
    const room = await createRoom((request) => {
      if (request.path.endsWith('/oauth/token')) return toTokenAnswer(2);
      return request.path === '/api/clinic' ? { status: 503, body: {} } : { status: 401 };
    });
    expect(await toFailureOf(room.fullscript.patients.get(room.call, 'p1'))).toMatchObject({ kind: 'unavailable' });
    expect(room.store.withdrawn).toEqual([]);
  });

  test('while somebody else renews the authorization once more, nobody is disconnected', async () => {
    const room = await createRoom((request) => {
      if (request.path.endsWith('/oauth/token')) return toTokenAnswer(2);
      if (request.path === '/api/clinic')
        room.store.pairs.set('account-1', toPair({ accessToken: 'at-3', version: 3 }));
      return { status: 401 };
    });
    expect(await toFailureOf(room.fullscript.patients.get(room.call, 'p1'))).toMatchObject({ kind: 'unavailable' });
    expect(room.store.withdrawn).toEqual([]);
  });
});

describe('403', () => {
  test('that names a scope group marks the scope the endpoint needs, and withdraws nothing', async () => {
    const body = { error: 'Must have `patients` scope enabled' };
    const room = await createRoom(() => ({ status: 403, body }));
    expect(await toFailureOf(room.fullscript.labs.get(room.call, 'l1'))).toMatchObject({
      kind: 'forbidden',
      missingScope: 'patients:order_history',
    });
    expect(room.store.denied).toEqual([{ accountId: 'account-1', scope: 'patients:order_history' }]);
    expect(room.store.withdrawn).toEqual([]);
    expect(room.server.seen).toHaveLength(1);
  });

  test('of another kind, or of a restricted endpoint, marks nothing', async () => {
    const room = await createRoom((request) => ({
      status: 403,
      body: { error: request.method === 'POST' ? 'Must have `clinic` scope enabled' : 'Not yours' },
    }));
    expect(await toFailureOf(room.fullscript.plans.get(room.call, 'b1'))).toMatchObject({ kind: 'forbidden' });
    const creating = room.fullscript.plans.create(room.call, 'p1', { state: 'draft', recommendations: [] });
    expect(await toFailureOf(creating)).toMatchObject({ kind: 'forbidden', restricted: true, missingScope: undefined });
    expect(room.store.denied).toEqual([]);
  });
});

test('an authorization that works is noted at most once a minute', async () => {
  let at = Date.parse('2026-03-02T14:00:00.000Z');
  const room = await createRoom(() => clinic, { needs: { now: () => new Date(at) } });
  await room.fullscript.clinics.get(room.call);
  at += 59_000;
  await room.fullscript.clinics.get(room.call);
  expect(room.store.verified).toEqual([{ accountId: 'account-1', at: '2026-03-02T14:00:00.000Z' }]);
  at += 1000;
  await room.fullscript.clinics.get(room.call);
  expect(room.store.verified).toHaveLength(2);
});

test('a given budget is used instead of an own one', async () => {
  const budget = createLocalBudget({ limit: 1 });
  const room = await createRoom(() => clinic, { needs: { budget } });
  await room.fullscript.clinics.get(room.call);
  expect(budget.stats().used).toBe(1);
});

test('no token, secret or patient datum gets into a log line, a record or a message, whatever goes wrong', async () => {
  const canaries = [
    'canary-access',
    'canary-refresh',
    'canary-client-secret',
    'canary-code',
    'canary@mail.test',
    'canary-name',
  ];
  const told: unknown[] = [];
  const faults: GivenAnswer[] = [
    { status: 401, body: { error: 'canary-access canary@mail.test' } },
    { status: 403, body: { error: 'Must have `patients` scope enabled canary-name' } },
    { status: 404, body: { error: 'canary-name' } },
    { status: 422, body: { error: '["canary@mail.test is taken"]' } },
    { status: 500, body: 'canary-access canary-name' },
    { status: 200, body: { patient: { id: null, email: 'canary@mail.test', first_name: 'canary-name' } } },
    { status: 200, body: 'canary-name' },
    { fault: 'reset' },
    { status: 400, body: { error: 'invalid_grant', error_description: 'canary-refresh canary-code' } },
    { status: 401, body: { error: 'invalid_client', error_description: 'canary-client-secret' } },
  ];
  for (const fault of faults) {
    const room = await createRoom(() => fault, {
      pair: { accessToken: 'canary-access', refreshToken: 'canary-refresh' },
    });
    const { fullscript, call } = room;
    const tries = [
      fullscript.patients.searchAll(call, 'canary@mail.test'),
      fullscript.patients.update(call, 'p1', { email: 'canary@mail.test', firstName: 'canary-name' }),
      fullscript.patients.findByMetadata(call, 'canary-name'),
      fullscript.oauth.exchangeCode('canary-code'),
      fullscript.oauth.refresh('canary-refresh'),
      fullscript.oauth.revoke('canary-access'),
      fullscript.files.open(call, `${room.server.url}/files/canary-name?sig=canary-code`, {
        allowedHosts: [],
        maxBytes: 9,
      }),
    ];
    for (const [index, outcome] of (await Promise.allSettled(tries)).entries()) {
      if (outcome.status === 'fulfilled') continue;
      const failure: unknown = outcome.reason;
      expect(failure, `try ${index}`).toBeInstanceOf(FullscriptFailure);
      for (let at = failure; at instanceof Error; at = at.cause) told.push(at.message, at.stack);
    }
    told.push(room.log.lines, room.records, room.store.withdrawn, room.store.denied);
  }
  const text = JSON.stringify(told);
  for (const canary of canaries) expect(text).not.toContain(canary);
});
