import { describe, expect, it, onTestFinished } from 'vitest';
import { testDatabases, type TestEngine } from '../support/database.ts';
import { listLiveTokens, readViewer } from '../support/connecting.ts';
import { gatewaySecret, startDeployment, type Deployment, type DeploymentOptions } from '../support/deployment.ts';
import { waitFor } from '../support/reading.ts';
import { findUrl, spawnProcess, type SpawnedProcess } from '../support/spawned-process.ts';

const email = 'ada@cedarrow.example';
const tokenPath = '/api/oauth/token';
const slowMs = 15_000;
/** What asks Fullscript every time. */
const question = '{ fullscriptPatientCandidates(patientId: "p-1004") { agrees } }';

/** A deployment in which Ada is connected and her access token has ended. */
async function startExpired(engine: TestEngine, options: DeploymentOptions = {}): Promise<Deployment> {
  const database = await engine.open();
  const deployment = await startDeployment({ ...options, databaseUrl: database.url });
  onTestFinished(async () => {
    await deployment.stop();
    await database.close();
  });
  await deployment.connect('u-ada', email);
  await expire(deployment);
  deployment.sandbox.sandbox.calls.clear();
  return deployment;
}

async function expire({ app }: Deployment): Promise<void> {
  await app.parts.database.write((tx) =>
    tx.run("UPDATE account SET access_expires_at = '2020-01-01T00:00:00.000Z' WHERE user_id = 'u-ada'"),
  );
}

async function readAccount({ app }: Deployment) {
  const [row] = await app.parts.database.read<{
    id: string;
    state: string;
    state_reason: string | null;
    token_version: number;
    lease_owner: string | null;
  }>("SELECT id, state, state_reason, token_version, lease_owner FROM account WHERE user_id = 'u-ada'");
  if (!row) throw new Error('Ada has no account');
  return row;
}

const countRefreshes = ({ sandbox }: Deployment): number => sandbox.sandbox.calls.count('POST', tokenPath);

/** How many questions for tokens have reached the sandbox, those without an answer yet too. */
const countAsked = ({ sandbox }: Deployment): number =>
  sandbox.sandbox.calls.list().filter(({ path }) => path === tokenPath).length;

async function spawnMany(deployment: Deployment, count: number): Promise<(SpawnedProcess & { url: string })[]> {
  const spawned = Array.from({ length: count }, () => spawnProcess({ ...deployment.env, LOG_LEVEL: 'info' }));
  onTestFinished(() => {
    for (const { child } of spawned) child.kill('SIGKILL');
  });
  return Promise.all(spawned.map(async (each) => ({ ...each, url: await findUrl(each) })));
}

const askOnce = (deployment: Deployment, url = deployment.app.url) => deployment.ask('u-ada', question, { url });

async function isConfirmed({ app }: Deployment): Promise<boolean> {
  const [row] = await app.parts.database.read<{ pending: number }>(
    "SELECT COUNT(*) AS pending FROM revoked_token WHERE state <> 'CONFIRMED'",
  );
  return row?.pending === 0;
}

/** On a slow machine the demo EMR, which vouches for the patient, may be late as well. */
const isOutage = (code: string): boolean => code === 'FULLSCRIPT_UNAVAILABLE' || code === 'EMR_UNAVAILABLE';

interface Told {
  codes: string[];
  isDone: boolean;
}

/** One caller who asks Fullscript something, again and again until it is answered. */
async function askUntilAnswered(url: string, token: string, signal?: AbortSignal): Promise<Told> {
  const told: Told = { codes: [], isDone: false };
  const giveUpAt = Date.now() + 120_000;
  while (!told.isDone && Date.now() < giveUpAt) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        'x-gateway-secret': gatewaySecret,
      },
      body: JSON.stringify({ query: question }),
      ...(signal ? { signal } : {}),
    });
    const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
    if (errors) told.codes.push(...errors.map(({ extensions }) => extensions.code));
    else told.isDone = true;
  }
  return told;
}

async function askByMany(deployment: Deployment, urls: readonly string[], callersEach: number): Promise<Told[]> {
  const token = await deployment.emr.tokenFor('u-ada');
  return Promise.all(urls.flatMap((url) => Array.from({ length: callersEach }, () => askUntilAnswered(url, token))));
}

