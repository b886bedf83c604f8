import autocannon from 'autocannon';
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startDemoEmr } from '../../src/demo/emr/start.ts';
import { defaultApp } from '../../src/sandbox/defaults.ts';
import { startSandbox } from '../../src/sandbox/start.ts';
import { testDatabases } from '../support/database.ts';
import { query, type Representation } from './query.ts';
import type { FromServers, ToServers } from './servers.ts';

/*
 * `npm run bench`, compiled as for production: the page of 50 patients, cold and warm, on each database that is there, next to (A) a bare server that runs the same SQL by hand,
 * (B) the same answer from memory, (C) a default stand-alone Apollo Server with the same resolvers. Everything is compared within this one
 * run, in turns; only ratios mean anything.
 */

const seconds = Number(process.env['BENCH_SECONDS'] ?? 5);
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const connections = 20;
const gatewaySecret = 'bench-gateway-secret';

interface Measured {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time of the servers' process; a database server's own is not in it. */
  cpuMsPerRequest: number;
}

interface DatabaseResult {
  database: string;
  cold: { calls: number; peakInFlight: number; statements: number; ms: number };
  warm: { calls: number; statementsPerRequest: number };
  sameAnswer: boolean;
  variants: Record<string, Measured>;
  ratios: { toByHand: number; toMemory: number; toStandalone: number };
}

/** Waits for the next message of one kind. */
function next<K extends FromServers['kind']>(child: ChildProcess, kind: K): Promise<Extract<FromServers, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: FromServers): void => {
      if (message.kind !== kind) return;
      child.off('message', onMessage);
      resolve(message as Extract<FromServers, { kind: K }>);
    };
    child.on('message', onMessage);
    child.once('exit', (code) => reject(new Error(`the servers' process ended with ${String(code)}`)));
  });
}

