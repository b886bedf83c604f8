import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeEachDatabase, testDatabases, type TestEngine } from '../support/database.ts';
import { listLiveTokens, readViewer } from '../support/connecting.ts';
import { gatewaySecret, startDeployment, type Deployment, type DeploymentOptions } from '../support/deployment.ts';
import { connectMany } from '../support/many-accounts.ts';
import { addPerson } from '../support/people.ts';
import { toRepresentation, waitFor } from '../support/reading.ts';
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

async function readAccount({ app }: Deployment, userId = 'u-ada') {
  const [row] = await app.parts.database.read<{
    id: string;
    state: string;
    state_reason: string | null;
    token_version: number;
    lease_owner: string | null;
  }>('SELECT id, state, state_reason, token_version, lease_owner FROM account WHERE user_id = ?', [userId]);
  if (!row) throw new Error(`${userId} has no account`);
  return row;
}

const countRefreshes = ({ sandbox }: Deployment): number => sandbox.sandbox.calls.count('POST', tokenPath);

/** How many questions for tokens have reached the sandbox, those without an answer yet too. */
const countAsked = ({ sandbox }: Deployment): number =>
  sandbox.sandbox.calls.list().filter(({ path }) => path === tokenPath).length;

const askOnce = (deployment: Deployment, url = deployment.app.url) => deployment.ask('u-ada', question, { url });

async function isConfirmed({ app }: Deployment): Promise<boolean> {
  const [row] = await app.parts.database.read<{ pending: number }>(
    "SELECT COUNT(*) AS pending FROM revoked_token WHERE state <> 'CONFIRMED'",
  );
  return row?.pending === 0;
}

interface Told {
  codes: string[];
  isDone: boolean;
}

/** One caller who asks for what takes Fullscript, again and again until it is answered. */
async function askUntilAnswered(
  url: string,
  token: string,
  body: { query: string; variables?: object },
  signal?: AbortSignal,
): Promise<Told> {
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
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
    const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
    if (errors) told.codes.push(...errors.map(({ extensions }) => extensions.code));
    else told.isDone = true;
  }
  return told;
}

/** One of the users whose tokens end together. */
interface Expired {
  userId: string;
  fullscriptUserId: string;
  /** Whom nobody else asks about: what two ask at the same time is asked once at Fullscript. */
  patient: object;
}

/** 50 callers at each of the processes. */
async function askByMany({ emr }: Deployment, who: Expired, urls: readonly string[]): Promise<Told[]> {
  const token = await emr.tokenFor(who.userId);
  // As a gateway asks, so that nobody waits for the EMR, which serves all of them.
  const body = {
    query:
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Patient { fullscriptAccount { firstName } } } }',
    variables: { of: [who.patient] },
  };
  return Promise.all(urls.flatMap((url) => Array.from({ length: 50 }, () => askUntilAnswered(url, token, body))));
}

async function startManyExpired(databaseUrl: string, count: number): Promise<[Deployment, Expired[]]> {
  const deployment = await startDeployment({ databaseUrl });
  const pairs = await connectMany(deployment, count);
  const expired = pairs.map((pair) => ({
    userId: `u-${pair.userId}`,
    fullscriptUserId: pair.userId,
    patient: toRepresentation(deployment, addPerson(deployment).patientId),
  }));
  for (const { userId } of expired) deployment.emr.addUser({ id: userId, roles: ['staff'] });
  await deployment.app.parts.database.write((tx) =>
    tx.run("UPDATE account SET access_expires_at = '2020-01-01T00:00:00.000Z'"),
  );
  return [deployment, expired];
}

function listPairs({ sandbox }: Deployment, { fullscriptUserId }: Expired) {
  return [...sandbox.sandbox.state.tokens.values()].filter(({ userId }) => userId === fullscriptUserId);
}

