import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startWorker, type RunningWorker } from '../../src/app/start-worker.ts';
import { readConfig } from '../../src/config.ts';
import { describeEachDatabase } from '../support/database.ts';
import { gatewaySecret, startDeployment, type Deployment } from '../support/deployment.ts';
import { openDoor, type Door } from '../support/door.ts';
import { askPatient, waitFor } from '../support/reading.ts';
import { findUrl, spawnProcess, type SpawnedProcess } from '../support/spawned-process.ts';

vi.setConfig({ testTimeout: 60_000 });

/** The values of the metrics, by name and labels as Prometheus writes them. */
async function readMetrics(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
  );
}

describe('GET /metrics', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it('tells what the documentation lists, no more and no less', async () => {
    const text = await (await fetch(`${deployment.app.url}/metrics`)).text();
    const isOurs = (name: string) => !/^(process|nodejs)_/.test(name);
    const told = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name ?? '').filter(isOurs);
    const [, section = ''] = readFileSync('docs/operations.md', 'utf8').split('\n## Metrics\n');
    const rows = section.slice(0, section.indexOf('Worth an alarm')).split('\n');
    const documented = rows
      .filter((row) => row.startsWith('| `'))
      .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([a-z_]+)`/g)].map(([, name]) => name ?? ''));
    expect(documented.toSorted()).toEqual(told.toSorted());
    // And what is worth an alarm exists.
    const alarms = section.slice(section.indexOf('Worth an alarm'), section.indexOf('\n## '));
    const alarmed = alarms
      .split('\n')
      .filter((row) => row.startsWith('| `'))
      .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/\b[a-z]+(?:_[a-z]+)+\b/g)].map(([name]) => name));
    expect(alarmed.filter((name) => name !== 'half_open' && !told.includes(name))).toEqual([]);
    expect(alarmed.length).toBeGreaterThan(10);
  });

  it('counts what it says it counts', async () => {
    const { app, sandbox } = deployment;
    const before = await readMetrics(app.url);
    const get = (metrics: Map<string, number>, name: string) => metrics.get(name) ?? 0;
    const grown = async (name: string) => get(await readMetrics(app.url), name) - get(before, name);

    const read = () => askPatient(deployment, 'u-ada', 'p-1001', 'treatmentPlans { nodes { id } }');
    await Promise.all([read(), read(), read()]);
    expect(await grown('fullscript_fetches_started_total')).toBeGreaterThan(0);
    expect(await grown('fullscript_fetches_joined_total')).toBeGreaterThan(0);
    expect(await grown('fullscript_copy_reads_total{copy="plans",outcome="miss"}')).toBe(3);
    await read();
    expect(await grown('fullscript_copy_reads_total{copy="plans",outcome="hit"}')).toBe(1);

    const now = await readMetrics(app.url);
    expect(get(now, 'fullscript_budget_used')).toBe(sandbox.sandbox.calls.count());
    expect(get(now, 'fullscript_budget_left')).toBe(
      get(now, 'fullscript_budget_limit') - get(now, 'fullscript_budget_used'),
    );
    expect(now.get('fullscript_budget_shared')).toBe(0);
    expect(now.get('fullscript_circuit{state="closed"}')).toBe(1);
    expect(now.get('accounts{state="ACTIVE"}')).toBe(1);
    expect(get(now, 'metadata_tasks_pending')).toBeGreaterThan(0);
    expect(get(now, 'clinics_oldest_sweep_seconds')).toBeGreaterThan(0);
    expect(now.get('live_update_streams')).toBe(0);
    await expect.poll(async () => (await readMetrics(app.url)).get('audit_rows_waiting')).toBe(0);
    // Jobs run in no process of this deployment.
    expect([...now.keys()].filter((name) => name.startsWith('job_'))).toEqual([]);
  });

  it('counts refreshes of tokens by how they end', async () => {
    const { app, sandbox } = deployment;
    const outcomes = async () => {
      const metrics = await readMetrics(app.url);
      return Object.fromEntries(
        ['refreshed', 'failed', 'refused'].map((outcome) => [
          outcome,
          metrics.get(`fullscript_token_refreshes_total{outcome="${outcome}"}`) ?? 0,
        ]),
      );
    };
    const expire = async () => {
      await app.parts.database.write((tx) =>
        tx.run("UPDATE account SET access_expires_at = '2020-01-01T00:00:00.000Z'"),
      );
    };
    const read = () => askPatient(deployment, 'u-ada', 'p-1002', 'treatmentPlans(freshness: CURRENT) { nodes { id } }');
    expect(await outcomes()).toEqual({ refreshed: 0, failed: 0, refused: 0 });
    await expire();
    await read();
    expect(await outcomes()).toEqual({ refreshed: 1, failed: 0, refused: 0 });
    await expire();
    sandbox.sandbox.state.tokens.clear();
    await read();
    expect(await outcomes()).toMatchObject({ refreshed: 1, refused: 1 });
  });
});

