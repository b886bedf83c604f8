import type { FastifyInstance } from 'fastify';
import { GraphQLError, type ExecutionArgs, type ExecutionResult, type FormattedExecutionResult } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type Server } from 'graphql-ws';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { findBearer } from '../auth/bearer.ts';
import type { GraphqlServer } from '../graphql/server.ts';
import type { LiveStream } from '../graphql/subscriptions.ts';
import { readSubscriptionRequest } from './event-stream.ts';
import { toRequestId } from './request-id.ts';

/** A message holds a document of at most 20 kB and its variables. */
const maxMessageBytes = 65_536;
/** From the opening of a connection to its `connection_init`. */
const initWithinMs = 5_000;
/** A ping this often keeps proxies from closing a quiet connection; one that does not answer before the next is dead. */
const pingEveryMs = 12_000;
/** What may wait for a client that does not read. One that lets more pile up, as by sending pings and taking no answer, is let go. */
const maxWaitingBytes = 1_048_576;
const maxReasonLetters = 30;
/** After so many pings without a stream a connection is closed: those that follow nothing must not keep others out. */
const maxIdlePings = 5;
/** Connections that one process holds at most, with or without streams. */
const maxConnections = 1000;

/** What the WebSocket part of `/graphql` needs. */
export interface WebSocketNeeds<C extends object> {
  graphql: GraphqlServer<C>;
  /** Whether the gateway's secret has to be shown. */
  closed: boolean;
  isSecret: (given: string | string[] | undefined) => boolean;
  createContext: (request: { bearer: string | null; trusted: boolean; requestId: string }) => Promise<C>;
  log: Record<'info' | 'error', (entry: object, message: string) => void>;
}

interface Connection {
  socket: WebSocket;
  request: IncomingMessage;
  requestId: string;
  /** What was begun over it and may still run. */
  streams: Set<LiveStream>;
}

/** What a client says in `connection_init`, besides or instead of headers, which browsers cannot set. */
type Params = Readonly<Record<string, unknown>> | undefined;

/**
 * Subscriptions over WebSocket at `/graphql`, in the subprotocol `graphql-transport-ws`. The bearer token and the gateway's secret come in the headers of the
 * upgrade or in `connection_init`, there as `authorization` and `x-gateway-secret`, also under `headers`. Queries and mutations are refused here: they
 * go by POST. When the process stops connections are closed with 1001, upon which clients connect anew.
 */
