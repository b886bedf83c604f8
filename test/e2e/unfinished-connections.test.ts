import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { beginConnect, completeConnect, consent, listLiveTokens, readViewer } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { getUser } from '../support/people.ts';

const ada = 'ada@cedarrow.example';
const ben = 'ben@cedarrow.example';
const carla = 'carla@cedarrow.example';

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

  it('is neither connected nor used up when its audit cannot be written, and connects when it can', async () => {
    const attempt = await beginConnect(deployment, 'u-ben');
    const input = { state: attempt.state, code: consent(deployment, attempt, ben) };
    await rename('audit_event', 'audit_event_away');
    try {
      expect((await completeConnect(deployment, 'u-ben', input)).result).toBeNull();
    } finally {
      await rename('audit_event_away', 'audit_event');
    }
    expect((await readViewer(deployment, 'u-ben')).connectionStatus).toBe('NOT_CONNECTED');
    expect((await completeConnect(deployment, 'u-ben', input)).result?.__typename).toBe('FullscriptConnected');
    expect((await completeConnect(deployment, 'u-ben', input)).result?.__typename).toBe('FullscriptConnectExpired');
    const listOutcomes = async () =>
      (
        await get().db.read<{ outcome: string }>(
          "SELECT outcome FROM audit_event WHERE user_id = 'u-ben' AND action = 'connect' ORDER BY at DESC, id DESC LIMIT 3",
        )
      ).map(({ outcome }) => outcome);
    // The failed attempt is on record as soon as the audit can be written again.
    await vi.waitFor(async () => expect((await listOutcomes()).sort()).toEqual(['denied', 'failed', 'ok']), 20_000);
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

  it('is revoked once its state has ended when only the clinic was revoked', async () => {
    const attempt = await stopHalfWay('u-carla', carla);
    const { clinicId } = await deployment.connect('u-carla', carla);
    const answer = await deployment.ask(
      'u-carla',
      'mutation ($id: ID!) { revoke(input: { clinicId: $id }) { revocation { total } } }',
      { variables: { id: clinicId } },
    );
    expect(answer.data.revoke.revocation.total).toBe(1);
    // The clinic of what the state keeps is not known yet, so it may still be finished, or ends with the state.
    await vi.waitFor(() => expect(listLiveTokens(deployment, carla)).toHaveLength(1), 20_000);
    await deployment.app.parts.store.connectStates.prune(new Date(Date.now() + 661_000).toISOString());
    deployment.app.parts.runner.wake('revocations');
    await waitUntilRevoked(carla);
    expect((await completeConnect(deployment, 'u-carla', attempt)).result?.__typename).toBe('FullscriptConnectExpired');
    expect((await readViewer(deployment, 'u-carla')).accounts).toEqual([]);
  });

  it('is Expired when the user has taken it away at Fullscript meanwhile', async () => {
    const input = await stopHalfWay('u-ben', ben);
    deployment.sandbox.sandbox.actions.revokeAuthorizationByUser(getUser(deployment, ben).id);
    expect((await completeConnect(deployment, 'u-ben', input)).result?.__typename).toBe('FullscriptConnectExpired');
    expect((await readViewer(deployment, 'u-ben')).connectionStatus).toBe('NOT_CONNECTED');
  });

  it('is revoked at once when it does not reach its own clinic for want of a scope', async () => {
    const app = deployment.sandbox.sandbox.app as { scopes: readonly string[] };
    const all = app.scopes;
    app.scopes = all.filter((scope) => scope !== 'clinic:read');
    try {
      const attempt = await beginConnect(deployment, 'u-ben');
      const input = { state: attempt.state, code: consent(deployment, attempt, ben) };
      const { errors } = await completeConnect(deployment, 'u-ben', input);
      expect(errors[0]?.extensions['code']).toBe('FULLSCRIPT_CONNECTION_REQUIRED');
      await waitUntilRevoked(ben);
      expect((await completeConnect(deployment, 'u-ben', input)).result?.__typename).toBe('FullscriptConnectExpired');
    } finally {
      app.scopes = all;
    }
  });

  it('waits while its user is switched off, and becomes one when they are switched on', async () => {
    const input = await stopHalfWay('u-ben', ben);
    const setEnabled = (enabled: boolean) =>
      deployment.ask(
        'u-admin',
        `mutation { setFullscriptEnabled(input: { userId: "u-ben", enabled: ${String(enabled)} }) { enabled } }`,
      );
    await setEnabled(false);
    const refused = await completeConnect(deployment, 'u-ben', input);
    expect(refused.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', status: 'DISABLED' });
    await setEnabled(true);
    expect((await completeConnect(deployment, 'u-ben', input)).result?.__typename).toBe('FullscriptConnected');
    await deployment.ask('u-ben', 'mutation { revoke { revocation { id } } }');
    await waitUntilRevoked(ben);
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

  it('leaves no leases behind, nor states after their end', async () => {
    expect(await get().db.read("SELECT name FROM job_lease WHERE name LIKE 'connect:%'")).toEqual([]);
    offsetMs = 1_400_000;
    await deployment.startAnother();
    await vi.waitFor(
      async () => expect(await get().db.read('SELECT state_hash FROM connect_state')).toEqual([]),
      20_000,
    );
  });
});
