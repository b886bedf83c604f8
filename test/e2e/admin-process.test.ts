import type { ChildProcess } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { listLiveTokens } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { gatewaySecret, startDeployment, type Deployment } from '../support/deployment.ts';
import { waitFor } from '../support/reading.ts';
import { spawnProcess } from '../support/spawned-process.ts';

const running = new Set<ChildProcess>();

function start(file: string, args: string[], env: Record<string, string | undefined>) {
  const command = spawnProcess(env, file, ...args);
  running.add(command.child);
  return command;
}

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

describeEachDatabase('The operators’ command as a process', (get) => {
  const firstKey = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
  const secondKey = `k2:${Buffer.alloc(32, 2).toString('base64')}`;

  async function withDeployment(work: (deployment: Deployment) => Promise<void>): Promise<void> {
    const deployment = await startDeployment({ databaseUrl: get().url, env: { ENCRYPTION_KEYS: firstKey } });
    try {
      await work(deployment);
    } finally {
      await deployment.stop();
    }
  }

  /** Makes the user's access token end at Fullscript, then reads through it: that takes a refresh. */
  async function refreshThrough(deployment: Deployment, url: string): Promise<void> {
    for (const pair of listLiveTokens(deployment, 'ada@cedarrow.example'))
      Object.assign(pair, { createdAt: '2020-01-01T00:00:00.000Z' });
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await deployment.emr.tokenFor('u-ada')}`,
        'x-gateway-secret': gatewaySecret,
      },
      body: JSON.stringify({ query: '{ fullscriptPatientCandidates(patientId: "p-1004") { agrees } }' }),
    });
    const body = (await response.json()) as { errors?: unknown };
    expect(body.errors).toBeUndefined();
  }

  it('rotate-keys: leaves nothing under the old key while a service refreshes tokens; the new key alone then opens all', async () => {
    await withDeployment(async (deployment) => {
      await deployment.connect('u-ada', 'ada@cedarrow.example');
      for (let index = 0; index < 25; index += 1) {
        const { id } = deployment.emr.addUser({ id: `u-key-${String(index)}`, roles: ['staff'] });
        await deployment.connect(id, 'carla@cedarrow.example');
      }
      const env = { ...deployment.env, ENCRYPTION_KEYS: `${secondKey},${firstKey}`, WORKER: 'off' };
      const service = start('src/main.ts', [], env);
      const url = await waitFor('the service', () => /"url":"(http[^"]+)"/.exec(service.written.out)?.[1], 60_000);
      const countRefreshes = () => deployment.sandbox.sandbox.calls.count('POST', '/api/oauth/token');
      const before = countRefreshes();

      const command = start('src/admin.ts', ['rotate-keys', '--json'], env);
      let code: number | null | undefined;
      void command.ended.then((ended) => (code = ended));
      do await refreshThrough(deployment, url);
      while (code === undefined);

      expect([code, command.written.err]).toEqual([0, expect.stringContaining('Encrypted again')]);
      const result = JSON.parse(command.written.out) as { keyId: string; done: number; left: unknown[] };
      expect(result).toMatchObject({ keyId: 'k2', left: [] });
      expect(result.done).toBeGreaterThanOrEqual(25);
      expect(countRefreshes()).toBeGreaterThan(before);
      const keys = await get().db.read(
        'SELECT DISTINCT token_key_id AS id FROM account WHERE token_key_id IS NOT NULL',
      );
      expect(keys).toEqual([{ id: 'k2' }]);
      service.child.kill('SIGTERM');
      await service.ended;

      const after = await deployment.startAnother({ ENCRYPTION_KEYS: secondKey });
      await refreshThrough(deployment, after.url);
      const listed = await deployment.ask('u-admin', '{ fullscriptAccounts(first: 100) { nodes { status } } }', {
        url: after.url,
      });
      const statuses = listed.data.fullscriptAccounts.nodes as { status: string }[];
      expect(statuses).toHaveLength(26);
      expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set(['CONNECTED']));
    });
  }, 300_000);

  it('revoke-all: on SIGTERM says what is pending and ends with 1; the next command finishes it', async () => {
    await withDeployment(async (deployment) => {
      await deployment.connect('u-ada', 'ada@cedarrow.example');
      await deployment.connect('u-carla', 'carla@cedarrow.example');
      const env = { ...deployment.env, ENCRYPTION_KEYS: `${secondKey},${firstKey}`, LOG_LEVEL: 'trace' };
      deployment.sandbox.sandbox.faults.add({ path: '/api/oauth/revoke', status: 503 });
      const args = ['revoke-all', '--organization', 'org-juniper', '--confirm', 'org-juniper', '--json'];
      const command = start('src/admin.ts', args, env);
      await waitFor('the command to wait', () => command.written.err.includes('Confirmed by Fullscript: 0'), 60_000);
      command.child.kill('SIGTERM');
      expect(await command.ended).toBe(1);
      const stopped = JSON.parse(command.written.out) as { id: string; total: number; pending: number };
      expect(stopped.pending).toBe(stopped.total);
      expect(command.written.err).toContain(`revocation ${stopped.id} --organization org-juniper`);

      deployment.sandbox.sandbox.faults.clear();
      const again = start('src/admin.ts', ['resend-revocations', '--organization', 'org-juniper', '--json'], env);
      expect(await again.ended).toBe(0);
      const resent = JSON.parse(again.written.out) as { resent: number; pending: number };
      expect(resent.pending).toBe(0);
      expect(resent.resent).toBeGreaterThanOrEqual(stopped.total);
      expect(listLiveTokens(deployment)).toEqual([]);
    });
  }, 300_000);
});

describe('The operators’ command as a process', () => {
  it('names what is missing of its configuration, and the wrong use of it, without touching anything', async () => {
    const unconfigured = start('src/admin.ts', ['accounts'], {});
    const misused = start('src/admin.ts', ['revoke-all', '--organization', 'org-juniper', '--yes'], {});
    expect([await unconfigured.ended, await misused.ended]).toEqual([1, 2]);
    expect(unconfigured.written).toEqual({ out: '', err: expect.stringContaining('ENCRYPTION_KEYS: is required') });
    expect(misused.written).toEqual({ out: '', err: expect.stringContaining('--yes is not an option of revoke-all') });
  }, 300_000);

  it('shows no values of an error that nobody caught, and ends with 1', async () => {
    const failing = `process.on('newListener', (event) => {
      if (event === 'uncaughtException')
        process.nextTick(() => { throw Object.assign(new Error('"' + process.env.HUSH + '" is taken'), { body: process.env.HUSH }); });
    });`;
    const broken = start('src/admin.ts', ['help'], {
      HUSH: 'Kanarie0001Qx7',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(failing)}`,
    });
    expect(await broken.ended).toBe(1);
    expect(JSON.parse(broken.written.err)).toMatchObject({ level: 'fatal', err: { type: 'Error' } });
    expect(JSON.stringify(broken.written)).not.toContain('Kanarie');
  }, 300_000);
});