export function addWebSocket<C extends object>(app: FastifyInstance, needs: WebSocketNeeds<C>): void {
  const { subscriptions, schema } = needs.graphql;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => handleProtocols(offered),
  });
  let closing = false;

  const server: Server<Connection> = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: initWithinMs,
    onConnect: ({ extra, connectionParams }) =>
      !needs.closed || needs.isSecret(findText(extra.request, connectionParams, 'x-gateway-secret') ?? undefined),
    async onSubscribe({ extra, connectionParams }, _id, payload) {
      const asked = readSubscriptionRequest(payload);
      if (!asked) return [new GraphQLError('This is no GraphQL request', { extensions: { code: 'BAD_REQUEST' } })];
      const bearer = toBearer(extra.request, connectionParams);
      const opened = await subscriptions.open(asked, () =>
        needs.createContext({ bearer, trusted: needs.closed, requestId: extra.requestId }),
      );
      if ('errors' in opened) {
        return opened.errors.map(
          ({ message, path, extensions }) =>
            new GraphQLError(message, { path: path ?? null, extensions: extensions ?? null }),
        );
      }
      for (const stream of extra.streams) if (!stream.isOpen()) extra.streams.delete(stream);
      extra.streams.add(opened);
      if (extra.socket.readyState !== extra.socket.OPEN) void opened.return('done');
      const { document } = opened;
      return { schema, document, operationName: asked.operationName ?? null, rootValue: opened, contextValue: null };
    },
    subscribe: ({ rootValue }: ExecutionArgs) => rootValue as AsyncIterableIterator<ExecutionResult>,
    // Errors have been translated already.
    onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult,
  });

  function serve(connection: Connection): void {
    const { socket, requestId } = connection;
    const startedAtMs = performance.now();
    const fail = (error: unknown): void => {
      if (error instanceof Error && error.message.startsWith('Unexpected message of type')) {
        socket.close(CloseCode.BadRequest, 'Invalid message received');
        return;
      }
      needs.log.error({ requestId, errorId: randomUUID(), err: error }, 'Unexpected error');
      socket.close(CloseCode.InternalServerError, 'Internal server error');
    };
    let answered = true;
    let idlePings = 0;
    const pings = setInterval(() => {
      if (!answered) {
        socket.terminate();
        return;
      }
      idlePings = [...connection.streams].some((stream) => stream.isOpen()) ? 0 : idlePings + 1;
      if (idlePings >= maxIdlePings) socket.close(1000, 'Nothing is followed');
      answered = false;
      socket.ping();
    }, pingEveryMs);
    socket.on('pong', () => {
      answered = true;
    });
    // A client that breaks the protocol or tears the connection: the socket closes by itself.
    socket.on('error', () => undefined);
    const closed = server.opened(
      {
        protocol: socket.protocol,
        // Resolved once it is on its way, so that a slow client holds up its own stream and nothing piles up here.
        send: (data) =>
          new Promise((resolve) => {
            if (socket.readyState !== socket.OPEN) resolve();
            else socket.send(data, () => resolve());
          }),
        // A reason holds 123 bytes and may repeat what the client sent.
        close: (code, reason) => socket.close(code, reason?.slice(0, maxReasonLetters)),
        onMessage: (take) => {
          socket.on('message', (data) => {
            if (socket.bufferedAmount > maxWaitingBytes) {
              socket.terminate();
              return;
            }
            // eslint-disable-next-line @typescript-eslint/no-base-to-string
            take(String(data)).catch(fail);
          });
        },
      },
      connection,
    );
    socket.once('close', (code, reason) => {
      clearInterval(pings);
      const durationMs = Math.round(performance.now() - startedAtMs);
      needs.log.info({ requestId, method: 'GET', route: '/graphql', status: 101, code, durationMs }, 'Answered');
      closed(code, String(reason)).catch(fail);
      // Also one whose id was given to another before it had begun, of which the protocol's server has lost sight.
      for (const stream of connection.streams) void stream.return('done');
    });
  }

  sockets.on('headers', (headers, request: IncomingMessage & { ownId?: string }) => {
    headers.push(`x-request-id: ${request.ownId ?? ''}`, 'x-content-type-options: nosniff');
  });

  app.server.on('upgrade', (request: IncomingMessage & { ownId?: string }, duplex: Duplex, head: Buffer) => {
    const requestId = toRequestId(request.headers);
    request.ownId = requestId;
    const refuse = (status: string): void => {
      needs.log.info({ requestId, method: 'GET', route: '/graphql', status: Number(status.slice(0, 3)) }, 'Answered');
      duplex.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\nx-request-id: ${requestId}\r\n\r\n`);
    };
    duplex.on('error', () => duplex.destroy());
    if (request.url?.split('?')[0] !== '/graphql') refuse('404 Not Found');
    else if (closing || sockets.clients.size >= maxConnections) refuse('503 Service Unavailable');
    else if (needs.closed && isWrong(request.headers['x-gateway-secret'])) refuse('401 Unauthorized');
    else {
      sockets.handleUpgrade(request, duplex, head, (socket) => {
        serve({ socket, request, requestId, streams: new Set() });
      });
    }
  });

  /** A secret in the header must be right; without one it may still come in `connection_init`. */
  function isWrong(given: string | string[] | undefined): boolean {
    return given !== undefined && !needs.isSecret(given);
  }

  app.addHook('preClose', (done) => {
    closing = true;
    for (const socket of sockets.clients) socket.close(1001, 'Going away');
    // Who does not answer the closing would hold it up.
    setTimeout(() => {
      for (const socket of sockets.clients) socket.terminate();
    }, 1000).unref();
    done();
  });
}

/** The header of the upgrade, else what `connection_init` holds under that name or in its `headers`, in any case of letters. */
function findText(request: IncomingMessage, params: Params, name: string): string | null {
  const header = request.headers[name];
  if (typeof header === 'string') return header;
  for (const place of [params, params?.['headers']]) {
    if (typeof place !== 'object' || place === null) continue;
    const entry = Object.entries(place).find(([key]) => key.toLowerCase() === name);
    if (entry && typeof entry[1] === 'string') return entry[1];
  }
  return null;
}

function toBearer(request: IncomingMessage, params: Params): string | null {
  const headers = request.headersDistinct['authorization'];
  if (headers !== undefined) return findBearer(headers);
  const text = findText(request, params, 'authorization');
  return text === null ? null : findBearer([text]);
}
