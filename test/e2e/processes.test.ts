import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { gatewaySecret, startDeployment, type Deployment } from '../support/deployment.ts';
import { openDoor } from '../support/door.ts';
import { askPatient, waitFor } from '../support/reading.ts';
import { findUrl, spawnProcess, type SpawnedProcess } from '../support/spawned-process.ts';

const running = new Set<SpawnedProcess>();

function start(env: Record<string, string | undefined>, file?: string): SpawnedProcess {
  const spawned = spawnProcess(env, file);
  running.add(spawned);
  return spawned;
}

function createFolder(): string {
  return mkdtempSync(join(tmpdir(), 'fullscript-process-'));
}

afterEach(() => {
  for (const { child } of running) child.kill('SIGKILL');
  running.clear();
});

describe('The subgraph’s process', () => {
  let deployment: Deployment;
  let folder: string;
  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    folder = createFolder();
  }, 60_000);
  afterAll(async () => {
    await deployment.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('reports all faults of its configuration together, by name and rule, without a value, and exits with 1', async () => {
    const secret = 'super-secret-value';
    const process = start({
      PORT: 'eighty',
      FULLSCRIPT_API_URL: 'http://fullscript.example/api',
      FULLSCRIPT_CLIENT_SECRET: secret,
      ENCRYPTION_KEYS: `k1:${secret}`,
      DATABASE_URL: `postgres://user:${secret}@host/db`,
      FRESH_FOR_SECONDS: '-1',
      EMR_GRAPHQL_URL: deployment.emr.graphqlUrl,
    });
    expect(await process.ended).toBe(1);
    const output = process.output();
    for (const name of [
      'PORT',
      'FULLSCRIPT_API_URL',
      'FULLSCRIPT_CLIENT_ID',
      'FULLSCRIPT_REDIRECT_URI',
      'ENCRYPTION_KEYS',
      'DATABASE_URL',
      'FRESH_FOR_SECONDS',
      'EMR_JWT_ISSUER',
      'EMR_JWT_AUDIENCE',
      'EMR_JWKS_URL',
    ])
      expect(output).toMatch(new RegExp(`^\\s*${name}: \\S`, 'm'));
    for (const forbidden of [secret, 'eighty', '    at ', 'node_modules', 'EMR_GRAPHQL_URL'])
      expect(output).not.toContain(forbidden);
  }, 40_000);

  it('on SIGTERM finishes what is under way, takes nothing new, and exits with 0', async () => {
    const process = start({ ...deployment.env, WORKER: 'on' });
    const url = await findUrl(process);
    deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/search/patients', latencyMs: 1500, count: 1 });
    const token = await deployment.emr.tokenFor('u-ada');
    const ask = () =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          'x-gateway-secret': gatewaySecret,
        },
        body: JSON.stringify({ query: '{ fullscriptPatientCandidates(patientId: "p-1004") { agrees } }' }),
      });
    const underWay = ask();
    await waitFor('the call to be under way', () =>
      deployment.sandbox.sandbox.calls
        .list()
        .some(({ path, status }) => path.endsWith('/search/patients') && status === 0),
    );
    const startedMs = Date.now();
    process.child.kill('SIGTERM');
    await waitFor('new requests to be refused', async () => {
      try {
        return (await fetch(`${url}/healthz`)).status === 503;
      } catch {
        return true;
      }
    });
    const answer = await underWay;
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as { data: { fullscriptPatientCandidates: unknown[] }; errors?: unknown };
    expect(body.errors).toBeUndefined();
    expect(body.data.fullscriptPatientCandidates.length).toBeGreaterThan(0);
    expect(await process.ended).toBe(0);
    expect(Date.now() - startedMs).toBeLessThan(8000);
  }, 60_000);

  it('on SIGTERM waits no longer than ten seconds for what hangs, and exits with 0', async () => {
    const process = start({
      ...deployment.env,
      WORKER: 'on',
      FULLSCRIPT_TIMEOUT_MS: '60000',
      FULLSCRIPT_DEADLINE_MS: '60000',
    });
    const url = await findUrl(process);
    const fault = deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/search/patients', latencyMs: 30_000 });
    const token = await deployment.emr.tokenFor('u-ada');
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        'x-gateway-secret': gatewaySecret,
      },
      body: JSON.stringify({ query: '{ fullscriptPatientCandidates(patientId: "p-1004") { agrees } }' }),
    }).catch(() => undefined);
    await waitFor('the call to hang', () => fault.hits > 0);
    const startedMs = Date.now();
    process.child.kill('SIGTERM');
    expect(await process.ended).toBe(0);
    expect(Date.now() - startedMs).toBeLessThan(12_000);
    deployment.sandbox.sandbox.faults.clear();
  }, 60_000);

  it('stands by itself as a worker, and ends with 0 on SIGTERM', async () => {
    const process = start(deployment.env, 'src/worker.ts');
    await waitFor('the worker to be ready', () => process.output().includes('the worker is ready'), 30_000);
    process.child.kill('SIGTERM');
    expect(await process.ended).toBe(0);
  }, 60_000);

  it('shares one SQLite file with others that start, migrate and write at the same time', async () => {
    const DATABASE_URL = `sqlite:${join(folder, 'shared.db')}`;
    const processes = [1, 2, 3].map(() => start({ ...deployment.env, DATABASE_URL, WORKER: 'on' }));
    const urls = await Promise.all(processes.map(findUrl));
    const token = await deployment.emr.tokenFor('u-ada');
    const answers = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const response = await fetch(`${urls[index % 3]}/graphql`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${token}`,
            'x-gateway-secret': gatewaySecret,
          },
          body: JSON.stringify({ query: 'mutation { connect { state } }' }),
        });
        return (await response.json()) as { data: { connect: { state: string } } | null; errors?: unknown };
      }),
    );
    expect(answers.map(({ errors }) => errors).filter((errors) => errors !== undefined)).toEqual([]);
    expect(new Set(answers.map(({ data }) => data?.connect.state)).size).toBe(30);
    for (const url of urls) expect((await fetch(`${url}/readyz`)).status).toBe(200);
    for (const process of processes) process.child.kill('SIGTERM');
    expect(await Promise.all(processes.map(({ ended }) => ended))).toEqual([0, 0, 0]);
  }, 90_000);
});

describe('GET /healthz, /readyz and /metrics', () => {
  it('/readyz is 503 and names migrations before they ran; /healthz is 200 all the same', async () => {
    const deployment = await startDeployment({ env: { MIGRATE: 'off' } });
    try {
      const ready = await fetch(`${deployment.app.url}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.text()).toContain('migrations');
      expect((await fetch(`${deployment.app.url}/healthz`)).status).toBe(200);
    } finally {
      await deployment.stop();
    }
  });

  it('/readyz looks at the database only: it is 200 while Fullscript and the EMR are down', async () => {
    const deployment = await startDeployment();
    try {
      deployment.emr.faults.down = true;
      deployment.sandbox.sandbox.faults.add({ reset: true });
      expect((await fetch(`${deployment.app.url}/readyz`)).status).toBe(200);
    } finally {
      await deployment.stop();
    }
  });

  it('/metrics tells the rest when what is stored cannot be read', async () => {
    const deployment = await startDeployment({ env: { MIGRATE: 'off' } });
    const stored = ['inbox_pending', 'revocations_oldest_seconds', 'chart_imports_parked', 'accounts{state="ACTIVE"}'];
    try {
      const failing = await fetch(`${deployment.app.url}/metrics`);
      expect(failing.status).toBe(200);
      const rest = await failing.text();
      expect(rest).toContain('\nfullscript_calls_in_flight 0\n');
      for (const name of stored) expect(rest).not.toContain(`\n${name} `);
      await deployment.app.parts.database.migrate();
      const all = await (await fetch(`${deployment.app.url}/metrics`)).text();
      for (const name of stored) expect(all).toContain(`\n${name} 0\n`);
    } finally {
      await deployment.stop();
    }
  });

  it('/metrics carries no ids and no names, and counts calls, operations and events', async () => {
    const deployment = await startDeployment();
    try {
      const { clinicId, id } = await deployment.connect('u-ada', 'ada@cedarrow.example');
      const read = await askPatient(
        deployment,
        'u-ada',
        'p-1001',
        'fullscriptAccount { id } treatmentPlans { nodes { id } }',
      );
      await fetch(`${deployment.app.url}/lab-results/some-token-of-somebody`);
      await fetch(`${deployment.app.url}/no/such/page-p-1001`);
      await deployment.ask('u-ada', 'query Mira_Okoye_p1001 { fullscriptViewer { connectionStatus } }');
      const response = await fetch(`${deployment.app.url}/metrics`);
      expect(response.headers.get('content-type')).toContain('text/plain');
      const text = await response.text();
      for (const word of [
        clinicId,
        id,
        'u-ada',
        'p-1001',
        'p1001',
        'Okoye',
        'org-juniper',
        'some-token',
        read.patient.fullscriptAccount.id,
        read.patient.treatmentPlans.nodes[0].id,
      ])
        expect(text).not.toContain(word);
      expect(text).toMatch(/http_request_duration_seconds_count\{[^}]*\/graphql/);
      expect(text).toMatch(/fullscript/);
    } finally {
      await deployment.stop();
    }
  });
});

describeEachDatabase('GET /readyz when the database goes away', (get) => {
  it('is 503 and names the database, while /healthz stays 200', async () => {
    const { url } = get();
    const isFile = url.startsWith('sqlite:');
    const door = isFile ? null : await openDoor(new URL(url));
    const deployment = await startDeployment({ databaseUrl: door?.url ?? url });
    const ready = async () => {
      const response = await fetch(`${deployment.app.url}/readyz`);
      return { status: response.status, text: await response.text() };
    };
    try {
      expect((await ready()).status).toBe(200);
      if (door) door.close();
      else renameSync(url.slice('sqlite:'.length), `${url.slice('sqlite:'.length)}.moved`);
      const gone = await ready();
      expect(gone.status).toBe(503);
      expect(gone.text).toContain('database');
      expect((await fetch(`${deployment.app.url}/healthz`)).status).toBe(200);
    } finally {
      await deployment.stop();
    }
  });
});
