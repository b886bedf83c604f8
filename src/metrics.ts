import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { CallRecord } from './fullscript/transport.ts';
import type { Fullscript } from './fullscript/fullscript.ts';
import type { OperationRecord } from './graphql/server.ts';
import type { Flights } from './mirror/flights.ts';
import type { Store } from './store/store.ts';

/** What is counted, for Prometheus. Labels are route patterns and outcomes: no ids, no names, nothing a caller can choose. */
export interface Metrics {
  registry: Registry;
  countCall(record: CallRecord): void;
  countOperation(record: OperationRecord): void;
}

/**
 * `find` gives what the gauges look at when they are read; it is called late, because those parts are built after this one. A gauge that cannot be
 * read, as in an outage of the database, has no value in that answer; everything else is told all the same.
 */
export function createMetrics(find: () => { store: Store; fullscript: Fullscript; flights: Flights }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];

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
  const operations = new Counter({
    name: 'graphql_operations_total',
    help: 'Answered GraphQL operations, by kind and outcome',
    labelNames: ['kind', 'outcome'],
    registers,
  });

  const gauge = (name: string, help: string, read: () => Promise<number> | number): void => {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        try {
          this.set(await read());
        } catch {
          this.remove();
        }
      },
    });
  };
  const toAgeSeconds = (at: string | null): number =>
    at === null ? 0 : Math.max(0, (Date.now() - Date.parse(at)) / 1000);
  gauge(
    'fullscript_calls_in_flight',
    'Calls to Fullscript under way in this process',
    () => find().fullscript.stats().inFlight,
  );
  gauge(
    'fullscript_budget_limit',
    'Calls this process may make in 300 s',
    () => find().fullscript.stats().budget.limit,
  );
  gauge(
    'fullscript_budget_used',
    'Calls of the last 300 s as far as this process knows',
    () => find().fullscript.stats().budget.used,
  );
  gauge('fullscript_fetches_started', 'Fetches of the copy that were started', () => find().flights.stats().started);
  gauge('fullscript_fetches_joined', 'Fetches that joined an equal one under way', () => find().flights.stats().joined);
  gauge(
    'revocations_pending',
    'Authorizations closed here that Fullscript has not confirmed',
    async () => (await find().store.revocations.depth()).pending,
  );
  gauge(
    'revocations_failing',
    'Those of them that Fullscript was asked to revoke in vain',
    async () => (await find().store.revocations.depth()).failing,
  );
  gauge('revocations_oldest_seconds', 'Age of the oldest of those', async () =>
    toAgeSeconds((await find().store.revocations.depth()).oldestPendingAt),
  );
  gauge('inbox_pending', 'Events that wait to be applied', async () => (await find().store.inbox.depth()).pending);
  gauge(
    'inbox_parked',
    'Events given up after repeated failure',
    async () => (await find().store.inbox.depth()).parked,
  );
  gauge('inbox_oldest_seconds', 'Age of the oldest event that waits', async () =>
    toAgeSeconds((await find().store.inbox.depth()).oldestPendingAt),
  );
  gauge(
    'lab_documents_parked',
    'Lab documents that the EMR refused for good',
    async () => (await find().store.labDocuments.depth()).parked,
  );
  gauge(
    'lab_documents_pending',
    'Lab documents that the EMR has not taken yet',
    async () => (await find().store.labDocuments.depth()).pending,
  );
  gauge(
    'chart_imports_parked',
    'Imports into a chart that are no longer finished by themselves',
    async () => (await find().store.chartImports.depth()).parked,
  );
  gauge(
    'chart_imports_pending',
    'Imports into a chart that the EMR has not confirmed yet',
    async () => (await find().store.chartImports.depth()).pending,
  );
  gauge(
    'clinics_forsaken',
    'Clinics whose every connection has to be made again: no webhooks, no sweeps',
    async () => await find().store.accounts.countForsakenClinics(),
  );
  new Gauge({
    name: 'accounts',
    help: 'Connected accounts, by state of the authorization',
    labelNames: ['state'],
    registers,
    async collect() {
      const counts = await find()
        .store.accounts.countByState()
        .catch(() => ({}));
      this.reset();
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
    },
  });

  return {
    registry,
    countCall(record) {
      calls.inc({ endpoint: record.endpoint, outcome: record.outcome });
      callSeconds.observe({ endpoint: record.endpoint }, record.durationMs / 1000);
    },
    countOperation: ({ kind, outcome }) => operations.inc({ kind, outcome }),
  };
}
