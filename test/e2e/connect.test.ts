import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginConnect, completeConnect, consent } from '../support/connecting.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';

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