// All four at once, each with a user of its own, so that they wait for Fullscript together.
describeEachDatabase('A token that ended, while Fullscript takes 15 s to refresh it,', (get) => {
  let deployment: Deployment;
  const spawned: SpawnedProcess[] = [];
  const told = new Map<string, Told[]>();
  const users = new Map<string, Expired>();

  const cases = [
    ['2 processes with 50 callers each: one rotation, everybody is answered, nobody is disconnected', 2, 1],
    ['4 processes with 50 callers each: one rotation, everybody is answered, nobody is disconnected', 4, 1],
    // The dead one's question makes a pair that nobody has; the first use of the other pair ends it.
    ['2 processes, the one that refreshes is killed: another one does it after the lease, and one pair lives', 2, 2],
    ['4 processes, the one that refreshes is killed: another one does it after the lease, and one pair lives', 4, 2],
  ] as const;

  beforeAll(async () => {
    const [started, expired] = await startManyExpired(get().url, cases.length);
    deployment = started;
    const [two, four, twoKilled, fourKilled] = expired;
    if (!two || !four || !twoKilled || !fourKilled) throw new Error('Somebody is missing');
    for (const [index, [name]] of cases.entries()) users.set(name, expired[index] ?? two);
    spawned.push(...Array.from({ length: 5 }, () => spawnProcess({ ...deployment.env, LOG_LEVEL: 'info' })));
    const [holder = '', ...urls] = await Promise.all(spawned.map(findUrl));

    const slow = deployment.sandbox.sandbox.faults.add({ path: tokenPath, latencyMs: slowMs });
    const lost = [twoKilled, fourKilled].map((user) =>
      askByMany(deployment, user, [holder]).catch((error: unknown) => error),
    );
    await waitFor('the refreshes to be under way', () => slow.hits === 2, 60_000);
    const asked = [
      askByMany(deployment, two, urls.slice(0, 2)),
      askByMany(deployment, four, urls),
      askByMany(deployment, twoKilled, urls.slice(0, 1)),
      askByMany(deployment, fourKilled, urls.slice(0, 3)),
    ];
    spawned[0]?.child.kill('SIGKILL');
    await spawned[0]?.ended;
    await Promise.all(lost);
    for (const [index, answers] of (await Promise.all(asked)).entries()) told.set(cases[index]?.[0] ?? '', answers);
    expect(spawned.slice(1).map(({ child }) => child.exitCode)).toEqual([null, null, null, null]);
  }, 400_000);
  afterAll(async () => {
    for (const { child } of spawned) child.kill('SIGKILL');
    await deployment.stop();
  });

  it.each(cases)('%s', async (name, processes, refreshes) => {
    const user = users.get(name);
    if (!user) throw new Error('Nobody is left for this');
    const answers = told.get(name) ?? [];
    // Those who asked the killed one have no answer.
    expect(answers).toHaveLength(50 * (refreshes === 1 ? processes : processes - 1));
    expect(answers.filter(({ isDone }) => !isDone)).toEqual([]);
    expect(answers.flatMap(({ codes }) => codes).filter((code) => code !== 'FULLSCRIPT_UNAVAILABLE')).toEqual([]);
    const pairs = listPairs(deployment, user);
    expect(pairs.filter(({ refreshedFrom }) => refreshedFrom !== null)).toHaveLength(refreshes);
    expect(pairs.filter(({ endedAt }) => endedAt === null)).toHaveLength(1);
    expect(await readAccount(deployment, user.userId)).toMatchObject({
      state: 'ACTIVE',
      token_version: 2,
      lease_owner: null,
    });
    expect(await readViewer(deployment, user.userId)).toMatchObject({ connectionStatus: 'CONNECTED' });
  });
});

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
      for (const path of ['/api/clinic/*', '/api/events/*', '/api/webhooks/*'])
        deployment.sandbox.sandbox.faults.add({ path, reset: true });
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
    const spawned = spawnProcess({ ...deployment.env, LOG_LEVEL: 'info' });
    onTestFinished(() => void spawned.child.kill('SIGKILL'));
    const url = await findUrl(spawned);
    deployment.sandbox.sandbox.faults.add({ path: tokenPath, latencyMs: 3000 });
    const leaving = new AbortController();
    const token = await deployment.emr.tokenFor('u-ada');
    const asked = askUntilAnswered(url, token, { query: question }, leaving.signal).catch(() => undefined);
    await waitFor('the refresh to be under way', () => countAsked(deployment) === 1, 60_000);
    leaving.abort();
    await asked;
    spawned.child.kill('SIGTERM');
    expect(await spawned.ended).toBe(0);
    expect(await readAccount(deployment)).toMatchObject({ state: 'ACTIVE', token_version: 2 });
  }, 200_000);
});
