import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createConfirmRevocations } from '../../src/operations/confirm-revocations.ts';
import { listLiveTokens } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment, type DeploymentOptions } from '../support/deployment.ts';
import { connectMany } from '../support/many-accounts.ts';
import { waitFor } from '../support/reading.ts';
import { spawnProcess, type SpawnedProcess } from '../support/spawned-process.ts';
import { createTestClock } from '../support/store.ts';

interface Progress {
  id: string;
  finishedAt: string | null;
  total: number;
  revoked: number;
  pending: number;
}

const open: Deployment[] = [];
const spawned: SpawnedProcess[] = [];

async function start(options: DeploymentOptions = {}): Promise<Deployment> {
  const deployment = await startDeployment(options);
  open.push(deployment);
  return deployment;
}

function spawnWorker(deployment: Deployment): SpawnedProcess {
  const process = spawnProcess({ ...deployment.env, LOG_LEVEL: 'info' }, 'src/worker.ts');
  spawned.push(process);
  return process;
}

afterEach(async () => {
  for (const { child } of spawned.splice(0)) child.kill('SIGKILL');
  for (const deployment of open.splice(0)) await deployment.stop();
}, 60_000);

async function revokeAll(deployment: Deployment, who = 'u-admin', input: object = {}): Promise<Progress> {
  const answer = await deployment.ask(
    who,
    `mutation ($input: FullscriptRevokeAllInput!) {
      revokeAll(input: $input) { revocation { id finishedAt total revoked pending } }
    }`,
    { variables: { input: { confirm: true, ...input } } },
  );
  expect(answer.errors).toEqual([]);
  return answer.data.revokeAll.revocation as Progress;
}

async function look(deployment: Deployment, id: string, who = 'u-admin'): Promise<Progress> {
  const answer = await deployment.ask(
    who,
    'query ($id: ID!) { fullscriptRevocation(id: $id) { id finishedAt total revoked pending } }',
    { variables: { id } },
  );
  return answer.data.fullscriptRevocation as Progress;
}

/** Looks twice a second, so that looking takes nothing from the workers. */
async function waitUntilFinished(deployment: Deployment, id: string, withinMs: number): Promise<Progress> {
  let revoked = 0;
  for (const until = Date.now() + withinMs; Date.now() < until; await wait(500)) {
    const progress = await look(deployment, id);
    expect(progress.revoked + progress.pending).toBe(progress.total);
    expect(progress.revoked).toBeGreaterThanOrEqual(revoked);
    if (progress.finishedAt !== null) return progress;
    revoked = progress.revoked;
  }
  throw new Error(`Only ${String(revoked)} were revoked in time`);
}

interface TokenRow {
  state: string;
  token: string | null;
  attempts: number;
  confirmed_at: string | null;
  last_error: string | null;
  account_id: string;
}

const readTokens = (deployment: Deployment, revocationId: string): Promise<TokenRow[]> =>
  deployment.app.parts.database.read<TokenRow>(
    'SELECT state, token, attempts, confirmed_at, last_error, account_id FROM revoked_token WHERE revocation_id = ?',
    [revocationId],
  );

/** A fifth of the revoke calls fails: refused, cut off before they take effect, and cut off afterwards. */
function failAFifth(deployment: Deployment): void {
  const { faults } = deployment.sandbox.sandbox;
  const path = '/api/oauth/revoke';
  faults.add({ method: 'POST', path, status: 500, share: 0.07 });
  faults.add({ method: 'POST', path, reset: true, share: 0.07 });
  faults.add({ method: 'POST', path, lost: true, share: 0.07 });
}

const users = 1000;

