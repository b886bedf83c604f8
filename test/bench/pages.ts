import autocannon from 'autocannon';
import { cpus } from 'node:os';
import { startBenchDeployment } from './deployment.ts';
import { query, type Representation } from './query.ts';

/** How long and how often each server is measured; `seconds` for each of `rounds`. */
export interface PageSettings {
  seconds: number;
  rounds: number;
  connections: number;
}

interface Measured {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time of the servers' process; a database server's own is not in it. */
  cpuMsPerRequest: number;
}

/** The page of 50 patients on one database. */
export interface PageResult {
  database: string;
  cold: { calls: number; peakInFlight: number; statements: number; ms: number };
  warm: { calls: number; statementsPerRequest: number };
  sameAnswer: boolean;
  variants: Record<string, Measured>;
  ratios: { toByHand: number; toMemory: number; toStandalone: number };
}

async function load(
  url: string,
  headers: Record<string, string>,
  body: string,
  { connections, seconds }: PageSettings,
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

/** Measures the page of 50 patients, cold and warm, next to the other servers, in turns. */
export async function benchPages(name: string, databaseUrl: string, settings: PageSettings): Promise<PageResult> {
  const deployment = await startBenchDeployment(databaseUrl, {
    FULLSCRIPT_DEADLINE_MS: '60000',
    FRESH_FOR_SECONDS: '86400',
    WORKER: 'off',
  });
  const { emr, headers, next, tell } = deployment;
  const { calls, faults } = deployment.sandbox.sandbox;
  try {
    await deployment.connect('ada@cedarrow.example');
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
      const counted = next('counted');
      tell({ kind: 'count' });
      const { statements, cpuMs } = await counted;
      const { total, peakInFlight } = calls.summary();
      calls.clear();
      return { calls: total, peakInFlight, statements, cpuMs };
    };

    await count();
    // A little time per call, as over a real network, so that the number under way at once can be seen.
    faults.add({ latencyMs: 20 });
    const coldAt = performance.now();
    await deployment.ask(query, { representations });
    const coldMs = performance.now() - coldAt;
    faults.clear();
    const cold = { ...(await count()), ms: Math.round(coldMs) };
    await deployment.ask(query, { representations });
    await count();
    await deployment.ask(query, { representations });
    const warm = await count();

    const comparing = next('comparing');
    tell({ kind: 'compare', representations, bearer: deployment.bearer, gatewaySecret: deployment.gatewaySecret });
    const others = await comparing;
    const urls: Record<string, string> = {
      ours: `${deployment.url}/graphql`,
      'A: same SQL by hand': others.byHand,
      'B: from memory': others.fromMemory,
      'C: stand-alone Apollo': others.standalone,
    };
    const measured: Record<string, Measured[]> = {};
    for (let round = 0; round <= settings.rounds; round += 1) {
      for (const [variant, address] of Object.entries(urls)) {
        const one = await load(address, headers, body, settings, async () => (await count()).cpuMs);
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
    await deployment.finish();
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
    await deployment.stop();
  }
}

/** Prints the tables of all databases. */
export function printPages(results: readonly PageResult[], { seconds, rounds, connections }: PageSettings): void {
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
}
