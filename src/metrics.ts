import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { createFigures, type Figures } from './figures.ts';
import type { RefreshOutcome } from './fullscript/access-tokens.ts';
import type { CallRecord } from './fullscript/transport.ts';
import type { Fullscript } from './fullscript/fullscript.ts';
import type { OperationRecord } from './graphql/server.ts';
import type { JobRunner } from './jobs/runner.ts';
import type { Flights } from './mirror/flights.ts';
import type { ReadCounts } from './mirror/read-counts.ts';
import type { AuditTrail } from './operations/audit-trail.ts';
import type { Store } from './store/store.ts';

/** What is counted, for Prometheus. Labels are route patterns, outcomes and names of jobs: no ids, nothing a caller can choose. */
export interface Metrics {
  registry: Registry;
  countCall(record: CallRecord): void;
  countRefresh(outcome: RefreshOutcome): void;
  countOperation(record: OperationRecord): void;
  /** Tells where to look up how many live updates are open; none until it is told. */
  watchStreams(count: () => number): void;
}

/** The parts that are looked at when the metrics are read. */
export interface WatchedParts {
  store: Store;
  fullscript: Pick<Fullscript, 'stats'>;
  flights: Pick<Flights, 'stats'>;
  reads: Pick<ReadCounts, 'stats'>;
  audit: Pick<AuditTrail, 'waiting'>;
  runner: Pick<JobRunner, 'stats'>;
}

/** One gauge or counter that is looked up when it is read: a number, or numbers by label. Undefined while it cannot be known. */
interface Reading {
  name: string;
  help: string;
  label?: string;
  read: (parts: WatchedParts) => number | Readonly<Record<string, number>> | undefined;
}

const gauges: readonly Reading[] = [
  {
    name: 'fullscript_calls_in_flight',
    help: 'Calls to Fullscript under way in this process',
    read: ({ fullscript }) => fullscript.stats().inFlight,
  },
  {
    name: 'fullscript_calls_queued',
    help: 'Calls of this process that wait for one of its slots',
    read: ({ fullscript }) => fullscript.stats().queued,
  },
  {
    name: 'fullscript_budget_limit',
    help: 'Calls this process may make in 300 s',
    read: ({ fullscript }) => fullscript.stats().budget.limit,
  },
  {
    name: 'fullscript_budget_used',
    help: 'Calls of the last 300 s as far as this process knows',
    read: ({ fullscript }) => fullscript.stats().budget.used,
  },
  {
    name: 'fullscript_budget_left',
    help: 'Calls that are left of them',
    read({ fullscript }) {
      const { limit, used } = fullscript.stats().budget;
      return Math.max(0, limit - used);
    },
  },
  {
    name: 'fullscript_budget_waiting',
    help: 'Calls of this process that wait for the budget',
    read: ({ fullscript }) => fullscript.stats().budget.waiting,
  },
  {
    name: 'fullscript_budget_shared',
    help: '1 while the budget is counted together with other processes over Redis, otherwise 0',
    read: ({ fullscript }) => Number(fullscript.stats().budget.shared),
  },
  {
    name: 'fullscript_circuit',
    help: '1 for the state of the circuit: open while Fullscript is down and not asked, half_open while one call at a time finds out whether it is back',
    label: 'state',
    read({ fullscript }) {
      const { circuit } = fullscript.stats();
      return { closed: 0, open: 0, half_open: 0, [circuit]: 1 };
    },
  },
  {
    name: 'audit_rows_waiting',
    help: 'Audit rows of this process that are not written yet',
    read: ({ audit }) => audit.waiting(),
  },
  {
    name: 'job_last_duration_seconds',
    help: 'How long the last run of a job took in this process',
    label: 'job',
    read: ({ runner }) =>
      Object.fromEntries(
        runner
          .stats()
          .flatMap(({ name, lastDurationMs }) => (lastDurationMs === null ? [] : [[name, lastDurationMs / 1000]])),
      ),
  },
  {
    name: 'job_last_success_seconds',
    help: 'How long ago a job last ended without failing in this process',
    label: 'job',
    read: ({ runner }) =>
      Object.fromEntries(runner.stats().map(({ name, sinceSuccessMs }) => [name, sinceSuccessMs / 1000])),
  },
];

const counters: readonly Reading[] = [
  {
    name: 'fullscript_fetches_started_total',
    help: 'Fetches of the copy that were started',
    read: ({ flights }) => flights.stats().started,
  },
  {
    name: 'fullscript_fetches_joined_total',
    help: 'Fetches that joined an equal one under way',
    read: ({ flights }) => flights.stats().joined,
  },
  {
    name: 'job_runs_total',
    help: 'Runs of a job in this process that have ended',
    label: 'job',
    read: ({ runner }) =>
      Object.fromEntries(runner.stats().map(({ name, succeeded, failed }) => [name, succeeded + failed])),
  },
  {
    name: 'job_failures_total',
    help: 'Those of them that failed',
    label: 'job',
    read: ({ runner }) => Object.fromEntries(runner.stats().map(({ name, failed }) => [name, failed])),
  },
];

