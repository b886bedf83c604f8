import { randomBytes, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { createEmr } from '../emr/emr.ts';
import { createVouchedPatients } from '../emr/vouched-patients.ts';
import { createLocalBudget } from '../fullscript/budget.ts';
import { createFullscript, type Fullscript } from '../fullscript/fullscript.ts';
import { createRedisBudget } from '../fullscript/redis-budget.ts';
import type { Engine } from '../graphql/execution.ts';
import type { LoaderNeeds } from '../graphql/loaders/request.ts';
import { createJobs } from '../jobs/jobs.ts';
import { createJobRunner, type JobRunner } from '../jobs/runner.ts';
import { createLogger } from '../logger.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import { createApplyEvent } from '../mirror/apply-event.ts';
import { createApplyInbox } from '../mirror/apply-inbox.ts';
import { createLabOrderRound, createSweepRound } from '../mirror/clinic-rounds.ts';
import { createFlights, type Flights } from '../mirror/flights.ts';
import { createLabOrderMirror } from '../mirror/lab-orders.ts';
import { createLocator } from '../mirror/locate.ts';
import type { MirrorNeeds } from '../mirror/needs.ts';
import { createPatientMirror } from '../mirror/patients.ts';
import { createPlanMirror } from '../mirror/plans.ts';
import { createProductMirror } from '../mirror/products.ts';
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
  audit: AuditTrail;
  operationNeeds: OperationNeeds;
  operations: Operations;
  loaderNeeds: LoaderNeeds;
  /** Where browsers reach this service; without a setting, where it listens, once it does. */
  address: { publicUrl: string | null };
  runner: JobRunner;
  metrics: Metrics;
  log: Logger;
  now: () => Date;
  receiveWebhook: ReturnType<typeof createReceiveWebhook>;
  openLabResult: ReturnType<typeof createOpenLabResult>;
  /** Waits for what is under way and closes every connection. */
  close(): Promise<void>;
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
  const log = outside.log ?? createLogger({ level: config.logLevel });
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
    return joinRooms(config, { database, now, log, owner, fetch: fetchOutside });
  } catch (error) {
    await database.close();
    throw error;
  }
}

function joinRooms(
  config: Config,
  {
    database,
    now,
    log,
    owner,
    fetch: fetchOutside,
  }: { database: Database; now: () => Date; log: Logger; owner: string; fetch: typeof fetch },
): Parts {
  const secrets = createSecrets(config.encryptionKeys);
  const store = createStore(database, { secrets, now, onError: (message, details) => log.error(details, message) });
  const pendingTokens = createPendingTokens(watchWithdrawals(store.accounts, { accounts: store.accounts, log }));
  const flights = createFlights();
  const metrics = createMetrics(() => ({ store, fullscript, flights, audit, runner }), now);

  const share = Math.max(1, Math.floor(config.fullscript.rateLimit / config.replicas));
  const fullscript = createFullscript({
    settings: { ...config.fullscript, rateLimit: share },
    tokens: pendingTokens,
    fetch: fetchOutside,
    now,
    log,
    onCall(record) {
      metrics.countCall(record);
      log.debug(record, 'a call to Fullscript');
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

  const emr = createEmr({ url: config.emr.graphqlUrl }, fetchOutside);
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
    settings: {
      environment: config.fullscript.environment,
      freshForSeconds: config.freshForSeconds,
      deadlineMs: config.fullscript.deadlineMs,
    },
    now,
    log,
  };
  const plans = createPlanMirror(mirrorNeeds);
  const labOrders = createLabOrderMirror(mirrorNeeds, createPrepareLabDocuments({ store, now, settings }), () =>
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
    createApplyEvent(mirrorNeeds, { plans, patients, labOrders, products }),
  );
  const sweep = createSweep(mirrorNeeds, applyInbox);
  const runner = createJobRunner(
    createJobs(
      {
        confirmRevocations: createConfirmRevocations(operationNeeds),
        writeMetadata: createWriteMetadata(operationNeeds),
        applyInbox,
        sendLabDocuments: createSendLabDocuments(operationNeeds),
        finishImports: createFinishImports(operationNeeds),
        sweepClinics: createSweepRound(mirrorNeeds, sweep, owner, config.eventSweepSeconds),
        pollLabOrders: createLabOrderRound(mirrorNeeds, labOrders, owner, config.freshForSeconds),
        verifyAuthorizations: createVerifyAuthorizations(operationNeeds),
        endConnectStates: createEndConnectStates(operationNeeds),
        housekeeping: createHousekeeping(operationNeeds),
      },
      config,
    ),
    log,
  );

  return {
    database,
    store,
    fullscript,
    flights,
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
      neededScopes: config.fullscript.scopes,
      freshForSeconds: config.freshForSeconds,
      now,
      askPatients: ({ viewer }, ids) => vouched.ask(viewer, ids),
      recallPatients: ({ viewer }, ids) => vouched.recall(viewer, ids),
      recallChart: ({ viewer }, id) => vouched.recallChart(viewer, id),
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
    log,
    now,
    receiveWebhook: createReceiveWebhook({ store, now, wake }, config.fullscript.webhook),
    openLabResult: createOpenLabResult(operationNeeds, links),
    async close() {
      await runner.stop();
      await flights.settled();
      await audit.flush();
      await fullscript.close();
      await database.close();
    },
  };
}
