import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { startApp } from '../../src/app.ts';
import { createContextFactory } from '../../src/app/request-context.ts';
import { readConfig } from '../../src/config.ts';
import { sdl } from '../../src/graphql/generated/sdl.ts';
import { toClinicScope } from '../../src/mirror/scope.ts';
import { resolvers } from '../../src/graphql/resolvers/resolvers.ts';
import { buildSchema } from '../../src/graphql/server.ts';
import type { SqlValue } from '../../src/store/database.ts';
import { openBareDatabase, startByHand, startFromMemory, toTable, type RecordedStatement } from './by-hand.ts';
import { query, type Representation } from './query.ts';

/*
 * The servers under load, in a process of their own: ours, and what it is compared with. The parent says over the process channel what to do next.
 * Started with the subgraph's environment.
 */

export type ToServers =
  | { kind: 'count' }
  | { kind: 'compare'; representations: Representation[]; bearer: string; gatewaySecret: string }
  | { kind: 'poll' }
  | { kind: 'stop' };

export type FromServers =
  | { kind: 'ready'; url: string }
  /** `cpuMs` is what the process has used of the processors since the last count. */
  | { kind: 'counted'; statements: number; cpuMs: number }
  | {
      kind: 'comparing';
      byHand: string;
      fromMemory: string;
      standalone: string;
      sameAnswer: boolean;
      readsPerRequest: number;
    }
  /** Lab orders were compared with the clinic-wide list of every clinic. */
  | { kind: 'polled' }
  | { kind: 'stopped' };

const send = (message: FromServers): void => void process.send?.(message);

let statements = 0;
let cpu = process.cpuUsage();
const config = readConfig(process.env);
const app = await startApp(config, { onStatement: () => void (statements += 1) });
const { parts } = app;
const closers: (() => unknown)[] = [];

/** Sends one request to ours and keeps every statement that it made, with values. */
async function record(
  representations: readonly Representation[],
  headers: Record<string, string>,
): Promise<{ reads: RecordedStatement[]; write: RecordedStatement; answer: { data: unknown } }> {
  const reads: RecordedStatement[] = [];
  const writes: RecordedStatement[] = [];
  const { database } = parts;
  const originalRead = database.read.bind(database);
  const originalWrite = database.write.bind(database);
  database.read = <T>(sql: string, params: readonly SqlValue[] = []) => {
    reads.push({ sql, params });
    return originalRead<T>(sql, params);
  };
  database.write = (work) =>
    originalWrite((tx) =>
      work({
        engine: tx.engine,
        read: (sql, params) => tx.read(sql, params),
        run(sql, params = []) {
          if (/audit_event/.test(sql)) writes.push({ sql, params });
          return tx.run(sql, params);
        },
      }),
    );
  try {
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables: { representations } }),
    });
    const answer = (await response.json()) as { data: unknown };
    await parts.audit.flush();
    const [write] = writes;
    if (!write) throw new Error('the request wrote no audit rows');
    return { reads, write, answer };
  } finally {
    database.read = originalRead;
    database.write = originalWrite;
  }
}

async function pollLabOrders(): Promise<void> {
  for (const { clinicKey } of await parts.store.clinics.listAll()) {
    const [account] = await parts.store.accounts.findLiveByClinic(clinicKey);
    if (!account) continue;
    await parts.loaderNeeds.labOrders.pollClinic(toClinicScope(account), {
      accountId: account.id,
      priority: 'background',
      requestId: 'soak',
      signal: AbortSignal.timeout(60_000),
    });
  }
}

async function compare(message: Extract<ToServers, { kind: 'compare' }>): Promise<void> {
  const { representations, bearer, gatewaySecret } = message;
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${bearer}`,
    'x-gateway-secret': gatewaySecret,
  };
  const recording = await record(representations, headers);
  const bare = await openBareDatabase(config.database.url);
  // Products are catalogue data, which both keep in memory.
  const products = new Map<string, object>();
  for (const { sql, params } of [{ sql: 'SELECT * FROM product_variant', params: [] }]) {
    for (const row of await bare.read({ sql, params })) {
      const { id, name, brand, units, availability, msrp } = row;
      products.set(String(id), { id, name, brand, units, availability, msrp });
    }
  }
  const reads = recording.reads.filter(({ sql }) => toTable(sql) !== 'product_variant');
  // Audit ids are unique: the copy of the statement must not insert the same ones again.
  const write = { ...recording.write, sql: recording.write.sql.replace(/^INSERT INTO/i, 'REPLACE INTO') };
  const byHand = await startByHand(bare, { reads, write }, products);
  const fromMemory = await startFromMemory(recording.answer);
  closers.push(
    () => byHand.server.close(),
    () => fromMemory.server.close(),
  );

  const { createContext } = createContextFactory(config, parts);
  const standalone = new ApolloServer({ schema: buildSchema(sdl, resolvers) });
  const { url: standaloneUrl } = await startStandaloneServer(standalone, {
    listen: { port: 0, host: '127.0.0.1' },
    context: ({ req }) =>
      createContext({
        bearer: (req.headers.authorization ?? '').replace(/^Bearer /, ''),
        trusted: true,
        requestId: randomUUID(),
      }),
  });
  // The servers first, and their databases when nobody asks any more.
  closers.push(
    () => standalone.stop(),
    () => setTimeout(500),
    () => bare.close(),
  );

  const body = JSON.stringify({ query, variables: { representations } });
  const ask = async (url: string): Promise<string> =>
    JSON.stringify(await (await fetch(url, { method: 'POST', headers, body })).json());
  const ours = JSON.stringify(recording.answer);
  const answers = await Promise.all([ask(byHand.url), ask(standaloneUrl)]);
  send({
    kind: 'comparing',
    byHand: byHand.url,
    fromMemory: fromMemory.url,
    standalone: standaloneUrl,
    sameAnswer: answers.every((answer) => answer === ours),
    readsPerRequest: reads.length,
  });
  if (process.env['BENCH_DEBUG']) {
    const { writeFileSync } = await import('node:fs');
    [ours, ...answers].forEach((answer, index) => writeFileSync(`/tmp/bench-answer-${index}.json`, answer));
  }
}

process.on('message', (message: ToServers) => {
  void (async () => {
    if (message.kind === 'count') {
      const { user, system } = process.cpuUsage(cpu);
      send({ kind: 'counted', statements, cpuMs: (user + system) / 1000 });
      statements = 0;
      cpu = process.cpuUsage();
    } else if (message.kind === 'compare') await compare(message);
    else if (message.kind === 'poll') {
      await pollLabOrders();
      send({ kind: 'polled' });
    } else {
      for (const close of closers) await close();
      await app.stop();
      send({ kind: 'stopped' });
      process.disconnect();
    }
  })();
});
send({ kind: 'ready', url: app.url });
