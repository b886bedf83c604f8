import type { GatewayConfig } from '@graphql-hive/gateway-runtime';
import { GraphQLError, print, type DocumentNode } from 'graphql';

type Transports = NonNullable<GatewayConfig['transports']>;

/** What the gateway asks of a subgraph, as far as the transport looks at it. */
interface SubgraphRequest {
  document: DocumentNode;
  variables?: unknown;
  operationName?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Of the client's request; without `headers` for what the gateway asks on its own account. */
  context?: { headers?: Record<string, string> } | undefined;
}

/** What a subgraph answers. Its data has the type of whatever was asked, hence one that fits every question. */
interface SubgraphAnswer {
  data?: never;
  errors?: readonly GraphQLError[];
}

/** How the gateway talks to its subgraphs. */
export interface SubgraphTransportOptions {
  /** Headers of the client's request that every subgraph gets, in lower case. */
  forwardedHeaders: readonly string[];
  /** Headers for one subgraph alone, by its name. */
  secretHeaders: Record<string, Record<string, string>>;
  /** How long a subgraph may take to answer, in milliseconds. */
  timeoutMs: number;
}

function toUnavailable(subgraphName: string): SubgraphAnswer {
  const name = subgraphName.toLowerCase();
  const extensions = { code: 'SUBGRAPH_UNAVAILABLE', serviceName: name };
  return { errors: [new GraphQLError(`The ${name} subgraph cannot be reached.`, { extensions })] };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An error as JSON brought it. The gateway takes only real errors for errors; of anything else it loses the code. */
function toError(value: unknown): GraphQLError {
  const { message, path, extensions } = isRecord(value) ? value : {};
  return new GraphQLError(typeof message === 'string' ? message : 'The subgraph failed without saying why.', {
    ...(Array.isArray(path) ? { path: path as (string | number)[] } : {}),
    ...(isRecord(extensions) ? { extensions } : {}),
  });
}

/** Null when it is no answer of GraphQL. */
function readAnswer(answer: unknown): SubgraphAnswer | null {
  if (!isRecord(answer) || !('data' in answer || 'errors' in answer)) return null;
  const { data, errors } = answer as { data?: never; errors?: unknown };
  return { ...('data' in answer ? { data } : {}), ...(Array.isArray(errors) ? { errors: errors.map(toError) } : {}) };
}

/**
 * Builds the transport for subgraphs that speak GraphQL over HTTP. An answer that is GraphQL is passed on as it is, whatever
 * its HTTP status; anything else becomes one error with the code SUBGRAPH_UNAVAILABLE and the subgraph's name.
 */
export function createSubgraphTransports(options: SubgraphTransportOptions): Transports {
  const secretHeaders = new Map(
    Object.entries(options.secretHeaders).map(([name, headers]) => [name.toLowerCase(), headers]),
  );
  const printed = new WeakMap<DocumentNode, string>();
  const toText = (document: DocumentNode): string => {
    const text = printed.get(document) ?? print(document);
    printed.set(document, text);
    return text;
  };

  return {
    http: {
      getSubgraphExecutor: ({ subgraphName, transportEntry }) => {
        const url = transportEntry.location;
        if (url === undefined) throw new Error(`The supergraph names no address for ${subgraphName}.`);
        return async (request: SubgraphRequest): Promise<SubgraphAnswer> => {
          const headers: Record<string, string> = {
            'content-type': 'application/json',
            accept: 'application/json',
            ...secretHeaders.get(subgraphName.toLowerCase()),
          };
          for (const name of options.forwardedHeaders) {
            const value = request.context?.headers?.[name];
            if (value !== undefined) headers[name] = value;
          }
          const timeout = AbortSignal.timeout(options.timeoutMs);
          try {
            const response = await fetch(url, {
              method: 'POST',
              headers,
              body: JSON.stringify({
                query: toText(request.document),
                variables: request.variables,
                operationName: request.operationName,
              }),
              signal: request.signal ? AbortSignal.any([request.signal, timeout]) : timeout,
            });
            return readAnswer(await response.json()) ?? toUnavailable(subgraphName);
          } catch {
            return toUnavailable(subgraphName);
          }
        };
      },
    },
  };
}
