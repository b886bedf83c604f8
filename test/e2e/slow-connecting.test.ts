import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { beginConnect, completeConnect, consent, listLiveTokens, readViewer } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { askPatient } from '../support/reading.ts';

const ada = 'ada@cedarrow.example';
const ben = 'ben@cedarrow.example';

describeEachDatabase('Connecting while Fullscript is slow', (get) => {
  let deployment: Deployment;
  /** What Fullscript says of how long new tokens live; null for what it says by itself. */
  let lifeSeconds: number | null = null;

  const shortenLife: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    if (lifeSeconds === null || pathname !== '/api/oauth/token' || !response.ok) return response;
    const { oauth } = (await response.json()) as { oauth: object };
    return Response.json({ oauth: { ...oauth, expires_in: lifeSeconds } });
  };

  beforeAll(async () => {
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside: { fetch: shortenLife },
      env: { FULLSCRIPT_DEADLINE_MS: '2000', WORKER: 'on' },
    });
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => {
    deployment.sandbox.sandbox.faults.clear();
    deployment.sandbox.sandbox.calls.clear();
    lifeSeconds = null;
  });

  const countExchanges = () => deployment.sandbox.sandbox.calls.count('POST', '/api/oauth/token');
  const begin = async (who: string, email: string) => {
    const attempt = await beginConnect(deployment, who);
    return { state: attempt.state, code: consent(deployment, attempt, email) };
  };
  const revoke = (who: string) => deployment.ask(who, 'mutation { revoke { revocation { total } } }');
  const waitUntilRevoked = (email: string) =>
    vi.waitFor(() => expect(listLiveTokens(deployment, email)).toEqual([]), { timeout: 30_000, interval: 100 });

  /** Sends the same again, as the page does, until it is answered otherwise than that Fullscript is out of reach. */
  async function completeAtLast(who: string, input: Awaited<ReturnType<typeof begin>>) {
    for (;;) {
      const { result, errors } = await completeConnect(deployment, who, input);
      if (errors[0]?.extensions['code'] !== 'FULLSCRIPT_UNAVAILABLE') return result?.__typename;
    }
  }

  it('tells its user at their deadline, keeps what Fullscript answers to the code later, and connects when asked again', async () => {
    const input = await begin('u-ada', ada);
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: '/api/oauth/token', latencyMs: 7000 });
    const first = await completeConnect(deployment, 'u-ada', input);
    expect(first.errors[0]?.extensions['code']).toBe('FULLSCRIPT_UNAVAILABLE');
    expect(listLiveTokens(deployment, ada)).toEqual([]);
    expect(await completeAtLast('u-ada', input)).toBe('FullscriptConnected');
    expect(countExchanges()).toBe(1);
    expect(listLiveTokens(deployment, ada)).toHaveLength(1);
    await revoke('u-ada');
    await waitUntilRevoked(ada);
  }, 120_000);

  it('keeps the answer to the code also when the process is told to stop meanwhile', async () => {
    const another = await startApp(readConfig(deployment.env), { log: deployment.app.parts.log });
    const input = await begin('u-ada', ada);
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: '/api/oauth/token', latencyMs: 4000 });
    const answer = await deployment.ask(
      'u-ada',
      'mutation ($input: FullscriptCompleteConnectInput!) { completeConnect(input: $input) { __typename } }',
      { variables: { input }, url: another.url },
    );
    expect(answer.errors[0]?.extensions['code']).toBe('FULLSCRIPT_UNAVAILABLE');
    await another.stop();
    expect(await completeAtLast('u-ada', input)).toBe('FullscriptConnected');
    expect(countExchanges()).toBe(1);
    await revoke('u-ada');
    await waitUntilRevoked(ada);
  }, 120_000);

  it('connects with the pair of a refresh that was still under way when the clinic was read', async () => {
    lifeSeconds = 120;
    const input = await begin('u-ben', ben);
    const slowRefresh = { method: 'POST', path: '/api/oauth/token', latencyMs: 1000, skip: 1, count: 1 };
    deployment.sandbox.sandbox.faults.add(slowRefresh);
    expect(await completeAtLast('u-ben', input)).toBe('FullscriptConnected');
    expect(countExchanges()).toBe(2);
    lifeSeconds = null;
    const { errors } = await askPatient(deployment, 'u-ben', 'p-1001', 'treatmentPlans { totalCount }');
    expect(errors).toEqual([]);
    expect(deployment.sandbox.sandbox.calls.count('POST', '/api/oauth/revoke')).toBe(0);
    expect((await readViewer(deployment, 'u-ben')).connectionStatus).toBe('CONNECTED');
    await revoke('u-ben');
    await waitUntilRevoked(ben);
  }, 120_000);

  it('keeps the pair of a refresh that was still under way at the deadline', async () => {
    lifeSeconds = 120;
    const input = await begin('u-ben', ben);
    const slowRefresh = { method: 'POST', path: '/api/oauth/token', latencyMs: 5000, skip: 1, count: 1 };
    deployment.sandbox.sandbox.faults.add(slowRefresh);
    const first = await completeConnect(deployment, 'u-ben', input);
    expect(first.errors[0]?.extensions['code']).toBe('FULLSCRIPT_UNAVAILABLE');
    lifeSeconds = null;
    expect(await completeAtLast('u-ben', input)).toBe('FullscriptConnected');
    expect((await readViewer(deployment, 'u-ben')).connectionStatus).toBe('CONNECTED');
    const { errors } = await askPatient(
      deployment,
      'u-ben',
      'p-1001',
      'treatmentPlans(freshness: CURRENT) { totalCount }',
    );
    expect(errors).toEqual([]);
    await revoke('u-ben');
    await waitUntilRevoked(ben);
  }, 120_000);

  it('is Expired when a refresh that was still under way is refused', async () => {
    lifeSeconds = 120;
    const input = await begin('u-ben', ben);
    deployment.sandbox.sandbox.faults.add({
      method: 'POST',
      path: '/api/oauth/token',
      status: 400,
      body: { error: 'invalid_grant' },
      latencyMs: 1000,
      skip: 1,
    });
    expect(await completeAtLast('u-ben', input)).toBe('FullscriptConnectExpired');
    expect((await readViewer(deployment, 'u-ben')).accounts).toEqual([]);
    await waitUntilRevoked(ben);
  }, 120_000);

  it.each([
    ['its user revokes', 'u-ada', 'revoke'],
    ['everybody is revoked', 'u-admin', 'revokeAll(input: { confirm: true })'],
  ])(
    'is Expired and ended at Fullscript when %s while the code is exchanged',
    async (_, who, field) => {
      const input = await begin('u-ada', ada);
      const slow = deployment.sandbox.sandbox.faults.add({ method: 'POST', path: '/api/oauth/token', latencyMs: 1500 });
      const completing = completeAtLast('u-ada', input);
      await vi.waitFor(() => expect(slow.hits).toBe(1), 20_000);
      const { data } = await deployment.ask(who, `mutation { outcome: ${field} { revocation { total } } }`);
      expect(data.outcome.revocation.total).toBe(0);
      expect(await completing).toBe('FullscriptConnectExpired');
      expect((await readViewer(deployment, 'u-ada')).accounts).toEqual([]);
      await vi.waitFor(
        () => expect(deployment.sandbox.sandbox.calls.count('POST', '/api/oauth/revoke')).toBe(1),
        20_000,
      );
      await waitUntilRevoked(ada);
    },
    60_000,
  );

  it('is Expired after a revoke although its user is still at Fullscript, and connects when begun after it', async () => {
    const before = await begin('u-ada', ada);
    await revoke('u-ada');
    const after = await begin('u-ada', ada);
    expect(await completeAtLast('u-ada', before)).toBe('FullscriptConnectExpired');
    expect(countExchanges()).toBe(0);
    expect(await completeAtLast('u-ada', after)).toBe('FullscriptConnected');
    await revoke('u-ada');
    await waitUntilRevoked(ada);
  }, 60_000);
});