for (const engine of testDatabases()) {
  const isLast = engine === testDatabases().at(-1);
  describe(`A token that ended, while Fullscript takes 15 s to refresh it, on ${engine.name}`, () => {
    it.each(isLast ? [2, 4] : [2])(
      '%i processes with 50 callers each: one rotation, everybody is answered, nobody is disconnected',
      async (count) => {
        const deployment = await startExpired(engine);
        const processes = await spawnMany(deployment, count);
        deployment.sandbox.sandbox.faults.add({ path: tokenPath, latencyMs: slowMs });
        const told = await askByMany(
          deployment,
          processes.map(({ url }) => url),
          50,
        );
        expect(told.filter(({ isDone }) => !isDone)).toEqual([]);
        expect(told.flatMap(({ codes }) => codes).filter((code) => !isOutage(code))).toEqual([]);
        expect(countRefreshes(deployment)).toBe(1);
        expect(await readAccount(deployment)).toMatchObject({ state: 'ACTIVE', token_version: 2, lease_owner: null });
        expect(listLiveTokens(deployment, email)).toHaveLength(1);
        expect(await readViewer(deployment, 'u-ada')).toMatchObject({ connectionStatus: 'CONNECTED' });
      },
      400_000,
    );

    it.each(isLast ? [2, 4] : [2])(
      '%i processes, the one that refreshes is killed: another one does it after the lease, and one pair lives',
      async (count) => {
        const deployment = await startExpired(engine);
        const [holder, ...others] = await spawnMany(deployment, count);
        if (!holder) throw new Error('There is no process to kill');
        deployment.sandbox.sandbox.faults.add({ path: tokenPath, latencyMs: slowMs });
        const lost = askByMany(deployment, [holder.url], 50).catch((error: unknown) => error);
        await waitFor('the refresh to be under way', () => countAsked(deployment) === 1, 60_000);
        const toldSoon = askByMany(
          deployment,
          others.map(({ url }) => url),
          50,
        );
        holder.child.kill('SIGKILL');
        await holder.ended;
        await lost;
        const told = await toldSoon;
        expect(told.filter(({ isDone }) => !isDone)).toEqual([]);
        expect(told.flatMap(({ codes }) => codes).filter((code) => !isOutage(code))).toEqual([]);
        // The dead one's question made a pair that nobody has; the first use of the other pair has ended it.
        expect(countRefreshes(deployment)).toBe(2);
        expect(await readAccount(deployment)).toMatchObject({ state: 'ACTIVE', token_version: 2, lease_owner: null });
        expect(listLiveTokens(deployment, email)).toHaveLength(1);
        expect(await readViewer(deployment, 'u-ada')).toMatchObject({ connectionStatus: 'CONNECTED' });
      },
      400_000,
    );
  });
}