describe('A worker by itself', () => {
  let deployment: Deployment;
  let worker: RunningWorker | undefined;
  beforeAll(async () => {
    deployment = await startDeployment();
  }, 60_000);
  afterEach(async () => {
    await worker?.stop();
    worker = undefined;
  });
  afterAll(() => deployment.stop());

  it('listens on no port unless it is told to', async () => {
    worker = await startWorker(readConfig(deployment.env), { log: deployment.app.parts.log });
    expect(worker.url).toBeNull();
  });

  it('answers for its health, its readiness and its metrics, and nothing else', async () => {
    worker = await startWorker(readConfig({ ...deployment.env, WORKER_PORT: '0' }), { log: deployment.app.parts.log });
    const url = worker.url ?? '';
    for (const path of ['/healthz', '/readyz']) expect((await fetch(url + path)).status).toBe(200);
    for (const path of ['/graphql', '/webhooks/fullscript', '/lab-results/some'])
      expect((await fetch(url + path, { method: path.startsWith('/lab') ? 'GET' : 'POST' })).status).toBe(404);
    await waitFor(
      'the jobs to have run',
      async () => {
        const metrics = await readMetrics(url);
        return (metrics.get('job_runs_total{job="inbox"}') ?? 0) > 1 && metrics;
      },
      60_000,
    );
    const metrics = await readMetrics(url);
    expect(metrics.get('job_failures_total{job="inbox"}')).toBe(0);
    expect(metrics.get('job_last_duration_seconds{job="inbox"}')).toBeGreaterThanOrEqual(0);
    expect(metrics.get('job_last_success_seconds{job="inbox"}')).toBeLessThan(60);
  }, 90_000);
});

