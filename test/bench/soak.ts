import { createSeededRandom } from '../../src/sandbox/ids.ts';
import { openDatabase } from '../../src/store/data-source.ts';
import { plantSoakClinic } from '../support/soak/people-and-plans.ts';
import { runSoak, type SoakReport, type SoakSettings } from '../support/soak/run-soak.ts';
import { startBenchDeployment } from './deployment.ts';

/** The soak on one database. */
export interface SoakResult {
  database: string;
  settings: SoakSettings;
  patients: number;
  budget: { used: number; limit: number };
  report: SoakReport;
}

const patients = 200;

/** One tenth of the usual times, so that sweeps, polls and copies that grow old all happen within two minutes. */
const times = { sweepSeconds: 30, freshForSeconds: 90, timeoutMs: 2000 };

/** Soaks one database for `seconds`. */
export async function soakDatabase(name: string, databaseUrl: string, seconds: number): Promise<SoakResult> {
  const settings: SoakSettings = {
    seconds,
    readsPerSecond: 50,
    changesPerSecond: 5,
    silentChangesPerSecond: 0.5,
    seed: 20261122,
    ...times,
  };
  const random = createSeededRandom(settings.seed + 1);
  const deployment = await startBenchDeployment(
    databaseUrl,
    {
      WORKER: 'on',
      EVENT_SWEEP_SECONDS: String(times.sweepSeconds),
      FRESH_FOR_SECONDS: String(times.freshForSeconds),
      FULLSCRIPT_TIMEOUT_MS: String(times.timeoutMs),
    },
    { random },
  );
  const database = await openDatabase({ url: databaseUrl, poolSize: 2 });
  try {
    const { sandbox, emr, ask, next, tell } = deployment;
    sandbox.sandbox.settings.webhooks.target = `${deployment.url}/webhooks/fullscript`;
    const clinic = plantSoakClinic(sandbox.sandbox, emr, patients, random);
    await deployment.connect(clinic.email);
    const report = await runSoak(
      {
        sandbox,
        emr,
        database,
        clinic,
        ask,
        async pollLabOrders() {
          const polled = next('polled');
          tell({ kind: 'poll' });
          await polled;
        },
      },
      settings,
    );
    const metrics = await (await fetch(`${deployment.url}/metrics`)).text();
    const budget = {
      used: readMetric(metrics, 'fullscript_budget_used'),
      limit: readMetric(metrics, 'fullscript_budget_limit'),
    };
    await deployment.finish();
    return { database: name, settings, patients, budget, report };
  } finally {
    await deployment.stop();
    await database.close();
  }
}

function readMetric(metrics: string, name: string): number {
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(metrics)?.[1] ?? NaN);
}

/** Prints what the soaks showed; gives whether none of them failed. */
export function printSoaks(results: readonly SoakResult[]): boolean {
  const [first] = results;
  if (!first) return true;
  const { seconds, readsPerSecond, changesPerSecond, sweepSeconds, freshForSeconds } = first.settings;
  console.log(
    `\nSoak: ${first.patients} patients' pages at ${readsPerSecond} reads a second for ${seconds} s, ${changesPerSecond} changes a second; half of the webhooks twice, a tenth lost, ` +
      `some out of order, 5 % of calls failing; a sweep every ${sweepSeconds} s, copies current for ${freshForSeconds} s\n`,
  );
  const table: Record<string, Record<string, string | number>> = {};
  for (const { database, report, budget } of results) {
    const { comparison, latency, quiet, quietLatency, staleness } = report;
    const measures: Record<string, string | number> = {
      reads: report.reads,
      'errors in answers': Object.values(report.errors).reduce((sum, count) => sum + count, 0),
      'changes (of them silent)': `${report.changes + report.silentChanges} (${report.silentChanges})`,
      'webhooks delivered, events lost': `${report.webhooks.sent}, ${report.webhooks.lost}`,
      'calls to Fullscript (failed)': `${report.calls} (${report.failedCalls})`,
      'calls allowed': report.mostCalls,
      'calls a change': (report.calls / report.changes).toFixed(2),
      'calls a read': (report.calls / report.reads).toFixed(3),
      'calls while nothing changed': `${quiet.calls} for ${quiet.reads} reads`,
      'budget used': `${budget.used} of ${budget.limit}`,
      'reads behind': `${(staleness.share * 100).toFixed(1)} %`,
      'behind: p50, p99, most': `${staleness.p50Ms}, ${staleness.p99Ms}, ${staleness.maxMs} ms`,
      'latency p50, p99': `${latency.p50Ms}, ${latency.p99Ms} ms`,
      'latency while nothing changed': `${quietLatency.p50Ms}, ${quietLatency.p99Ms} ms`,
      'documents for results, amendments': `${report.documents.filed} for ${report.documents.results}, ${report.documents.amendments}`,
      'until all was known again': `${report.settledMs} ms`,
      'rows compared': Object.values(comparison.rows).reduce((sum, count) => sum + count, 0),
      'rows that differ': comparison.differences.length,
    };
    for (const [measure, value] of Object.entries(measures)) (table[measure] ??= {})[database] = value;
  }
  console.table(table);
  for (const { database, report } of results) {
    for (const failure of report.failures) console.log(`  ${database}: FAILED: ${failure}`);
    for (const line of [...report.comparison.differences, ...report.untruths].slice(0, 10)) console.log(`    ${line}`);
  }
  return results.every(({ report }) => report.failures.length === 0);
}
