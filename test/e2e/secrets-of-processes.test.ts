import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLeaks } from '../support/canaries.ts';
import { describeEachDatabase } from '../support/database.ts';
import { gatewaySecret, startDeployment, type Deployment } from '../support/deployment.ts';
import { waitFor } from '../support/reading.ts';
import { findUrl, spawnProcess } from '../support/spawned-process.ts';

const hush = 'Kanarie9999Qx7';
const timeoutMs = 120_000;

describe('A process', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, timeoutMs);
  afterAll(() => deployment.stop());

  it('says what is wrong with its configuration without any value', async () => {
    const faulty = {
      DATABASE_URL: `mysql://user:${hush}@`,
      REDIS_URL: `http://:${hush}@127.0.0.1`,
      ENCRYPTION_KEYS: `${hush}:${hush}`,
      EMR_GRAPHQL_URL: `http://user:${hush}@127.0.0.1/graphql`,
      EMR_JWKS_FILE: hush,
      FULLSCRIPT_API_URL: `https://${hush}@api.example/api`,
      FULLSCRIPT_WEBHOOK_SECRET: ',',
      FULLSCRIPT_ENV: hush,
      PORT: hush,
      HOST: `${hush}!`,
      LOG_LEVEL: hush,
      WORKER: hush,
      FRESH_FOR_SECONDS: hush,
    };
    const unread = { FULLSCRIPT_CLIENT_SECRET: hush, GATEWAY_SECRET: hush, EMR_SERVICE_TOKEN: hush };
    const refused = spawnProcess({ ...deployment.env, ...faulty, ...unread });
    expect(await refused.ended).toBe(1);
    for (const name of Object.keys(faulty)) expect(refused.output()).toContain(`${name}: `);
    expect(findLeaks(refused.output())).toEqual([]);
  }, 120_000);

  it.each(['src/main.ts', 'src/worker.ts', 'src/migrate.ts'])(
    '%s that cannot reach its database says so without the password',
    async (file) => {
      const lost = spawnProcess({ ...deployment.env, DATABASE_URL: `mysql://user:${hush}@127.0.0.1:1/${hush}` }, file);
      expect(await lost.ended).toBe(1);
      expect(lost.output()).toContain('ECONNREFUSED');
      expect(findLeaks(lost.output())).toEqual([]);
    },
    timeoutMs,
  );

  it(
    'runs without Redis, and never says with which password it was tried',
    async () => {
      const running = spawnProcess({
        ...deployment.env,
        LOG_LEVEL: 'trace',
        REDIS_URL: `redis://user:${hush}@127.0.0.1:1/1`,
      });
      try {
        const url = await findUrl(running);
        await deployment.ask('u-ada', '{ fullscriptPatientCandidates(patientId: "p-1004") { agrees } }', { url });
        await waitFor('it to miss Redis', () => running.output().includes('Redis is away'), timeoutMs);
        expect(findLeaks(running.output(), [gatewaySecret, deployment.env['EMR_SERVICE_TOKEN'] ?? ''])).toEqual([]);
        // What every user of the machine can read.
        expect(findLeaks(readFileSync(`/proc/${String(running.child.pid)}/cmdline`, 'utf8'))).toEqual([]);
      } finally {
        running.child.kill('SIGKILL');
      }
    },
    timeoutMs,
  );

  it.each(['thrown', 'rejected'])(
    'that meets an error nobody caught (%s) logs it like any other and exits with 1',
    async (how) => {
      const broken = spawnProcess({}, 'test/support/uncaught-process.ts', how);
      expect(await broken.ended).toBe(1);
      expect(JSON.parse(broken.output())).toMatchObject({
        level: 'fatal',
        err: { type: 'FullscriptFailure', message: 'Fullscript refused the input' },
      });
      expect(findLeaks(broken.output())).toEqual([]);
    },
    timeoutMs,
  );
});

describeEachDatabase('The password of a database', (get) => {
  it(
    'is not in what is said when it is wrong',
    async ({ skip }) => {
      if (get().db.engine === 'sqlite') skip('SQLite has none');
      const url = new URL(get().url);
      url.username = 'nobody';
      url.password = hush;
      const refused = spawnProcess({ DATABASE_URL: url.href }, 'src/migrate.ts');
      expect(await refused.ended).toBe(1);
      expect(refused.output()).toContain('ER_ACCESS_DENIED');
      expect(findLeaks(refused.output())).toEqual([]);
    },
    timeoutMs,
  );
});
