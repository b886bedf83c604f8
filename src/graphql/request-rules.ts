import type { ApolloServerPlugin, BaseContext, GraphQLRequestContext, GraphQLRequestListener } from '@apollo/server';
import {
  GraphQLError,
  OperationTypeNode,
  parse,
  type DocumentNode,
  type FieldNode,
  type ValidationRule,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { Refusal } from '../domain/errors.ts';
import { assertDocumentLimits, assertDocumentSize, assertRepresentations, findRootFields } from './limits.ts';
import type { GraphqlServerNeeds } from './server.ts';

/** An error that refuses a whole request and still answers HTTP 200. */
export function toRequestError(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error('Something that is no error was thrown');
  return new GraphQLError(originalError.message, { originalError, extensions: { http: { status: 200 } } });
}

/** For deployments that do not show their schema. */
export const refuseService: ValidationRule = (context) => ({
  Field(node) {
    if (node.name.value === '_service' && context.getParentType() === context.getSchema().getQueryType())
      context.reportError(new GraphQLError('The schema is not shown by this deployment', { nodes: [node] }));
  },
});

/** GraphQL's own rules let a subscription pass where there is no Subscription type, and execution then fails. */
export const refuseMissingRoot: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (!context.getSchema().getRootType(node.operation))
      context.reportError(new GraphQLError(`There is no ${node.operation} here`, { nodes: [node] }));
  },
});

const subscriptionHint =
  'Subscriptions are answered as a stream: POST with the header "accept: text/event-stream", or a WebSocket of the subprotocol graphql-transport-ws';

const publicRootFields = new Set(['__schema', '__type', '__typename', '_service']);
const placeholder = parse('{ __typename }', { noLocation: true });
/** Documents that one process keeps parsed and validated; the one used longest ago goes first. */
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
export function createRequestRules<C extends BaseContext>(
  needs: Pick<GraphqlServerNeeds<C>, 'errors' | 'authenticate' | 'describe' | 'onOperation'>,
): ApolloServerPlugin<C> {
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
