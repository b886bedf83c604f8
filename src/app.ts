import type { Config } from './config.ts';
import { createErrorFormatter } from './graphql/format-error.ts';
import { sdl } from './graphql/generated/sdl.ts';
import { resolvers } from './graphql/resolvers/resolvers.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { createHttpServer } from './http/server.ts';
import type { Database } from './store/database.ts';
import { createParts, type Outside, type Parts } from './app/parts.ts';
import { createContextFactory, type RequestContext } from './app/request-context.ts';

export interface RunningApp {
  /** Where it listens, without a trailing slash. */
  url: string;
  parts: Parts;
  /** Takes no new requests, lets those under way finish for up to 10 s, then closes. */
  stop(): Promise<void>;
}

/** Builds the subgraph and starts to serve it, with the worker inside unless the configuration says not to. */
export async function startApp(config: Config, outside: Outside = {}): Promise<RunningApp> {
  const parts = await createParts(config, outside);
  const { log, metrics } = parts;
  try {
    const { verify, createContext } = createContextFactory(config, parts, outside.fetch ?? fetch);
    const graphql = await createGraphqlServer<RequestContext>({
      sdl,
      resolvers,
      introspection: config.introspection,
      ...(outside.engine ? { engine: outside.engine } : {}),
      log,
      errors: createErrorFormatter({ log }),
      authenticate: (context) => context.assertSignedIn(),
      describe: (context) => ({ requestId: context.requestId, organizationId: context.organizationId }),
      onOperation: (record) => metrics.countOperation(record),
    });
    const http = await createHttpServer<RequestContext>({
      graphql,
      gatewaySecrets: config.gatewaySecrets,
      explorer: config.introspection,
      createContext,
      receiveWebhook: parts.receiveWebhook,
      async openLabResult(token, bearer, request) {
        const viewer = bearer === null ? undefined : await verify(bearer);
        return await parts.openLabResult(token, viewer instanceof Error ? null : viewer, request);
      },
      findUnready: () => findUnready(parts.database),
      registry: metrics.registry,
      log,
    });
    const url = await http.listen(config.http);
    parts.address.publicUrl ??= url;
    if (config.fullscript.webhook === null)
      log.warn({}, 'webhooks are not configured: changes at Fullscript are noticed by sweeps only');
    if (config.worker) parts.runner.start();
    return {
      url,
      parts,
      async stop() {
        await http.close();
        await graphql.stop();
        await parts.close();
      },
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

/** The part that keeps the service from working: a database that does not answer, or one that is not migrated. */
async function findUnready(database: Database): Promise<string | null> {
  try {
    await database.ping();
    return (await database.pendingMigrations()).length > 0 ? 'migrations' : null;
  } catch {
    return 'database';
  }
}
