import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  parse,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type ValidationRule,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { Refusal } from '../domain/errors.ts';
import { assertDocumentLimits, assertDocumentSize } from './limits.ts';

/** What a client asks for. */
export interface SubscriptionRequest {
  query: string;
  operationName?: string | null | undefined;
  variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** A document that does not parse or validate, or names no operation. */
export class DocumentFaults extends Error {
  readonly faults: readonly GraphQLError[];
  constructor(faults: readonly GraphQLError[]) {
    super('The document cannot be used');
    this.faults = faults;
  }
}

/** The documents that subscriptions are asked for with. */
export interface SubscriptionDocuments {
  /** Whether the operation that is asked for is a subscription; false for what does not parse or names no operation. */
  isSubscription(request: SubscriptionRequest): boolean;
  /**
   * The document, parsed and validated. Throws a Refusal for one over the limits and for other operations, `DocumentFaults` for one that cannot be
   * used.
   */
  read(request: SubscriptionRequest): DocumentNode;
}

/** Documents that one process keeps parsed and validated; the one used longest ago goes first. */
const rememberedDocuments = 500;

/** Makes the reader of documents. `validationRules` are those of all other documents; without `introspection`, faults give nothing of the schema away. */
export function createSubscriptionDocuments(needs: {
  schema: GraphQLSchema;
  validationRules: readonly ValidationRule[];
  introspection: boolean;
}): SubscriptionDocuments {
  const { schema } = needs;
  const known = new LRUCache<string, DocumentNode>({ max: rememberedDocuments });

  /** Throws a Refusal for a document over the limits, `DocumentFaults` for one that does not parse or validate. */
  function readWhole(source: string): DocumentNode {
    const remembered = known.get(source);
    if (remembered) return remembered;
    assertDocumentSize(source);
    let document: DocumentNode;
    try {
      document = parse(source);
    } catch (error) {
      throw new DocumentFaults([withCode(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')]);
    }
    assertDocumentLimits(document);
    const faults = validate(schema, document, needs.validationRules);
    if (faults.length > 0) {
      throw new DocumentFaults(
        faults.map((fault) => {
          // As Apollo does for all other documents.
          if (!needs.introspection) fault.message = fault.message.replace(/ ?Did you mean(.+?)\?$/, '');
          return withCode(fault, 'GRAPHQL_VALIDATION_FAILED');
        }),
      );
    }
    known.set(source, document);
    return document;
  }

  return {
    isSubscription({ query, operationName }) {
      // Most requests need not be parsed for this.
      if (!query.includes('subscription')) return false;
      try {
        assertDocumentSize(query);
        const document = known.get(query) ?? parse(query, { noLocation: true });
        return getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION;
      } catch {
        return false;
      }
    },
    read(request) {
      const document = readWhole(request.query);
      const operation = getOperationAST(document, request.operationName);
      if (!operation)
        throw new DocumentFaults([withCode(new GraphQLError('Unknown operation'), 'OPERATION_RESOLUTION_FAILURE')]);
      if (operation.operation !== OperationTypeNode.SUBSCRIPTION)
        throw new Refusal(
          'BAD_USER_INPUT',
          'Only subscriptions are streamed: queries and mutations go by POST and are answered in JSON',
        );
      return document;
    },
  };
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes, source, positions } = error;
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    extensions: { code },
  });
}
