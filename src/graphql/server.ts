import { ApolloServer, type ApolloServerPlugin, type BaseContext } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { createExecutor, guardSchema, type Engine } from './execution.ts';
import type { ErrorFormatter, ErrorLog } from './format-error.ts';
import type { Resolvers } from './generated/types.ts';
import { renderLandingPage } from './landing-page.ts';
import { createRequestRules, refuseMissingRoot, refuseService } from './request-rules.ts';
import { dateScalar, dateTimeScalar } from './scalars.ts';
import { createSubscriptions, type SubscriptionNeeds, type Subscriptions } from './subscriptions.ts';

/** What is told about each answered operation, for metrics; holds no ids and no names a client can choose. */
export interface OperationRecord {
  kind: 'query' | 'mutation' | 'subscription' | 'unknown';
  outcome: 'ok' | 'errors';
  durationMs: number;
}

export interface GraphqlServerNeeds<C extends BaseContext> {
  /** The subgraph's SDL. */
  sdl: string;
  /** Without the scalars, which are added here. */
  resolvers: Resolvers;
  /** Whether introspection, `_service` and the explorer are there; they then need no token. */
  introspection: boolean;
  /** Defaults to `jit`. */
  engine?: Engine;
  log: ErrorLog;
  errors: ErrorFormatter;
  /**
   * Called before an operation is executed, unless it asks for nothing but the schema. What it throws refuses the whole operation, at
   * HTTP 200 like every refusal, so that a gateway keeps the data of other subgraphs.
   */
  authenticate?: (context: C) => void | Promise<void>;
  /** What to log beside an error of a request: its id and organization. */
  describe?: (context: C) => Readonly<Record<string, unknown>>;
  onOperation?: (record: OperationRecord) => void;
  /** What live updates need; left out, each event is resolved as it is and nobody is looked at again. */
  subscriptions?: SubscriptionNeeds<C>;
  /** Runs the execution of an operation, for traces. */
  around?: <T>(kind: OperationRecord['kind'], work: () => Promise<T>) => Promise<T>;
}

export interface GraphqlServer<C extends BaseContext> {
  /** Started. */
  readonly apollo: ApolloServer<C>;
  readonly schema: GraphQLSchema;
  readonly subscriptions: Subscriptions<C>;
  stop(): Promise<void>;
}

/** The schema as federation serves it, safe for either engine. */
export function buildSchema(sdl: string, resolvers: Resolvers): GraphQLSchema {
  const map = { ...resolvers, DateTime: dateTimeScalar, Date: dateScalar };
  return guardSchema(buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: map }]));
}

/**
 * Builds and starts the GraphQL server: limits before validation, compiled execution, errors through one formatter. HTTP batching, cache
 * control, traces and every report to Apollo are off. Requests carry bearer tokens and never cookies, so a foreign page cannot act in a
 * user's name; mutations are taken by POST only.
 */
export async function createGraphqlServer<C extends BaseContext>(
  needs: GraphqlServerNeeds<C>,
): Promise<GraphqlServer<C>> {
  const schema = buildSchema(needs.sdl, needs.resolvers);
  const executor = createExecutor(schema, needs.engine ?? 'jit');
  const around = needs.around ?? ((_, work) => work());
  const ownRules = needs.introspection ? [refuseMissingRoot] : [refuseMissingRoot, refuseService];
  const apollo = new ApolloServer<C>({
    gateway: {
      load: () =>
        Promise.resolve({
          executor: async (request) => {
            const asked = {
              document: request.document,
              documentHash: request.queryHash,
              operationName: request.request.operationName ?? undefined,
              variables: request.request.variables,
              context: request.context,
            };
            const result = await around(isOperationKnown(request) ? request.operation.operation : 'unknown', () =>
              executor(asked),
            );
            return result.data === undefined && isOperationKnown(request) ? toInputFault(result) : result;
          },
        }),
      onSchemaLoadOrUpdate: (callback) => {
        callback({ apiSchema: schema, coreSupergraphSdl: '' });
        return () => undefined;
      },
      stop: () => Promise.resolve(),
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      needs.introspection ? createLandingPage<C>() : ApolloServerPluginLandingPageDisabled(),
      createRequestRules(needs),
    ],
    validationRules: ownRules,
    introspection: needs.introspection,
    hideSchemaDetailsFromClientErrors: !needs.introspection,
    documentStore: null,
    csrfPrevention: false,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    stringifyResult: (value) => JSON.stringify(value),
    formatError: (formatted, error) => needs.errors.format(formatted, error),
    // What it says may repeat an error's message: it goes where errors go, through the same redaction.
    logger: {
      debug: (message: unknown) => needs.log.debug({ err: message }, 'Apollo Server'),
      info: (message: unknown) => needs.log.info({ err: message }, 'Apollo Server'),
      warn: (message: unknown) => needs.log.warn({ err: message }, 'Apollo Server'),
      error: (message: unknown) => needs.log.error({ err: message }, 'Apollo Server'),
    },
  });
  await apollo.start();
  const subscriptions = createSubscriptions<C>({
    toUserKey: () => '',
    readEvent: (_, event) => Promise.resolve(event),
    check: (contexts) => Promise.resolve(contexts.map(() => null)),
    ...needs.subscriptions,
    schema,
    validationRules: [
      ...specifiedRules,
      ...(needs.introspection ? [] : [NoSchemaIntrospectionCustomRule]),
      ...ownRules,
    ],
    introspection: needs.introspection,
    errors: needs.errors,
    authenticate: (context) => needs.authenticate?.(context),
    describe: (context) => needs.describe?.(context) ?? {},
    onOperation: (outcome, durationMs) => needs.onOperation?.({ kind: 'subscription', outcome, durationMs }),
  });
  return {
    apollo,
    schema,
    subscriptions,
    async stop() {
      subscriptions.close();
      await apollo.stop();
    },
  };
}

/** False when the document has no operation of the name that was asked for; Apollo has its own words for that. */
function isOperationKnown(request: { readonly operation?: unknown }): boolean {
  return request.operation !== undefined && request.operation !== null;
}

/** An execution that never began: variables that do not fit. A refusal like others, so at HTTP 200. */
function toInputFault(result: ExecutionResult): ExecutionResult {
  const errors = (result.errors ?? []).map(
    (error) => new GraphQLError(error.message, { extensions: { code: 'BAD_USER_INPUT', http: { status: 200 } } }),
  );
  return { errors };
}

function createLandingPage<C extends BaseContext>(): ApolloServerPlugin<C> {
  return {
    serverWillStart: () =>
      Promise.resolve({
        renderLandingPage: () => Promise.resolve({ html: () => Promise.resolve(renderLandingPage()) }),
      }),
  };
}