for (const engine of testDatabases()) {
  describe(`A token that ended, on ${engine.name}`, () => {
    it('is refreshed again with the old refresh token when the answer is lost: nobody notices', async () => {
      const deployment = await startExpired(engine, { env: { FULLSCRIPT_DEADLINE_MS: '60000' } });
      deployment.sandbox.sandbox.faults.add({ path: tokenPath, lost: true, count: 1 });
      expect((await askOnce(deployment)).errors).toEqual([]);
      expect(countRefreshes(deployment)).toBe(2);
      expect(listLiveTokens(deployment, email)).toHaveLength(1);
    }, 60_000);

    it('revoked after refreshes whose answers were all lost, no pair of it lives on at Fullscript', async () => {
      const deployment = await startExpired(engine, { env: { WORKER: 'on' } });
      const fault = deployment.sandbox.sandbox.faults.add({ path: tokenPath, lost: true });
      expect((await askOnce(deployment)).errors[0]?.extensions['code']).toBe('FULLSCRIPT_UNAVAILABLE');
      expect(listLiveTokens(deployment, email).length).toBeGreaterThan(1);
      deployment.sandbox.sandbox.faults.clear(fault.id);
      const answer = await deployment.ask('u-ada', 'mutation { revoke { revocation { id total } } }');
      expect(answer.data.revoke.revocation).toMatchObject({ total: 1 });
      await waitFor('the revocation to be confirmed', () => isConfirmed(deployment), 60_000);
      expect(listLiveTokens(deployment, email)).toEqual([]);
    }, 120_000);

    it('revoked between the refresh and the first use of its pair, no pair of it lives on at Fullscript', async () => {
      const deployment = await startExpired(engine, { env: { WORKER: 'on' } });
      // Whatever would be the first use of the new token does not get through.
      deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/*', reset: true });
      await askOnce(deployment);
      expect(await readAccount(deployment)).toMatchObject({ token_version: 2 });
      expect(listLiveTokens(deployment, email)).toHaveLength(2);
      await deployment.ask('u-ada', 'mutation { revoke { revocation { id } } }');
      await waitFor('the revocation to be confirmed', () => isConfirmed(deployment), 60_000);
      expect(listLiveTokens(deployment, email)).toEqual([]);
    }, 120_000);

    it('refused for good makes the account RECONNECT_REQUIRED once, says why, and is not asked again', async () => {
      const deployment = await startExpired(engine, { env: { FULLSCRIPT_DEADLINE_MS: '60000' } });
      const { state, actions } = deployment.sandbox.sandbox;
      const user = [...state.users.values()].find((one) => one.email === email);
      actions.revokeAuthorizationByUser(user?.id ?? '');
      const answers = await Promise.all(Array.from({ length: 10 }, () => askOnce(deployment)));
      for (const { errors } of answers) expect(errors[0]?.extensions['code']).toBe('FULLSCRIPT_CONNECTION_REQUIRED');
      await askOnce(deployment);
      expect(countRefreshes(deployment)).toBe(1);
      expect(await readAccount(deployment)).toMatchObject({
        state: 'RECONNECT_REQUIRED',
        state_reason: 'Fullscript refuses the refresh token',
      });
      expect(await readViewer(deployment, 'u-ada')).toMatchObject({ connectionStatus: 'RECONNECT_REQUIRED' });
    }, 60_000);
  });
}

describe('A refresh that fails for a moment', () => {
  it.each([
    ['500', { status: 500 }],
    ['503', { status: 503, headers: { 'retry-after': '60' } }],
    ['429', { status: 429, headers: { 'retry-after': '60' } }],
    ['a reset', { reset: true }],
    ['an answer that is lost', { lost: true }],
    ['401 invalid_client', { status: 401, body: { error: 'invalid_client' } }],
    ['a page', { status: 200, body: '<html></html>' }],
  ])(
    'with %s disconnects nobody: afterwards everything goes on',
    async (_, fault) => {
      const [sqlite] = testDatabases();
      if (!sqlite) throw new Error('There is no database');
      const deployment = await startExpired(sqlite);
      deployment.sandbox.sandbox.faults.add({ path: tokenPath, ...fault });
      const code = (await askOnce(deployment)).errors[0]?.extensions['code'];
      expect(['FULLSCRIPT_UNAVAILABLE', 'FULLSCRIPT_RATE_LIMITED', 'FULLSCRIPT_CONTRACT']).toContain(code);
      expect(await readAccount(deployment)).toMatchObject({ state: 'ACTIVE', token_version: 1, lease_owner: null });
      deployment.sandbox.sandbox.faults.clear();
      // Another process, since this one keeps to the pause that Fullscript has asked for.
      const another = await deployment.startAnother();
      expect((await askOnce(deployment, another.url)).errors).toEqual([]);
      expect(await readAccount(deployment)).toMatchObject({ state: 'ACTIVE', token_version: 2 });
      expect(listLiveTokens(deployment, email)).toHaveLength(1);
    },
    60_000,
  );
});

describe('A process that is told to end during a refresh', () => {
  it('stores the new pair first, and exits with 0', async () => {
    const [sqlite] = testDatabases();
    if (!sqlite) throw new Error('There is no database');
    const deployment = await startExpired(sqlite);
    const [spawned] = await spawnMany(deployment, 1);
    if (!spawned) throw new Error('There is no process');
    deployment.sandbox.sandbox.faults.add({ path: tokenPath, latencyMs: 3000 });
    const leaving = new AbortController();
    const token = await deployment.emr.tokenFor('u-ada');
    const asked = askUntilAnswered(spawned.url, token, leaving.signal).catch(() => undefined);
    await waitFor('the refresh to be under way', () => countAsked(deployment) === 1, 60_000);
    leaving.abort();
    await asked;
    spawned.child.kill('SIGTERM');
    expect(await spawned.ended).toBe(0);
    expect(await readAccount(deployment)).toMatchObject({ state: 'ACTIVE', token_version: 2 });
  }, 200_000);
});