describeEachDatabase('A database that hangs', (get) => {
  let door: Door | null = null;
  const processes = new Set<SpawnedProcess>();
  afterEach(() => {
    door?.thaw();
    for (const { child } of processes) child.kill('SIGKILL');
    processes.clear();
  });

  /** A server behind a door that can be frozen; null for a file, which cannot hang like that. */
  async function startBehindDoor(): Promise<{ deployment: Deployment; door: Door } | null> {
    const { url } = get();
    if (url.startsWith('sqlite:')) return null;
    door = await openDoor(new URL(url));
    return { deployment: await startDeployment({ databaseUrl: door.url }), door };
  }

  it('makes /readyz 503 and takes its part out of /metrics, both within seconds, and is back when it answers again', async () => {
    const started = await startBehindDoor();
    if (!started) return;
    const { deployment } = started;
    const timed = async (path: string) => {
      const startedMs = Date.now();
      const response = await fetch(deployment.app.url + path);
      return { status: response.status, text: await response.text(), ms: Date.now() - startedMs };
    };
    try {
      expect((await timed('/metrics')).text).toContain('\ninbox_pending 0\n');
      started.door.freeze();
      const waited = { ready: [] as number[], metrics: [] as number[] };
      for (let round = 0; round < 3; round += 1) {
        const [ready, metrics, health] = await Promise.all([timed('/readyz'), timed('/metrics'), timed('/healthz')]);
        expect([ready.status, ready.text]).toEqual([503, expect.stringContaining('database')]);
        waited.ready.push(ready.ms);
        expect(metrics.status).toBe(200);
        expect(metrics.text).toContain('\nfullscript_calls_in_flight 0\n');
        expect(metrics.text).not.toContain('\ninbox_pending ');
        waited.metrics.push(metrics.ms);
        expect(health.status).toBe(200);
      }
      // The machine may be busy for once.
      expect(Math.min(...waited.ready)).toBeLessThan(2500);
      expect(waited.metrics.toSorted((a, b) => a - b)[1]).toBeLessThan(2500);
      started.door.thaw();
      await waitFor('readiness', async () => (await timed('/readyz')).status === 200, 30_000);
      await waitFor('the metrics', async () => (await timed('/metrics')).text.includes('\ninbox_pending 0\n'), 30_000);
    } finally {
      started.door.thaw();
      await deployment.stop();
    }
  }, 90_000);

  it('lets a worker that hangs with it say so after five minutes', async () => {
    const started = await startBehindDoor();
    if (!started) return;
    const { deployment } = started;
    let nowMs = Date.now();
    const worker = await startWorker(readConfig({ ...deployment.env, WORKER_PORT: '0' }), {
      log: deployment.app.parts.log,
      now: () => new Date(nowMs),
    });
    const look = async () => {
      const response = await fetch(`${worker.url ?? ''}/healthz`);
      return `${response.status} ${await response.text()}`;
    };
    try {
      await waitFor(
        'the jobs to run',
        () => worker.parts.runner.stats().some(({ succeeded }) => succeeded > 0),
        30_000,
      );
      started.door.freeze();
      const quiet = async () => {
        nowMs += 301_000;
        return (await look()).startsWith('503') && (await look());
      };
      expect(await waitFor('the worker to say so', quiet, 60_000)).toBe('503 {"status":"not well","failing":"jobs"}');
      started.door.thaw();
      await waitFor('the worker to be well again', async () => (await look()).startsWith('200'), 30_000);
    } finally {
      started.door.thaw();
      await worker.stop();
      await deployment.stop();
    }
  }, 120_000);

  it('keeps no process from stopping with 0', async () => {
    const started = await startBehindDoor();
    if (!started) return;
    const { deployment } = started;
    try {
      const spawned = spawnProcess({ ...deployment.env, WORKER: 'on' });
      processes.add(spawned);
      const url = await findUrl(spawned);
      started.door.freeze();
      const asked = fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await deployment.emr.tokenFor('u-ada')}`,
          'x-gateway-secret': gatewaySecret,
        },
        body: JSON.stringify({ query: '{ fullscriptViewer { connectionStatus } }' }),
      }).catch(() => null);
      await waitFor('the request to hang', async () => (await fetch(`${url}/healthz`)).status === 200);
      const startedMs = Date.now();
      spawned.child.kill('SIGTERM');
      expect(await spawned.ended).toBe(0);
      expect(Date.now() - startedMs).toBeLessThan(16_000);
      await asked;
    } finally {
      started.door.thaw();
      await deployment.stop();
    }
  }, 180_000);
});

describe('A second signal', () => {
  it('ends the process at once, with 1', async () => {
    const deployment = await startDeployment();
    const spawned = spawnProcess({
      ...deployment.env,
      FULLSCRIPT_TIMEOUT_MS: '60000',
      FULLSCRIPT_DEADLINE_MS: '60000',
    });
    try {
      await deployment.connect('u-ada', 'ada@cedarrow.example');
      const url = await findUrl(spawned);
      const fault = deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/search/patients', latencyMs: 60_000 });
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await deployment.emr.tokenFor('u-ada')}`,
          'x-gateway-secret': gatewaySecret,
        },
        body: JSON.stringify({ query: '{ fullscriptPatientCandidates(patientId: "p-1004") { agrees } }' }),
      }).catch(() => undefined);
      await waitFor('the call to hang', () => fault.hits > 0, 30_000);
      spawned.child.kill('SIGTERM');
      await waitFor('the process to take nothing new', async () => {
        try {
          return (await fetch(`${url}/healthz`)).status === 503;
        } catch {
          return true;
        }
      });
      const startedMs = Date.now();
      spawned.child.kill('SIGTERM');
      expect(await spawned.ended).toBe(1);
      expect(Date.now() - startedMs).toBeLessThan(5000);
    } finally {
      spawned.child.kill('SIGKILL');
      await deployment.stop();
    }
  }, 120_000);
});