describeEachDatabase('Revoking 1000 users while a fifth of the calls fails', (get) => {
  it('leaves no live token, by two processes that are killed half-way and of which one comes back', async () => {
    const deployment = await start({ databaseUrl: get().url });
    const { faults } = deployment.sandbox.sandbox;
    const pairs = await connectMany(deployment, users);
    // What comes after the first 400 calls hangs, so that the workers are killed while calls are under way.
    const gate = faults.add({ method: 'POST', path: '/api/oauth/revoke', latencyMs: 3000, skip: 400 });
    failAFifth(deployment);

    const begun = await revokeAll(deployment);
    expect(begun).toMatchObject({ total: users, revoked: 0, pending: users, finishedAt: null });
    const workers = [spawnWorker(deployment), spawnWorker(deployment)];
    await waitFor('the workers to be half-way', () => gate.hits > 5, 300_000);
    for (const { child } of workers) child.kill('SIGKILL');
    await Promise.all(workers.map(({ ended }) => ended));
    const halfWay = await look(deployment, begun.id);
    expect(halfWay.finishedAt).toBeNull();
    expect(halfWay.revoked).toBeGreaterThan(100);
    expect(halfWay.revoked).toBeLessThan(users);
    const before = await readTokens(deployment, begun.id);

    faults.clear(gate.id);
    const again = spawnWorker(deployment);
    const finished = await waitUntilFinished(deployment, begun.id, 300_000);
    expect(finished).toMatchObject({ total: users, revoked: users, pending: 0 });

    const mine = new Set(pairs.map(({ userId }) => userId));
    const { state } = deployment.sandbox.sandbox;
    expect([...state.tokens.values()].filter((pair) => mine.has(pair.userId) && pair.endedAt === null)).toEqual([]);
    for (const { accessToken } of [pairs[0], pairs[500], pairs[999]].filter((pair) => pair !== undefined)) {
      const asked = await fetch(`${deployment.sandbox.apiUrl}/clinic`, {
        headers: { authorization: `Bearer ${accessToken}` },
      });
      expect(asked.status).toBe(401);
    }
    const after = await readTokens(deployment, begun.id);
    expect(after).toHaveLength(users);
    expect(new Set(after.map((row) => row.account_id)).size).toBe(users);
    expect(after.filter((row) => row.state !== 'CONFIRMED' || row.token !== null)).toEqual([]);
    // What was confirmed before the kill was not confirmed again after it.
    const confirmedAt = new Map(after.map((row) => [row.account_id, row.confirmed_at]));
    for (const row of before.filter(({ state }) => state === 'CONFIRMED'))
      expect(confirmedAt.get(row.account_id)).toBe(row.confirmed_at);
    for (const { accessToken, refreshToken } of pairs) {
      expect(again.output()).not.toContain(accessToken);
      expect(again.output()).not.toContain(refreshToken);
    }
    again.child.kill('SIGTERM');
    expect(await again.ended).toBe(0);
  }, 900_000);
});