/** From the database: the same in every process. */
const figureGauges: readonly Omit<Reading, 'read'>[] = [
  { name: 'accounts', help: 'Connected accounts, by state of the authorization', label: 'state' },
  { name: 'clinics_forsaken', help: 'Clinics whose every connection has to be made again: no webhooks, no sweeps' },
  {
    name: 'clinics_oldest_sweep_seconds',
    help: 'Age of the last finished sweep of the clinic that was left alone longest',
  },
  { name: 'inbox_pending', help: 'Events that wait to be applied' },
  { name: 'inbox_parked', help: 'Events given up after repeated failure' },
  { name: 'inbox_oldest_seconds', help: 'Age of the oldest event that waits' },
  { name: 'revocations_pending', help: 'Authorizations closed here that Fullscript has not confirmed' },
  { name: 'revocations_failing', help: 'Those of them that Fullscript was asked to revoke in vain' },
  { name: 'revocations_oldest_seconds', help: 'Age of the oldest of those' },
  { name: 'clinic_fills_pending', help: 'Clinics whose copy is being filled in the background' },
  { name: 'clinic_fill_patients_pending', help: 'Patients of them who are known to be waiting' },
  { name: 'metadata_tasks_pending', help: 'Ids of ours that are still to be written to Fullscript' },
  { name: 'lab_documents_pending', help: 'Lab documents that the EMR has not taken yet' },
  { name: 'lab_documents_parked', help: 'Lab documents that the EMR refused for good' },
  { name: 'chart_imports_pending', help: 'Imports into a chart that the EMR has not confirmed yet' },
  { name: 'chart_imports_parked', help: 'Imports into a chart that are no longer finished by themselves' },
];

/**
 * `find` gives what is looked at when the metrics are read; it is called late, because those parts are built after this one. What cannot be read, as in an
 * outage of the database, has no value in that answer; everything else is told all the same, within about a second.
 */
export function createMetrics(find: () => WatchedParts, now: () => Date = () => new Date()): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const readFigures = shareWhileReading(createFigures(() => find().store, now));

  for (const { name, help, label, read } of gauges) addGauge({ name, help, label, registers }, () => read(find()));
  for (const { name, help, label } of figureGauges)
    addGauge({ name, help, label, registers }, async () => (await readFigures())[name]);
  for (const { name, help, label, read } of counters)
    new Counter({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers,
      collect() {
        this.reset();
        const value = read(find());
        if (typeof value === 'number') this.inc(value);
        else for (const [key, count] of Object.entries(value ?? {})) this.inc({ [label ?? '']: key }, count);
      },
    });

  const calls = new Counter({
    name: 'fullscript_calls_total',
    help: 'Attempts at Fullscript, by endpoint and outcome',
    labelNames: ['endpoint', 'outcome'],
    registers,
  });
  const callSeconds = new Histogram({
    name: 'fullscript_call_duration_seconds',
    help: 'Time of attempts at Fullscript, by endpoint',
    labelNames: ['endpoint'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5],
    registers,
  });
  const refreshes = new Counter({
    name: 'fullscript_token_refreshes_total',
    help: 'Refreshes of access tokens that were sent, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const reads = new Counter({
    name: 'fullscript_copy_reads_total',
    help: 'Reads of the stored copy, by part and by how they met it',
    labelNames: ['copy', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const [copy, outcomes] of Object.entries(find().reads.stats()))
        for (const [outcome, count] of Object.entries(outcomes)) reads.inc({ copy, outcome }, count);
    },
  });
  let countStreams = (): number => 0;
  addGauge(
    { name: 'live_update_streams', help: 'Live updates that are open in this process', label: undefined, registers },
    () => countStreams(),
  );
  const operations = new Counter({
    name: 'graphql_operations_total',
    help: 'Answered GraphQL operations, by kind and outcome',
    labelNames: ['kind', 'outcome'],
    registers,
  });

  return {
    registry,
    countCall(record) {
      calls.inc({ endpoint: record.endpoint, outcome: record.outcome });
      callSeconds.observe({ endpoint: record.endpoint }, record.durationMs / 1000);
    },
    countRefresh: (outcome) => refreshes.inc({ outcome }),
    watchStreams(count) {
      countStreams = count;
    },
    countOperation: ({ kind, outcome }) => operations.inc({ kind, outcome }),
  };
}

function addGauge(
  { label, ...options }: { name: string; help: string; label: string | undefined; registers: Registry[] },
  read: () => ReturnType<Reading['read']> | Promise<ReturnType<Reading['read']>>,
): void {
  new Gauge({
    ...options,
    labelNames: label === undefined ? [] : [label],
    async collect() {
      const value = await Promise.resolve()
        .then(read)
        .catch(() => undefined);
      // Also takes out the zero that a gauge without labels begins with.
      if (label === undefined) this.remove();
      else this.reset();
      if (typeof value === 'number') this.set(value);
      else for (const [key, count] of Object.entries(value ?? {})) this.set({ [label ?? '']: key }, count);
    },
  });
}

/** All gauges of one answer are read at the same time: they share one look at the database. */
function shareWhileReading(read: () => Promise<Figures>): () => Promise<Figures> {
  let reading: Promise<Figures> | null = null;
  return () => {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  };
}
