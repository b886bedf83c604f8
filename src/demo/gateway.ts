import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';

import { createTruePathsPlugin } from './error-paths.ts';
import { createSubgraphTransports } from './subgraph-transport.ts';

/** What the gateway needs to know. */
export interface GatewayOptions {
  /** The composed supergraph, which names the address of each subgraph. */
  supergraphSdl: string;
  /** Headers for one subgraph alone, by its name: where a shared secret goes. */
  secretHeaders?: Record<string, Record<string, string>>;
  /** How long a subgraph may take to answer. Default 15 000. */
  timeoutMs?: number;
}

/** A gateway as a function from request to answer, to be mounted at `/graphql`. */
export interface Gateway {
  fetch(request: Request): Promise<Response>;
  stop(): Promise<void>;
}

/**
 * Builds the gateway: each subgraph gets the caller's `authorization`, `x-request-id` and `traceparent`, and what is secret between the
 * gateway and that subgraph. The subgraphs' error codes and paths come through as they are.
 */
export function createGateway(options: GatewayOptions): Gateway {
  const runtime = createGatewayRuntime({
    supergraph: options.supergraphSdl,
    graphqlEndpoint: '/graphql',
    graphiql: false,
    landingPage: false,
    logging: false,
    maskedErrors: false,
    plugins: () => [createTruePathsPlugin()],
    transports: createSubgraphTransports({
      forwardedHeaders: ['authorization', 'x-request-id', 'traceparent'],
      secretHeaders: options.secretHeaders ?? {},
      timeoutMs: options.timeoutMs ?? 15_000,
    }),
  });
  return {
    fetch: async (request) => runtime.fetch(request),
    stop: async () => {
      await runtime[Symbol.asyncDispose]();
    },
  };
}
