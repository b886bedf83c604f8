import { randomBytes, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { noTracing, type Tracing } from '../domain/tracing.ts';
import { createEmr } from '../emr/emr.ts';
import { createVouchedPatients } from '../emr/vouched-patients.ts';
import { createLocalBudget } from '../fullscript/budget.ts';
import { createFullscript, type Fullscript } from '../fullscript/fullscript.ts';
import type { CallRecord } from '../fullscript/transport.ts';
import { createRedisBudget } from '../fullscript/redis-budget.ts';
import type { Engine } from '../graphql/execution.ts';
import type { LoaderNeeds } from '../graphql/loaders/request.ts';
import { createJobs, toLabPollSeconds } from '../jobs/jobs.ts';
import { createJobRunner, type JobRunner } from '../jobs/runner.ts';
import { createLogger } from '../logger.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import { createApplyEvent } from '../mirror/apply-event.ts';
import { createApplyInbox } from '../mirror/apply-inbox.ts';
import { createLabOrderRound, createSweepRound } from '../mirror/clinic-rounds.ts';
import { createFailedDeliveries } from '../mirror/failed-deliveries.ts';
import { createFillClinic } from '../mirror/fill-clinic.ts';
import { createFillPace } from '../mirror/fill-pace.ts';
import { createFillRound } from '../mirror/fill-round.ts';
import { createFlights, type Flights } from '../mirror/flights.ts';
import { createLabOrderMirror } from '../mirror/lab-orders.ts';
import { createLiveChanges, noHints, type LiveChanges } from '../mirror/live-changes.ts';
import { createLocator } from '../mirror/locate.ts';
import type { MirrorNeeds } from '../mirror/needs.ts';
import { createPatientMirror } from '../mirror/patients.ts';
import { createPlanMirror } from '../mirror/plans.ts';
import { createProductMirror } from '../mirror/products.ts';
import { createReadCounts } from '../mirror/read-counts.ts';
import { createRedisHints } from '../mirror/redis-hints.ts';
import { createSweep } from '../mirror/sweep.ts';
import { createAuditTrail, type AuditTrail } from '../operations/audit-trail.ts';
import { createConfirmRevocations } from '../operations/confirm-revocations.ts';
import { createFinishImports } from '../operations/finish-imports.ts';
import { createEndConnectStates } from '../operations/end-connect-states.ts';
import { createHousekeeping } from '../operations/housekeeping.ts';
import { createPrepareLabDocuments, createSendLabDocuments } from '../operations/lab-documents.ts';
import { createLabLinks } from '../operations/lab-links.ts';
import type { OperationNeeds, WakeableJob } from '../operations/needs.ts';
import { createOpenLabResult } from '../operations/open-lab-result.ts';
import { createOperations, type Operations } from '../operations/operations.ts';
import { createPendingTokens } from '../operations/pending-tokens.ts';
import { createReceiveWebhook } from '../operations/receive-webhook.ts';
import { createVerifyAuthorizations } from '../operations/verify-authorizations.ts';
import { watchWithdrawals } from '../operations/watch-withdrawals.ts';
import { createWriteMetadata } from '../operations/write-metadata.ts';
import { openDatabase } from '../store/data-source.ts';
import type { Database } from '../store/database.ts';
import { createSecrets } from '../store/secrets.ts';
import { createStore, type Store } from '../store/store.ts';
import { noteCall, traceEmr, traceEvents, traceFetch, traceFlights, traceJobs, traceLog } from './traced.ts';
import { within } from './within.ts';

/** The outside world, for tests; each has the obvious default. */
export interface Outside {
  fetch?: typeof fetch;
  now?: () => Date;
  /** Told of every SQL statement, without its values. */
  onStatement?: (sql: string) => void;
  log?: Logger;
  /** `jit` by default; `graphql-js` is the way back. */
  engine?: Engine;
}

/** Everything that was built, before anything runs. */
export interface Parts {
  database: Database;
  store: Store;
  fullscript: Fullscript;
  flights: Flights;
  live: LiveChanges;
  audit: AuditTrail;
  operationNeeds: OperationNeeds;
  operations: Operations;
  loaderNeeds: LoaderNeeds;
  /** Where browsers reach this service; without a setting, where it listens, once it does. */
  address: { publicUrl: string | null };
  runner: JobRunner;
  metrics: Metrics;
  tracing: Tracing;
  log: Logger;
  now: () => Date;
  receiveWebhook: ReturnType<typeof createReceiveWebhook>;
  openLabResult: ReturnType<typeof createOpenLabResult>;
  /** Waits for what is under way, up to `waitMs` (10 000), and closes every connection; a second or two more when something hangs. */
  close(waitMs?: number): Promise<void>;
}

/** Brings the schema to the newest, or takes one step back; gives the names of the migrations that ran. */
export async function migrateDatabase(
  database: { url: string; poolSize: number },
  direction: 'up' | 'down',
): Promise<string[]> {
  const opened = await openDatabase(database);
  try {
    if (direction === 'up') return await opened.migrate();
    const reverted = await opened.revertMigration();
    return reverted === null ? [] : [reverted];
  } finally {
    await opened.close();
  }
}

/** Opens the database and joins all rooms; nothing runs yet. Migrates first unless the configuration says not to. */
export async function createParts(config: Config, outside: Outside = {}): Promise<Parts> {
  const now = outside.now ?? (() => new Date());
  const fetchOutside = outside.fetch ?? fetch;
  const bareLog = outside.log ?? createLogger({ level: config.logLevel });
  const tracing = config.tracing ? (await import('../tracing.ts')).startTracing(config.tracing, bareLog) : noTracing;
  const log = traceLog(tracing, bareLog);
  const owner = randomUUID();
  const database = await openDatabase({
    url: config.database.url,
    poolSize: config.database.poolSize,
    onStatement: outside.onStatement,
  });
  try {
    if (config.database.migrate) {
      const migrated = await database.migrate();
      if (migrated.length > 0) log.info({ migrations: migrated }, 'the database schema was brought to the newest');
    }
    return joinRooms(config, { database, now, log, tracing, owner, fetch: fetchOutside });
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** What is worth a line each; the others are answers like any. */
const failures: ReadonlySet<CallRecord['outcome']> = new Set([
  'unavailable',
  'rate_limited',
  'contract',
  'withdrawn',
  'forbidden',
]);

function joinRooms(
  config: Config,
  {
    database,
    now,
    log,
    tracing,
    owner,
    fetch: fetchOutside,
  }: { database: Database; now: () => Date; log: Logger; tracing: Tracing; owner: string; fetch: typeof fetch },
): Parts {
  const secrets = createSecrets(config.encryptionKeys);
  const store = createStore(database, {
    secrets,
    now,
    onError: (message, details) => log.error(details, message),
    onChanges: () => live.announce(),
  });
  const live = createLiveChanges({
    changes: store.changes,
    hints: config.redisUrl
      ? createRedisHints({ redisUrl: config.redisUrl, name: config.fullscript.clientId })
      : noHints,
    now,
    log,
  });
  const pendingTokens = createPendingTokens(watchWithdrawals(store.accounts, { accounts: store.accounts, log }));
  const flights = traceFlights(tracing, createFlights());
  const reads = createReadCounts();
  const metrics = createMetrics(() => ({ store, fullscript, flights, reads, audit, runner }), now);

  const share = Math.max(1, Math.floor(config.fullscript.rateLimit / config.replicas));
  const fullscript = createFullscript({
    settings: { ...config.fullscript, rateLimit: share },
    tokens: pendingTokens,
    fetch: fetchOutside,
    now,
    log,
    onCall(record) {
      metrics.countCall(record);
      noteCall(tracing, record);
      fillPace.note(record.requestId);
      if (failures.has(record.outcome)) log.info(record, 'a call to Fullscript failed');
      else log.debug(record, 'a call to Fullscript');
    },
    onRefresh: (outcome) => metrics.countRefresh(outcome),
    budget: config.redisUrl
      ? createRedisBudget({
          redisUrl: config.redisUrl,
          limit: config.fullscript.rateLimit,
          localLimit: share,
          name: config.fullscript.clientId,
          log,
        })
      : createLocalBudget({ limit: share, now }),
  });

  const emr = traceEmr(tracing, createEmr({ url: config.emr.graphqlUrl }, traceFetch(tracing, fetchOutside)));
  const vouched = createVouchedPatients(emr, now);
  const audit = createAuditTrail({ audit: store.audit, now, log });
  const wake = (job: WakeableJob): void => runner.wake(job);

  const settings: OperationNeeds['settings'] = {
    environment: config.fullscript.environment,
    neededScopes: config.fullscript.scopes,
    returnOrigins: config.emr.returnOrigins,
    restrictedEndpoints: config.fullscript.restrictedEndpoints,
    welcomeEmail: config.fullscript.welcomeEmail,
    embedPublicKey: config.fullscript.embedPublicKey,
    emrServiceToken: config.emr.serviceToken,
    labPdfMaxBytes: config.labs.pdfMaxBytes,
    fileHosts: config.fullscript.fileHosts,
  };
  const mirrorNeeds: MirrorNeeds = {
    store,
    fullscript,
    flights,
    reads,
    settings: {
      environment: config.fullscript.environment,
      freshForSeconds: config.freshForSeconds,
      deadlineMs: config.fullscript.deadlineMs,
    },
    now,
    log,
  };
  const plans = createPlanMirror(mirrorNeeds);
  const labOrders = createLabOrderMirror(mirrorNeeds, createPrepareLabDocuments({ store, now }), () =>
    wake('documents'),
  );
  const patients = createPatientMirror(mirrorNeeds, () => wake('metadata'));
  const products = createProductMirror(mirrorNeeds);
  const locator = createLocator(mirrorNeeds, { plans, labOrders });

  const operationNeeds: OperationNeeds = {
    store,
    fullscript,
    emr,
    vouched,
    plans,
    labOrders,
    patients,
    products,
    flights,
    pendingTokens,
    audit,
    settings,
    now,
    newId: randomUUID,
    newSecret: () => randomBytes(32).toString('base64url'),
    wake,
    log,
  };
  const links = createLabLinks(secrets);
  const address = { publicUrl: config.http.publicUrl };

  const applyInbox = createApplyInbox(
    mirrorNeeds,
    traceEvents(tracing, createApplyEvent(mirrorNeeds, { plans, patients, labOrders, products })),
  );
  const sweep = createSweep(mirrorNeeds, {
    applyPending: applyInbox,
    failedDeliveries: config.fullscript.webhook === null ? null : createFailedDeliveries(mirrorNeeds),
    everySeconds: config.eventSweepSeconds,
  });
  const fillPace = createFillPace({
    // One process of all fills at a time, so that with a shared budget the whole of it counts.
    limit: config.redisUrl ? config.fullscript.rateLimit : share,
    budget: () => fullscript.stats().budget,
    now,
  });
  const fillClinic = createFillClinic(mirrorNeeds, { plans, labOrders, patients }, fillPace);
  const jobs = createJobs(
    {
      confirmRevocations: createConfirmRevocations(operationNeeds),
      writeMetadata: createWriteMetadata(operationNeeds),
      applyInbox,
      sendLabDocuments: createSendLabDocuments(operationNeeds),
      finishImports: createFinishImports(operationNeeds),
      sweepClinics: createSweepRound(mirrorNeeds, sweep, owner, config.eventSweepSeconds),
      fillClinics: createFillRound(mirrorNeeds, fillClinic, owner),
      pollLabOrders: createLabOrderRound(mirrorNeeds, labOrders, owner, toLabPollSeconds(config)),
      verifyAuthorizations: createVerifyAuthorizations(operationNeeds),
      endConnectStates: createEndConnectStates(operationNeeds),
      housekeeping: createHousekeeping(operationNeeds),
    },
    config,
  );
  const runner = createJobRunner(traceJobs(tracing, jobs), log, Math.random, () => now().getTime());

  return {
    database,
    store,
    fullscript,
    flights,
    live,
    audit,
    operationNeeds,
    operations: createOperations(operationNeeds, locator),
    loaderNeeds: {
      store,
      plans,
      labOrders,
      patients,
      products,
      locator,
      live,
      neededScopes: config.fullscript.scopes,
      freshForSeconds: config.freshForSeconds,
      now,
      askPatients: ({ viewer, requestId }, ids) => vouched.ask(viewer, ids, requestId),
      recallPatients: ({ viewer, requestId }, ids) => vouched.recall(viewer, ids, requestId),
      recallChart: ({ viewer, requestId }, id) => vouched.recallChart(viewer, id, requestId),
      recordReads: (entries) => audit.recordReads(entries),
      async toLabLink({ viewer }, result) {
        const token = await links.seal({
          organizationId: viewer.organizationId,
          userId: viewer.userId,
          clinicKey: result.clinicKey,
          resultId: result.id,
          expiresAt: now().getTime() + config.labs.linkSeconds * 1000,
        });
        return address.publicUrl === null ? null : `${address.publicUrl}/lab-results/${token}`;
      },
    },
    address,
    runner,
    metrics,
    tracing,
    log,
    now,
    receiveWebhook: createReceiveWebhook({ store, now, wake }, config.fullscript.webhook),
    openLabResult: createOpenLabResult(operationNeeds, links),
    async close(waitMs = 10_000) {
      const until = performance.now() + waitMs;
      const left = (): number => Math.max(250, until - performance.now());
      const end = async (part: string, milliseconds: number, work: Promise<unknown>): Promise<void> => {
        if (!(await within(milliseconds, work))) log.warn({ part }, 'stopping without waiting any longer');
      };
      await end('live updates', 1000, live.close());
      await Promise.all([end('jobs', left(), runner.stop()), end('fetches', left(), flights.settled())]);
      await end('tokens', left(), fullscript.close());
      await Promise.all([end('audit', 1000, flushWhole(audit)), end('traces', 1500, tracing.close())]);
      audit.end();
      await end('database', 250, database.close());
    },
  };
}

/** Tries until every row is written, for about a second. */
async function flushWhole(audit: AuditTrail): Promise<void> {
  const until = performance.now() + 1000;
  await audit.flush();
  while (audit.waiting() > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await audit.flush();
  }
}
