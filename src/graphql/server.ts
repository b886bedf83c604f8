import {
  ApolloServer,
  type ApolloServerPlugin,
  type BaseContext,
  type GraphQLRequestContext,
  type GraphQLRequestListener,
} from '@apollo/server';
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
  OperationTypeNode,
  parse,
  specifiedRules,
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type GraphQLSchema,
  type ValidationRule,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { Refusal } from '../domain/errors.ts';
import { createExecutor, guardSchema, type Engine } from './execution.ts';
import type { ErrorFormatter, ErrorLog } from './format-error.ts';
import type { Resolvers } from './generated/types.ts';
import { renderLandingPage } from './landing-page.ts';
import { assertDocumentLimits, assertDocumentSize, assertRepresentations, findRootFields } from './limits.ts';
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

/** An error that refuses a whole request and still answers HTTP 200. */
export function toRequestError(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error('Something that is no error was thrown');
  return new GraphQLError(originalError.message, { originalError, extensions: { http: { status: 200 } } });
}

function createLandingPage<C extends BaseContext>(): ApolloServerPlugin<C> {
  return {
    serverWillStart: () =>
      Promise.resolve({
        renderLandingPage: () => Promise.resolve({ html: () => Promise.resolve(renderLandingPage()) }),
      }),
  };
}

const refuseService: ValidationRule = (context) => ({
  Field(node) {
    if (node.name.value === '_service' && context.getParentType() === context.getSchema().getQueryType())
      context.reportError(new GraphQLError('The schema is not shown by this deployment', { nodes: [node] }));
  },
});

/** GraphQL's own rules let a subscription pass where there is no Subscription type, and execution then fails. */
const refuseMissingRoot: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (!context.getSchema().getRootType(node.operation))
      context.reportError(new GraphQLError(`There is no ${node.operation} here`, { nodes: [node] }));
  },
});

const subscriptionHint =
  'Subscriptions are answered as a stream: POST with the header "accept: text/event-stream", or a WebSocket of the subprotocol graphql-transport-ws';

const publicRootFields = new Set(['__schema', '__type', '__typename', '_service']);
const placeholder = parse('{ __typename }', { noLocation: true });
const rememberedDocuments = 1000;

interface KnownDocument {
  document: DocumentNode;
  /** Root fields by operation name. */
  rootFields: Map<string, FieldNode[]>;
}

/**
 * The rules every request passes, in the order they cost: size before parsing, shape before validation, then authentication and the
 * number of representations. Apollo offers no way to refuse in between, so a refused document is replaced by one that asks for nothing
 * and the refusal is thrown at the next step that may throw. Documents that passed are remembered and neither parsed nor validated again.
 */
function createRequestRules<C extends BaseContext>(needs: GraphqlServerNeeds<C>): ApolloServerPlugin<C> {
  const known = new LRUCache<string, KnownDocument>({ max: rememberedDocuments });

  function listen(): GraphQLRequestListener<C> {
    const startedAt = performance.now();
    let refusal: unknown = null;
    return {
      didResolveSource(request) {
        const document = known.get(request.queryHash)?.document;
        if (document) Object.assign(request, { document });
        else refusal = findDocumentRefusal(request.source);
        if (refusal !== null) Object.assign(request, { document: placeholder });
        return Promise.resolve();
      },
      validationDidStart(request) {
        return Promise.resolve((faults?: readonly Error[]) => {
          if (faults === undefined || faults.length === 0)
            known.set(request.queryHash, { document: request.document, rootFields: new Map() });
          return Promise.resolve();
        });
      },
      async didResolveOperation(request) {
        if (refusal !== null) throw toRequestError(refusal);
        try {
          if (request.operation?.operation === OperationTypeNode.SUBSCRIPTION)
            throw new Refusal('BAD_USER_INPUT', subscriptionHint);
          const rootFields = listRootFields(request);
          assertRepresentations(rootFields, request.request.variables);
          if (!rootFields.every((field) => publicRootFields.has(field.name.value)))
            await needs.authenticate?.(request.contextValue);
        } catch (error) {
          throw toRequestError(error);
        }
      },
      didEncounterErrors(request) {
        const entry = needs.describe?.(request.contextValue);
        if (entry) for (const error of request.errors) needs.errors.attach(error, entry);
        return Promise.resolve();
      },
      willSendResponse(request) {
        needs.onOperation?.({
          kind: request.operation?.operation ?? 'unknown',
          outcome: request.errors === undefined || request.errors.length === 0 ? 'ok' : 'errors',
          durationMs: performance.now() - startedAt,
        });
        return Promise.resolve();
      },
    };
  }

  function listRootFields(request: GraphQLRequestContext<C>): FieldNode[] {
    const { document, operation } = request;
    if (!document || !operation) return [];
    const rootFields = request.queryHash === undefined ? undefined : known.get(request.queryHash)?.rootFields;
    const name = operation.name?.value ?? '';
    const found = rootFields?.get(name) ?? findRootFields(document, operation);
    rootFields?.set(name, found);
    return found;
  }

  return { requestDidStart: () => Promise.resolve(listen()) };
}

/** What a new document is refused for; null when nothing, or when it does not parse, which is told in Apollo's words. */
function findDocumentRefusal(source: string): unknown {
  let document: DocumentNode;
  try {
    assertDocumentSize(source);
    document = parse(source, { noLocation: true });
  } catch (error) {
    return error instanceof GraphQLError ? null : error;
  }
  try {
    assertDocumentLimits(document);
    return null;
  } catch (error) {
    return error;
  }
}