async function load(
  url: string,
  headers: Record<string, string>,
  body: string,
  countCpuMs: () => Promise<number>,
): Promise<Measured> {
  await countCpuMs();
  const result = await autocannon({ url, method: 'POST', headers, body, connections, duration: seconds });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx + result.errors} requests to ${url} failed`);
  const cpuMs = await countCpuMs();
  return {
    requestsPerSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    cpuMsPerRequest: cpuMs / result.requests.total,
  };
}

const best = (all: readonly Measured[]): Measured =>
  all.reduce((a, b) => (b.requestsPerSecond > a.requestsPerSecond ? b : a));
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function benchDatabase(name: string, url: string): Promise<DatabaseResult> {
  const sandbox = await startSandbox();
  const emr = await startDemoEmr();
  const child = fork(new URL('./servers.js', import.meta.url), {
    execArgv: ['--max-semi-space-size=64'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      PORT: '0',
      DATABASE_URL: url,
      FULLSCRIPT_API_URL: sandbox.apiUrl,
      FULLSCRIPT_AUTHORIZE_URL: sandbox.authorizeUrl,
      FULLSCRIPT_CLIENT_ID: defaultApp.clientId,
      FULLSCRIPT_CLIENT_SECRET: defaultApp.clientSecret,
      FULLSCRIPT_REDIRECT_URI: defaultApp.redirectUris[0],
      FULLSCRIPT_DEADLINE_MS: '60000',
      EMR_GRAPHQL_URL: emr.graphqlUrl,
      EMR_JWT_ISSUER: emr.issuer,
      EMR_JWT_AUDIENCE: emr.audience,
      EMR_JWKS_URL: emr.jwksUrl,
      GATEWAY_SECRET: gatewaySecret,
      ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      FRESH_FOR_SECONDS: '86400',
      WORKER: 'off',
      LOG_LEVEL: 'error',
    },
  });
  // Every wait for a message also listens for the end of the process.
  child.setMaxListeners(0);
  try {
    const { url: ours } = await next(child, 'ready');
    const tell = (message: ToServers): void => void child.send(message);
    const bearer = await emr.tokenFor('u-ada');
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${bearer}`,
      'x-gateway-secret': gatewaySecret,
    };
    const post = async (body: object): Promise<{ data: Record<string, never>; errors?: unknown }> =>
      (await (await fetch(`${ours}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as {
        data: Record<string, never>;
        errors?: unknown;
      };

    const started = await post({ query: 'mutation { connect { authorizeUrl state } }' });
    const { authorizeUrl, state } = started.data['connect'] as unknown as { authorizeUrl: string; state: string };
    const ada = [...sandbox.sandbox.state.users.values()].find((user) => user.email === 'ada@cedarrow.example');
    const redirectUri = new URL(authorizeUrl).searchParams.get('redirect_uri') ?? '';
    const code = sandbox.sandbox.actions.authorize({ userId: ada?.id ?? '', redirectUri });
    await post({
      query: 'mutation ($input: FullscriptCompleteConnectInput!) { completeConnect(input: $input) { __typename } }',
      variables: { input: { code, state } },
    });

    const representations: Representation[] = [...emr.store.patients.values()]
      .filter((patient) => patient.organizationId === 'org-juniper')
      .slice(0, 50)
      .map(({ id, email, firstName, lastName, dateOfBirth }) => ({
        __typename: 'Patient',
        id,
        email,
        firstName,
        lastName,
        dateOfBirth,
      }));
    const body = JSON.stringify({ query, variables: { representations } });
    const count = async (): Promise<{ calls: number; peakInFlight: number; statements: number; cpuMs: number }> => {
      const counted = next(child, 'counted');
      tell({ kind: 'count' });
      const { statements, cpuMs } = await counted;
      const { total, peakInFlight } = sandbox.sandbox.calls.summary();
      sandbox.sandbox.calls.clear();
      return { calls: total, peakInFlight, statements, cpuMs };
    };

    await count();
    // A little time per call, as over a real network, so that the number under way at once can be seen.
    sandbox.sandbox.faults.add({ latencyMs: 20 });
    const coldAt = performance.now();
    await post({ query, variables: { representations } });
    const coldMs = performance.now() - coldAt;
    sandbox.sandbox.faults.clear();
    const cold = { ...(await count()), ms: Math.round(coldMs) };
    await post({ query, variables: { representations } });
    await count();
    await post({ query, variables: { representations } });
    const warm = await count();

    const comparing = next(child, 'comparing');
    tell({ kind: 'compare', representations, bearer, gatewaySecret });
    const others = await comparing;
    const urls: Record<string, string> = {
      ours: `${ours}/graphql`,
      'A: same SQL by hand': others.byHand,
      'B: from memory': others.fromMemory,
      'C: stand-alone Apollo': others.standalone,
    };
    const measured: Record<string, Measured[]> = {};
    for (let round = 0; round <= rounds; round += 1) {
      for (const [variant, address] of Object.entries(urls)) {
        const one = await load(address, headers, body, async () => (await count()).cpuMs);
        // The first round only warms everything up.
        if (round > 0) (measured[variant] ??= []).push(one);
      }
    }
    const ratio = (variant: string): number =>
      median(
        (measured['ours'] ?? []).map(
          (one, index) => one.requestsPerSecond / (measured[variant]?.[index]?.requestsPerSecond ?? NaN),
        ),
      );
    const stopped = next(child, 'stopped');
    tell({ kind: 'stop' });
    await stopped;
    await Promise.race([once(child, 'exit'), setTimeout(5000, undefined, { ref: false })]);
    return {
      database: name,
      cold,
      warm: { calls: warm.calls, statementsPerRequest: others.readsPerRequest },
      sameAnswer: others.sameAnswer,
      variants: Object.fromEntries(Object.entries(measured).map(([variant, all]) => [variant, best(all)])),
      ratios: {
        toByHand: ratio('A: same SQL by hand'),
        toMemory: ratio('B: from memory'),
        toStandalone: ratio('C: stand-alone Apollo'),
      },
    };
  } finally {
    child.kill();
    await Promise.all([sandbox.stop(), emr.stop()]);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'fullscript-bench-'));
const results: DatabaseResult[] = [];
for (const engine of testDatabases()) {
  const opened = await engine.open({ migrate: false });
  try {
    results.push(await benchDatabase(engine.name, opened.url));
  } finally {
    await opened.close();
  }
}
rmSync(folder, { recursive: true, force: true });

console.log(
  `\n50 patients, ${connections} connections, ${rounds} rounds of ${seconds} s in turns, on ${cpus().length} cores (${process.version})\n`,
);
for (const { database, cold, warm, sameAnswer, variants, ratios } of results) {
  console.log(database);
  console.log(
    `  cold: ${cold.calls} calls to Fullscript (at most ${cold.peakInFlight} at a time), ${cold.statements} statements, ${cold.ms} ms`,
  );
  console.log(
    `  warm: ${warm.calls} calls, ${warm.statementsPerRequest} statements read and one written per request; answers ${sameAnswer ? 'are the same' : 'DIFFER'}`,
  );
  console.table(
    Object.fromEntries(
      Object.entries(variants).map(([variant, { requestsPerSecond, p50Ms, p99Ms, cpuMsPerRequest }]) => [
        variant,
        {
          'requests/s': Math.round(requestsPerSecond),
          'p50 ms': p50Ms,
          'p99 ms': p99Ms,
          'CPU ms': Number(cpuMsPerRequest.toFixed(2)),
        },
      ]),
    ),
  );
  const show = (value: number): string => value.toFixed(2);
  console.log(
    `  ours / A = ${show(ratios.toByHand)} (to reach 0.5), ours / B = ${show(ratios.toMemory)}, ours / C = ${show(ratios.toStandalone)} (to reach 1.5)\n`,
  );
}
writeFileSync(
  'bench-results.json',
  `${JSON.stringify({ seconds, rounds, connections, node: process.version, results }, null, 2)}\n`,
);
