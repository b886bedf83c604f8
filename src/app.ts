import type { Config } from './config.ts';
import { createErrorFormatter } from './graphql/format-error.ts';
import { sdl } from './graphql/generated/sdl.ts';
import { createFollowerCheck } from './graphql/loaders/live-updates.ts';
import { resolvers } from './graphql/resolvers/resolvers.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { createHttpServer } from './http/server.ts';
import { createParts, type Outside, type Parts } from './app/parts.ts';
import { createReadiness } from './app/readiness.ts';
import { createContextFactory, type RequestContext } from './app/request-context.ts';
import type { PatientChange } from './store/changes.ts';

export interface RunningApp {
  /** Where it listens, without a trailing slash. */
  url: string;
  parts: Parts;
  /** Live updates that are streamed now. */
  liveStreams(): number;
  /** Takes no new requests, lets those under way finish for up to 10 s, then closes. */
  stop(): Promise<void>;
}

/** How long what is under way may take to end, once asked to. */
const stopMs = 10_000;

/** Builds the subgraph and starts to serve it, with the worker inside unless the configuration says not to. */
export async function startApp(config: Config, outside: Outside = {}): Promise<RunningApp> {
  const parts = await createParts(config, outside);
  const { log, metrics, tracing } = parts;
  try {
    const { verify, createContext } = createContextFactory(config, parts, outside.fetch ?? fetch);
    const checkFollowers = createFollowerCheck(parts.store);
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
      subscriptions: {
        toUserKey: ({ viewer }) => JSON.stringify([viewer.organizationId, viewer.userId]),
        readEvent: (context, event) => context.loaders.liveUpdates.read(event as PatientChange),
        check: (contexts) => checkFollowers(contexts.map(({ viewer }) => viewer)),
      },
      ...(tracing.enabled
        ? { around: (kind, work) => tracing.span(`graphql ${kind}`, { 'graphql.operation.type': kind }, work) }
        : {}),
    });
    metrics.watchStreams(() => graphql.subscriptions.count());
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
      findUnready: createReadiness(parts.database),
      registry: metrics.registry,
      tracing,
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
      liveStreams: () => graphql.subscriptions.count(),
      async stop() {
        const startedAtMs = performance.now();
        // Jobs are asked to end at once; what they leave is taken up elsewhere.
        void parts.runner.stop();
        await http.close();
        await graphql.stop();
        await parts.close(stopMs - (performance.now() - startedAtMs));
      },
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}
