import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { beginConnect, completeConnect, consent, listLiveTokens, readViewer } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { getUser } from '../support/people.ts';

const ada = 'ada@cedarrow.example';
const ben = 'ben@cedarrow.example';

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
    ['refuses the exchange with 500', { method: 'POST', path: '/api/oauth/token', status: 500 }],
    ['is too slow for the exchange', { method: 'POST', path: '/api/oauth/token', latencyMs: 4000, status: 503 }],
    [
      'answers the exchange unreadably',
      { method: 'POST', path: '/api/oauth/token', status: 200, body: { oauth: { access_token: 7 } } },
    ],
    ['limits where the clinic is read', { method: 'GET', path: '/api/clinic', status: 429 }],
    ['is too slow where the clinic is read', { method: 'GET', path: '/api/clinic', latencyMs: 6000, status: 503 }],
    ['answers unreadably where the clinic is read', { method: 'GET', path: '/api/clinic', status: 200, body: 'x' }],
    ['loses its answer where the clinic is read', { method: 'GET', path: '/api/clinic', lost: true }],
    ['answers 500 where the clinic is read', { method: 'GET', path: '/api/clinic', status: 500 }],
    ['breaks the connection where the clinic is read', { method: 'GET', path: '/api/clinic', reset: true }],
  ])(
    'lets the same code and state be sent again after Fullscript %s',
    async (_, fault) => {
      const attempt = await beginConnect(deployment, 'u-ada');
      const input = { state: attempt.state, code: consent(deployment, attempt, ada) };
      deployment.sandbox.sandbox.faults.add(fault);
      const failed = await completeConnect(deployment, 'u-ada', input);
      expect(failed.result).toBeNull();
      expect(['FULLSCRIPT_UNAVAILABLE', 'FULLSCRIPT_RATE_LIMITED', 'FULLSCRIPT_CONTRACT']).toContain(
        failed.errors[0]?.extensions['code'],
      );
      deployment.sandbox.sandbox.faults.clear();
      const { result, errors } = await completeConnect(deployment, 'u-ada', input);
      expect(errors).toEqual([]);
      expect(result?.__typename).toBe('FullscriptConnected');
      const [token] = listLiveTokens(deployment, ada).slice(-1);
      expect(token).toBeDefined();
    },
    30_000,
  );

  it('expires the same code after its answer was lost, and the user simply connects again', async () => {
    const attempt = await beginConnect(deployment, 'u-ada');
    const input = { state: attempt.state, code: consent(deployment, attempt, ada) };
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: '/api/oauth/token', lost: true, count: 1 });
    const lost = await completeConnect(deployment, 'u-ada', input);
    expect(lost.errors[0]?.extensions['code']).toBe('FULLSCRIPT_UNAVAILABLE');
    expect((await completeConnect(deployment, 'u-ada', input)).result?.__typename).toBe('FullscriptConnectExpired');
    await deployment.connect('u-ada', ada);
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('CONNECTED');
  });

  it('expires a code that was given for another redirect address', async () => {
    const app = deployment.sandbox.sandbox.app as { redirectUris: readonly string[] };
    const registered = app.redirectUris;
    app.redirectUris = [...registered, 'https://other.example/back'];
    try {
      const attempt = await beginConnect(deployment, 'u-ada');
      const { id: userId } = getUser(deployment, ada);
      const code = deployment.sandbox.sandbox.actions.authorize({ userId, redirectUri: 'https://other.example/back' });
      const { result } = await completeConnect(deployment, 'u-ada', { state: attempt.state, code });
      expect(result?.__typename).toBe('FullscriptConnectExpired');
    } finally {
      app.redirectUris = registered;
    }
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
