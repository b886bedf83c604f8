import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { beginConnect, completeConnect, consent, listLiveTokens, readViewer } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';

const ada = 'ada@cedarrow.example';
const ben = 'ben@cedarrow.example';

describe('Mutation.connect', () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment({
      env: {
        EMR_RETURN_ORIGINS: 'https://emr.juniper.example, https://beta.juniper.example:8443 http://localhost:3000',
      },
    });
  }, 60_000);
  afterAll(() => deployment.stop());

  it('sends the browser to Fullscript with a fresh state that lives 600 s', async () => {
    const before = Date.now();
    const attempt = await beginConnect(deployment, 'u-ada');
    const again = await beginConnect(deployment, 'u-ada');
    const url = new URL(attempt.authorizeUrl);
    expect(attempt.authorizeUrl.startsWith(deployment.env['FULLSCRIPT_AUTHORIZE_URL'] ?? '?')).toBe(true);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: deployment.env['FULLSCRIPT_CLIENT_ID'],
      redirect_uri: deployment.env['FULLSCRIPT_REDIRECT_URI'],
      response_type: 'code',
      state: attempt.state,
    });
    expect(attempt.state.length).toBeGreaterThanOrEqual(32);
    expect(again.state).not.toBe(attempt.state);
    const livesMs = Date.parse(attempt.expiresAt) - before;
    expect(livesMs).toBeGreaterThanOrEqual(600_000);
    expect(livesMs).toBeLessThan(610_000);
    expect(attempt.expiresAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it.each([
    'https://emr.juniper.example',
    'https://emr.juniper.example/patients/p-1?tab=fs#top',
    'https://EMR.juniper.example/a',
    'https://emr.juniper.example:443/a',
    'https://beta.juniper.example:8443/x',
    'http://localhost:3000/back',
  ])('takes the allowed address %s and gives it back when connected', async (returnTo) => {
    const attempt = await beginConnect(deployment, 'u-ben', returnTo);
    const { result } = await completeConnect(deployment, 'u-ben', {
      state: attempt.state,
      code: consent(deployment, attempt, ben),
    });
    expect(result).toMatchObject({ __typename: 'FullscriptConnected', returnTo });
  });

  it.each([
    '',
    '/patients/p-1',
    '//emr.juniper.example/a',
    'emr.juniper.example/a',
    'http://emr.juniper.example/a',
    'https://emr.juniper.example:8443/a',
    'https://emr.juniper.example.evil.example/a',
    'https://emr.juniper.example@evil.example/a',
    'https://evil.example/?https://emr.juniper.example',
    'https://sub.emr.juniper.example/',
    'https://evil.example\\@emr.juniper.example/',
    'javascript:alert(1)//https://emr.juniper.example',
    'data:text/html,https://emr.juniper.example',
    'blob:https://emr.juniper.example/a',
    'null',
  ])('refuses to return to %j', async (returnTo) => {
    const answer = await deployment.ask(
      'u-ada',
      'mutation ($to: String) { connect(input: { returnTo: $to }) { state } }',
      { variables: { to: returnTo } },
    );
    expect(answer).toMatchObject({ status: 200, data: null, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  it('refuses every returnTo where no list is set', async () => {
    const bare = await startDeployment({ env: { EMR_RETURN_ORIGINS: undefined } });
    try {
      const answer = await bare.ask(
        'u-ada',
        'mutation { connect(input: { returnTo: "https://emr.juniper.example/a" }) { state } }',
      );
      expect(answer.errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
      expect((await beginConnect(bare, 'u-ada')).state).toBeTruthy();
    } finally {
      await bare.stop();
    }
  }, 60_000);
});

describeEachDatabase('Mutation.completeConnect', (get) => {
  let deployment: Deployment;
  let offsetMs = 0;

  beforeAll(async () => {
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside: { now: () => new Date(Date.now() + offsetMs) },
      env: { FULLSCRIPT_DEADLINE_MS: '3000' },
    });
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => {
    deployment.sandbox.sandbox.faults.clear();
    offsetMs = 0;
  });

  const countExchanges = (): number => deployment.sandbox.sandbox.calls.count('POST', '/api/oauth/token');

  it('connects: the account names the user, the clinic, the scopes, and is the default', async () => {
    const attempt = await beginConnect(deployment, 'u-ada', 'https://emr.juniper.example/here');
    const { result, errors } = await completeConnect(deployment, 'u-ada', {
      state: attempt.state,
      code: consent(deployment, attempt, ada),
    });
    expect(errors).toEqual([]);
    expect(result).toMatchObject({
      __typename: 'FullscriptConnected',
      returnTo: 'https://emr.juniper.example/here',
      account: {
        userId: 'u-ada',
        type: 'PRACTITIONER',
        status: 'CONNECTED',
        isDefault: true,
        missingScopes: [],
        practitioner: { id: 'pr-ada' },
        clinic: { name: 'Cedar Row Wellness' },
      },
    });
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('CONNECTED');
  });

  it('declines when the user cancelled, which uses the state up', async () => {
    const attempt = await beginConnect(deployment, 'u-ada', 'https://emr.juniper.example/back');
    const declined = await completeConnect(deployment, 'u-ada', { state: attempt.state, error: 'access_denied' });
    expect(declined.result).toMatchObject({
      __typename: 'FullscriptConnectDeclined',
      returnTo: 'https://emr.juniper.example/back',
    });
    const later = await completeConnect(deployment, 'u-ada', {
      state: attempt.state,
      code: consent(deployment, attempt, ada),
    });
    expect(later.result?.__typename).toBe('FullscriptConnectExpired');
  });

  it('takes any error for a refusal, even beside a code, and never tries the code', async () => {
    const attempt = await beginConnect(deployment, 'u-ada');
    const before = countExchanges();
    const code = consent(deployment, attempt, ada);
    const { result } = await completeConnect(deployment, 'u-ada', {
      state: attempt.state,
      code,
      error: 'server_error',
    });
    expect(result?.__typename).toBe('FullscriptConnectDeclined');
    expect(countExchanges()).toBe(before);
  });

  it('expires an unknown state whatever else was sent', async () => {
    for (const more of [{}, { code: 'code-x' }, { error: 'access_denied' }, { code: 'x', error: 'y' }]) {
      for (const state of ['never-given', '', ' ', 'x'.repeat(5000)]) {
        const { result } = await completeConnect(deployment, 'u-ada', { state, ...more });
        expect(result?.__typename).toBe('FullscriptConnectExpired');
      }
    }
  });

  it('expires a state after 600 s, not before', async () => {
    const late = await beginConnect(deployment, 'u-ben');
    const inTime = await beginConnect(deployment, 'u-ben');
    offsetMs = 598_000;
    const ok = await completeConnect(deployment, 'u-ben', {
      state: inTime.state,
      code: consent(deployment, inTime, ben),
    });
    expect(ok.result?.__typename).toBe('FullscriptConnected');
    offsetMs = 600_001;
    for (const more of [{ code: consent(deployment, late, ben) }, { error: 'access_denied' }, {}]) {
      const { result } = await completeConnect(deployment, 'u-ben', { state: late.state, ...more });
      expect(result?.__typename).toBe('FullscriptConnectExpired');
    }
  });

  it('works once: the same code and state again is expired', async () => {
    const attempt = await beginConnect(deployment, 'u-ben');
    const input = { state: attempt.state, code: consent(deployment, attempt, ben) };
    expect((await completeConnect(deployment, 'u-ben', input)).result?.__typename).toBe('FullscriptConnected');
    const before = countExchanges();
    expect((await completeConnect(deployment, 'u-ben', input)).result?.__typename).toBe('FullscriptConnectExpired');
    expect(countExchanges()).toBe(before);
    expect((await readViewer(deployment, 'u-ben')).connectionStatus).toBe('CONNECTED');
  });

  it("expires somebody else's state and leaves it to its owner, in the organization and outside", async () => {
    const attempt = await beginConnect(deployment, 'u-ben');
    const code = consent(deployment, attempt, ben);
    const sameNameElsewhere = `token:${await deployment.emr.tokenFor('u-ben', { org: 'org-tamarack' })}`;
    for (const other of ['u-carla', 'u-tomas', sameNameElsewhere]) {
      const { result } = await completeConnect(deployment, other, { state: attempt.state, code });
      expect(result?.__typename).toBe('FullscriptConnectExpired');
      const declined = await completeConnect(deployment, other, { state: attempt.state, error: 'access_denied' });
      expect(declined.result?.__typename).toBe('FullscriptConnectExpired');
      expect((await readViewer(deployment, other)).accounts).toEqual([]);
    }
    const own = await completeConnect(deployment, 'u-ben', { state: attempt.state, code });
    expect(own.result?.__typename).toBe('FullscriptConnected');
  });

  it('refuses neither code nor error as bad input, and the state can still be used', async () => {
    const attempt = await beginConnect(deployment, 'u-ada');
    for (const more of [{}, { code: null, error: null }, { code: '', error: '' }]) {
      const { errors } = await completeConnect(deployment, 'u-ada', { state: attempt.state, ...more });
      expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    }
    const { result } = await completeConnect(deployment, 'u-ada', {
      state: attempt.state,
      code: consent(deployment, attempt, ada),
    });
    expect(result?.__typename).toBe('FullscriptConnected');
  });

  it('expires a code that Fullscript does not know, which is a definite answer', async () => {
    const attempt = await beginConnect(deployment, 'u-ada');
    const wrong = await completeConnect(deployment, 'u-ada', { state: attempt.state, code: 'not-a-code' });
    expect(wrong.result?.__typename).toBe('FullscriptConnectExpired');
    const right = await completeConnect(deployment, 'u-ada', {
      state: attempt.state,
      code: consent(deployment, attempt, ada),
    });
    expect(right.result?.__typename).toBe('FullscriptConnectExpired');
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('CONNECTED');
  });

  it.each([
    ['answers 503 to the exchange', { method: 'POST', path: '/api/oauth/token', status: 503 }],
    ['breaks the connection of the exchange', { method: 'POST', path: '/api/oauth/token', reset: true }],
    ['limits the exchange', { method: 'POST', path: '/api/oauth/token', status: 429, headers: { 'retry-after': '1' } }],
    ['answers 500 where the clinic is read', { method: 'GET', path: '/api/clinic', status: 500 }],
    ['breaks the connection where the clinic is read', { method: 'GET', path: '/api/clinic', reset: true }],
  ])('lets the same code and state be sent again after Fullscript %s', async (_, fault) => {
    const attempt = await beginConnect(deployment, 'u-ada');
    const input = { state: attempt.state, code: consent(deployment, attempt, ada) };
    deployment.sandbox.sandbox.faults.add(fault);
    const failed = await completeConnect(deployment, 'u-ada', input);
    expect(failed.result).toBeNull();
    expect(['FULLSCRIPT_UNAVAILABLE', 'FULLSCRIPT_RATE_LIMITED']).toContain(failed.errors[0]?.extensions['code']);
    deployment.sandbox.sandbox.faults.clear();
    const { result, errors } = await completeConnect(deployment, 'u-ada', input);
    expect(errors).toEqual([]);
    expect(result?.__typename).toBe('FullscriptConnected');
    const [token] = listLiveTokens(deployment, ada).slice(-1);
    expect(token).toBeDefined();
  });

  it('does not use the state up while the app itself is misconfigured at Fullscript', async () => {
    const attempt = await beginConnect(deployment, 'u-ada');
    const input = { state: attempt.state, code: consent(deployment, attempt, ada) };
    deployment.sandbox.sandbox.faults.add({
      method: 'POST',
      path: '/api/oauth/token',
      status: 401,
      body: { error: 'invalid_client', error_description: 'Client authentication failed' },
    });
    const failed = await completeConnect(deployment, 'u-ada', input);
    expect(failed.result).toBeNull();
    deployment.sandbox.sandbox.faults.clear();
    expect((await completeConnect(deployment, 'u-ada', input)).result?.__typename).toBe('FullscriptConnected');
  });

  it('connects once when two tabs bring the same code at the same time', async () => {
    const attempt = await beginConnect(deployment, 'u-carla');
    const input = { state: attempt.state, code: consent(deployment, attempt, 'carla@cedarrow.example') };
    const answers = await Promise.all([1, 2, 3].map(() => completeConnect(deployment, 'u-carla', input)));
    const names = answers.map(({ result }) => result?.__typename).sort();
    expect(names).toEqual(['FullscriptConnectExpired', 'FullscriptConnectExpired', 'FullscriptConnected']);
    const viewer = await readViewer(deployment, 'u-carla');
    expect(viewer.accounts).toHaveLength(1);
    expect(viewer.connectionStatus).toBe('CONNECTED');
    expect(listLiveTokens(deployment, 'carla@cedarrow.example')).toHaveLength(1);
  });

  it('connects twice when one user finishes two attempts at the same time, and keeps one account', async () => {
    const attempts = await Promise.all([beginConnect(deployment, 'u-limited'), beginConnect(deployment, 'u-limited')]);
    const answers = await Promise.all(
      attempts.map((attempt) =>
        completeConnect(deployment, 'u-limited', {
          state: attempt.state,
          code: consent(deployment, attempt, 'ingrid@cedarrow.example'),
        }),
      ),
    );
    expect(answers.map(({ result }) => result?.__typename)).toEqual(['FullscriptConnected', 'FullscriptConnected']);
    const ids = new Set(answers.map(({ result }) => (result?.['account'] as { id: string }).id));
    expect(ids.size).toBe(1);
    expect((await readViewer(deployment, 'u-limited')).accounts).toHaveLength(1);
  });
});

describeEachDatabase('An authorization that has not become an account', (get) => {
  let deployment: Deployment;
  let offsetMs = 0;

  beforeAll(async () => {
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside: { now: () => new Date(Date.now() + offsetMs) },
      env: { FULLSCRIPT_DEADLINE_MS: '3000', WORKER: 'on' },
    });
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => {
    deployment.sandbox.sandbox.faults.clear();
    offsetMs = 0;
  });

  const rename = (from: string, to: string) => get().db.write((tx) => tx.run(`ALTER TABLE ${from} RENAME TO ${to}`));
  const waitUntilRevoked = (email: string) =>
    vi.waitFor(() => expect(listLiveTokens(deployment, email)).toEqual([]), { timeout: 20_000, interval: 100 });

  /** Consents and leaves Fullscript's answer with the state, because the clinic cannot be read. */
  async function stopHalfWay(who: string, email: string) {
    const attempt = await beginConnect(deployment, who);
    const input = { state: attempt.state, code: consent(deployment, attempt, email) };
    const fault = deployment.sandbox.sandbox.faults.add({ method: 'GET', path: '/api/clinic', status: 500 });
    expect((await completeConnect(deployment, who, input)).result).toBeNull();
    expect(fault.hits).toBeGreaterThan(0);
    deployment.sandbox.sandbox.faults.clear();
    expect(listLiveTokens(deployment, email)).toHaveLength(1);
    return input;
  }

  it('is revoked at once when it cannot be kept', async () => {
    const attempt = await beginConnect(deployment, 'u-ben');
    const input = { state: attempt.state, code: consent(deployment, attempt, ben) };
    const renameColumn = (from: string, to: string) =>
      get().db.write((tx) => tx.run(`ALTER TABLE connect_state RENAME COLUMN ${from} TO ${to}`));
    const before = deployment.sandbox.sandbox.calls.count('POST', '/api/oauth/token');
    await renameColumn('exchanged_token', 'exchanged_away');
    try {
      expect((await completeConnect(deployment, 'u-ben', input)).result).toBeNull();
    } finally {
      await renameColumn('exchanged_away', 'exchanged_token');
    }
    expect(deployment.sandbox.sandbox.calls.count('POST', '/api/oauth/token')).toBe(before + 1);
    expect(listLiveTokens(deployment, ben)).toEqual([]);
  });

  it('becomes one when the same is sent again after the database failed, and keeps its token', async () => {
    const attempt = await beginConnect(deployment, 'u-ada');
    const input = { state: attempt.state, code: consent(deployment, attempt, ada) };
    await rename('metadata_task', 'metadata_task_away');
    try {
      expect((await completeConnect(deployment, 'u-ada', input)).result).toBeNull();
    } finally {
      await rename('metadata_task_away', 'metadata_task');
    }
    expect((await completeConnect(deployment, 'u-ada', input)).result?.__typename).toBe('FullscriptConnected');
    expect(await get().db.read("SELECT id FROM revoked_token WHERE user_id = 'u-ada'")).toEqual([]);
    expect(listLiveTokens(deployment, ada)).toHaveLength(1);
    await deployment.ask('u-ada', 'mutation { revoke { revocation { id } } }');
    await waitUntilRevoked(ada);
  });

  it('stays connected when the failure came after the account was stored', async () => {
    const attempt = await beginConnect(deployment, 'u-ben');
    const input = { state: attempt.state, code: consent(deployment, attempt, ben) };
    await rename('audit_event', 'audit_event_away');
    try {
      expect((await completeConnect(deployment, 'u-ben', input)).result).toBeNull();
    } finally {
      await rename('audit_event_away', 'audit_event');
    }
    expect((await completeConnect(deployment, 'u-ben', input)).result?.__typename).toBe('FullscriptConnectExpired');
    expect((await readViewer(deployment, 'u-ben')).connectionStatus).toBe('CONNECTED');
    expect(await get().db.read("SELECT id FROM revoked_token WHERE user_id = 'u-ben'")).toEqual([]);
    await deployment.ask('u-ben', 'mutation { revoke { revocation { id } } }');
    await waitUntilRevoked(ben);
  });

  it.each([
    ['the user revokes', 'u-ada', 'revoke'],
    ['everybody is revoked', 'u-admin', 'revokeAll(input: { confirm: true })'],
  ])('is counted and revoked when %s', async (_, who, field) => {
    const input = await stopHalfWay('u-ada', ada);
    const answer = await deployment.ask(who, `mutation { outcome: ${field} { revocation { total } } }`);
    expect(answer.data.outcome.revocation.total).toBe(1);
    await waitUntilRevoked(ada);
    expect((await completeConnect(deployment, 'u-ada', input)).result?.__typename).toBe('FullscriptConnectExpired');
  });

  it('is revoked when its user declines after all', async () => {
    const { state } = await stopHalfWay('u-ada', ada);
    const { result } = await completeConnect(deployment, 'u-ada', { state, error: 'access_denied' });
    expect(result?.__typename).toBe('FullscriptConnectDeclined');
    await waitUntilRevoked(ada);
  });

  it('is revoked at once when its owner is neither practitioner nor staff, which uses the state up', async () => {
    const user = [...deployment.sandbox.sandbox.state.users.values()].find(({ email }) => email === ben);
    if (!user) throw new Error('the sandbox has no such user');
    const { type } = user;
    Object.assign(user, { type: 'Patient' });
    try {
      const attempt = await beginConnect(deployment, 'u-ben');
      const input = { state: attempt.state, code: consent(deployment, attempt, ben) };
      const { errors } = await completeConnect(deployment, 'u-ben', input);
      expect(errors[0]?.extensions['code']).toBe('FULLSCRIPT_CONTRACT');
      await waitUntilRevoked(ben);
      expect((await completeConnect(deployment, 'u-ben', input)).result?.__typename).toBe('FullscriptConnectExpired');
    } finally {
      Object.assign(user, { type });
    }
  });

  it('is revoked minutes after the state has ended when nobody comes back', async () => {
    const { state } = await stopHalfWay('u-ben', ben);
    offsetMs = 661_000;
    await deployment.startAnother();
    await waitUntilRevoked(ben);
    const again = await completeConnect(deployment, 'u-ben', { state, code: 'x' });
    expect(again.result?.__typename).toBe('FullscriptConnectExpired');
  });
});
