import type { GatewayConfig } from '@graphql-hive/gateway-runtime';
import { getOperationAST, GraphQLError, OperationTypeNode, print, type DocumentNode } from 'graphql';

import { openEvents } from './event-source.ts';

type Transports = NonNullable<GatewayConfig['transports']>;

/** What the gateway asks of a subgraph, as far as the transport looks at it. */
interface SubgraphRequest {
  document: DocumentNode;
  variables?: unknown;
  operationName?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Of the client's request; without `headers` for what the gateway asks on its own account. */
  context?: { headers?: Record<string, string>; request?: { signal?: AbortSignal } } | undefined;
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

/** The gateway runs an operation before it looks at what its client takes, and would leave a stream that it cannot pass on open for good. */
const notStreamed: SubgraphAnswer = {
  errors: [
    new GraphQLError('Subscriptions are answered as a stream: send the header "accept: text/event-stream".', {
      extensions: { code: 'BAD_USER_INPUT' },
    }),
  ],
};

function takesStreams(accept: string | undefined): boolean {
  return accept === undefined || /text\/event-stream|text\/\*|\*\/\*/.test(accept);
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
 * The answers of a stream as they come. One that is cut, as when the subgraph stops, ends with SUBGRAPH_UNAVAILABLE, so that the client knows to begin anew.
 * Whoever takes no more ends the subgraph's stream too, at once.
 */
function toAnswers(
  events: AsyncIterable<{ name: string; data: string }>,
  leave: () => void,
  unavailable: SubgraphAnswer,
): AsyncGenerator<SubgraphAnswer, void, undefined> {
  async function* read(): AsyncGenerator<SubgraphAnswer, void, undefined> {
    try {
      for await (const { name, data } of events) {
        if (name === 'complete') return;
        if (name === 'next') yield readAnswer(JSON.parse(data)) ?? unavailable;
      }
      yield unavailable;
    } catch {
      yield unavailable;
    } finally {
      leave();
    }
  }
  const answers = read();
  const end = answers.return.bind(answers);
  // A generator returns only once what it waits for has come, which for a change may be never.
  return Object.assign(answers, {
    return: async () => {
      leave();
      return await end();
    },
  });
}

/**
 * Builds the transport for subgraphs that speak GraphQL over HTTP, and over server-sent events for subscriptions. An answer that is GraphQL is passed
 * on as it is, whatever its HTTP status; anything else becomes one error with the code SUBGRAPH_UNAVAILABLE and the subgraph's name.
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
        return async (request: SubgraphRequest): Promise<SubgraphAnswer | AsyncIterable<SubgraphAnswer>> => {
          const operation = getOperationAST(request.document, request.operationName);
          const isStream = operation?.operation === OperationTypeNode.SUBSCRIPTION;
          if (isStream && !takesStreams(request.context?.headers?.['accept'])) return notStreamed;
          const headers: Record<string, string> = {
            'content-type': 'application/json',
            accept: isStream ? 'text/event-stream' : 'application/json',
            ...secretHeaders.get(subgraphName.toLowerCase()),
          };
          for (const name of options.forwardedHeaders) {
            const value = request.context?.headers?.[name];
            if (value !== undefined) headers[name] = value;
          }
          const body = JSON.stringify({
            query: toText(request.document),
            variables: request.variables,
            operationName: request.operationName,
          });
          const leaving = new AbortController();
          const leave = (): void => leaving.abort();
          const timer = setTimeout(leave, options.timeoutMs);
          // A stream's own signal is not passed on, and what waits for its next event hears of nothing else.
          const gone = request.signal ?? request.context?.request?.signal;
          gone?.addEventListener('abort', leave, { once: true });
          if (gone?.aborted) leave();
          try {
            const response = await fetch(url, { method: 'POST', headers, body, signal: leaving.signal });
            const events = isStream ? openEvents(response, leave) : null;
            if (events) return toAnswers(events, leave, toUnavailable(subgraphName));
            return readAnswer(await response.json()) ?? toUnavailable(subgraphName);
          } catch {
            return toUnavailable(subgraphName);
          } finally {
            clearTimeout(timer);
          }
        };
      },
    },
  };
}