describe('Revoking many with a small budget', () => {
  it('goes on from window to window, counts no waiting as a failure, and leaves a fifth to others', async () => {
    const clock = createTestClock(new Date().toISOString());
    const deployment = await start({
      env: { FULLSCRIPT_RATE_LIMIT: '50' },
      outside: { now: clock.now },
      sandbox: { clock: clock.now, rateLimit: { limit: 50 } },
    });
    const { calls } = deployment.sandbox.sandbox;
    await connectMany(deployment, 100);
    const begun = await revokeAll(deployment);
    const confirm = createConfirmRevocations(deployment.app.parts.operationNeeds);
    const signal = new AbortController().signal;
    deployment.logs.length = 0;

    await confirm(signal);
    expect(await look(deployment, begun.id)).toMatchObject({ total: 100, revoked: 40, pending: 60, finishedAt: null });
    expect(deployment.app.parts.fullscript.stats().budget).toMatchObject({ used: 40, limit: 50, waiting: 0 });
    deployment.statements.length = 0;
    for (let second = 0; second < 100; second += 1) {
      clock.forward(1000);
      expect(await confirm(signal)).toBe(0);
    }
    expect(deployment.statements).toEqual([]);
    const waiting = (await readTokens(deployment, begun.id)).filter(({ state }) => state === 'PENDING');
    expect(waiting.filter(({ attempts, last_error: error }) => attempts !== 0 || error !== null)).toEqual([]);
    // Somebody who connects meanwhile still finds budget.
    await deployment.connect('u-ada', 'ada@cedarrow.example');

    clock.forward(200_000);
    await confirm(signal);
    const second = await look(deployment, begun.id);
    expect(second.revoked).toBeGreaterThan(70);
    expect(second.revoked).toBeLessThanOrEqual(80);
    clock.forward(300_000);
    await confirm(signal);
    expect(await look(deployment, begun.id)).toMatchObject({ revoked: 100, pending: 0, finishedAt: clock.text() });
    expect(calls.list().filter(({ status }) => status === 429)).toEqual([]);
    expect(calls.count('POST', '/api/oauth/revoke')).toBe(100);
    expect(deployment.logs.filter((line) => (JSON.parse(line) as { level: number }).level >= 40)).toEqual([]);
  }, 120_000);

  it('waits as long as Fullscript asks for with Retry-After, without counting attempts', async () => {
    const clock = createTestClock(new Date().toISOString());
    const deployment = await start({ outside: { now: clock.now } });
    const { faults } = deployment.sandbox.sandbox;
    await connectMany(deployment, 60);
    const begun = await revokeAll(deployment);
    const confirm = createConfirmRevocations(deployment.app.parts.operationNeeds);
    const signal = new AbortController().signal;
    const fault = faults.add({ path: '/api/oauth/revoke', status: 429, headers: { 'retry-after': '120' } });
    await confirm(signal);
    const asked = fault.hits;
    expect(asked).toBeLessThanOrEqual(20);
    clock.forward(119_000);
    expect(await confirm(signal)).toBe(0);
    expect(fault.hits).toBe(asked);
    faults.clear();
    clock.forward(1000);
    await confirm(signal);
    expect(await look(deployment, begun.id)).toMatchObject({ revoked: 60, finishedAt: clock.text() });
    expect((await readTokens(deployment, begun.id)).filter(({ attempts }) => attempts !== 1)).toEqual([]);
  }, 120_000);
});

describe('Revoking many while Fullscript confirms nothing', () => {
  it('asks less and less, says so once a minute, and catches up by itself', async () => {
    const clock = createTestClock(new Date().toISOString());
    const deployment = await start({ outside: { now: clock.now } });
    const { faults, calls } = deployment.sandbox.sandbox;
    await connectMany(deployment, 200);
    const begun = await revokeAll(deployment);
    const confirm = createConfirmRevocations(deployment.app.parts.operationNeeds);
    const signal = new AbortController().signal;
    faults.add({ path: '/api/oauth/revoke', status: 401, body: { error: 'invalid_client' } });
    deployment.logs.length = 0;
    for (let second = 0; second < 120; second += 1) {
      await confirm(signal);
      clock.forward(1000);
    }
    // 1, 2, 4, 8, 16 and then 30 seconds apart; two batches of ten each time.
    expect(calls.count('POST', '/api/oauth/revoke')).toBeLessThanOrEqual(9 * 20);
    const errors = deployment.logs.map((line) => JSON.parse(line) as Record<string, unknown> & { msg: string });
    const about = errors.filter(({ msg }) => msg.startsWith('Fullscript has not confirmed revocations'));
    expect(about.length).toBeGreaterThan(0);
    expect(about.length).toBeLessThanOrEqual(3);
    expect(about[0]).toMatchObject({ level: 50, organizationIds: ['org-juniper'] });
    expect(Object.keys(about[0]?.['reasons'] as object)).toEqual(['unavailable 401']);
    expect(errors.filter(({ msg }) => msg === 'Fullscript refuses this app itself').length).toBeLessThanOrEqual(3);
    const { failing, pending } = await deployment.app.parts.store.revocations.depth();
    expect(pending).toBe(200);
    expect(failing).toBeGreaterThanOrEqual(20);
    const metrics = await (await fetch(`${deployment.app.url}/metrics`)).text();
    expect(metrics).toContain(`\nrevocations_failing ${String(failing)}\n`);

    faults.clear();
    for (let minute = 0; minute < 20; minute += 1) {
      clock.forward(60_000);
      await confirm(signal);
    }
    expect(await look(deployment, begun.id)).toMatchObject({ revoked: 200, pending: 0 });
    expect(listLiveTokens(deployment)).toEqual([]);
  }, 120_000);
});
