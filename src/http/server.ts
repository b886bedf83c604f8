import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { noTracing, type Tracing } from '../domain/tracing.ts';
import { addGraphqlRoutes, type GraphqlRouteNeeds } from './graphql.ts';
import { addHealthRoutes, type HealthRouteNeeds } from './health.ts';
import { addLabResultRoutes, type LabResultRouteNeeds } from './lab-results.ts';
import { addMetricsRoute, addRequestTimes } from './metrics.ts';
import { PlainRequest } from './plain-request.ts';
import { toRequestId } from './request-id.ts';
import { addRequestSpans } from './tracing.ts';
import { addWebhookRoutes, type WebhookRouteNeeds } from './webhooks.ts';

const bodyLimitBytes = 1_048_576;
/** Longest wait for requests under way when the server closes. */
const drainMs = 10_000;

/** What this room needs of a log. */
export type HttpLog = Record<'debug' | 'info' | 'warn' | 'error', (entry: object, message: string) => void>;

/** What every server of this room needs. */
interface BareServerNeeds {
  log: HttpLog;
  registry: Registry;
  /** Makes each request a part of its caller's trace; none by default. */
  tracing?: Tracing;
  /** Longest wait for requests under way at `close`, milliseconds; 10000. */
  drainMs?: number;
}

export interface HttpServerNeeds<C extends object>
  extends GraphqlRouteNeeds<C>, WebhookRouteNeeds, LabResultRouteNeeds, HealthRouteNeeds, BareServerNeeds {}

export interface HttpServer {
  /** Starts to listen; port 0 lets the system choose. Gives the address without a trailing slash. */
  listen(options: { host: string; port: number }): Promise<string>;
  /** Takes no new requests, lets those under way finish for up to `drainMs`, then cuts what is left. */
  close(): Promise<void>;
}

/** Joins all routes into one server. Every answer carries `x-request-id`; bodies over 1 MiB are answered 413 on every route. */
export async function createHttpServer<C extends object>(needs: HttpServerNeeds<C>): Promise<HttpServer> {
  const { app, ...server } = createBareServer(needs);
  addGraphqlRoutes(app, needs);
  addLabResultRoutes(app, needs);
  addHealthRoutes(app, needs);
  addMetricsRoute(app, needs.registry);
  await app.register((scope, _options, done) => {
    addWebhookRoutes(scope, needs);
    done();
  });
  return server;
}

/** Health, readiness and metrics alone, for a process that serves nobody else. */
export function createProbeServer(needs: HealthRouteNeeds & BareServerNeeds): HttpServer {
  const { app, ...server } = createBareServer(needs);
  addHealthRoutes(app, needs);
  addMetricsRoute(app, needs.registry);
  return server;
}

/** What every server has: answer headers, access log, times, answers to faults, and an orderly end. */
function createBareServer(needs: BareServerNeeds): HttpServer & { app: FastifyInstance } {
  const app = fastify({
    logger: false,
    http: { IncomingMessage: PlainRequest },
    bodyLimit: bodyLimitBytes,
    genReqId: ({ headers }) => toRequestId(headers),
    requestIdHeader: false,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    routerOptions: { maxParamLength: 8192 },
    requestTimeout: 60_000,
    // No hook runs for an address that cannot be read, and the framework's own answer repeats it.
    frameworkErrors: (error, request, reply) => {
      setAnswerHeaders(request, reply);
      void answerError(error, request, reply, needs.log);
    },
  });
  let closing = false;
  // A connection that is kept open by its client would hold up the closing.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) void reply.header('connection', 'close');
    done(null, payload);
  });
  app.removeContentTypeParser('text/plain');
  addAnswerHeaders(app);
  addRequestSpans(app, needs.tracing ?? noTracing);
  addAccessLog(app, needs.log);
  addRequestTimes(app, needs.registry);
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, needs.log));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'There is nothing here' }));

  return {
    app,
    async listen({ host, port }) {
      await app.listen({ host, port });
      const { address, port: takenPort, family } = app.server.address() as AddressInfo;
      const anywhere = address === '0.0.0.0' || address === '::';
      const name = anywhere ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
      return `http://${name}:${takenPort}`;
    },
    async close() {
      closing = true;
      const cut = setTimeout(() => app.server.closeAllConnections(), needs.drainMs ?? drainMs);
      try {
        await app.close();
      } finally {
        clearTimeout(cut);
      }
    },
  };
}

function addAnswerHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    setAnswerHeaders(request, reply);
    done();
  });
}

function setAnswerHeaders(request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
}

/** One line a request: the route's pattern instead of the address, which may hold a token or a query. */
function addAccessLog(app: FastifyInstance, log: HttpLog): void {
  const quiet = new Set(['/healthz', '/readyz', '/metrics']);
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unmatched';
    const entry = {
      requestId: request.id,
      method: request.method,
      route,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
    };
    if (quiet.has(route)) log.debug(entry, 'Answered');
    else log.info(entry, 'Answered');
    done();
  });
}

const clientFaults: Record<number, string> = {
  400: 'The request cannot be read',
  408: 'The request took too long to arrive',
  413: 'The body is over 1 MiB',
  415: 'The body must be application/json',
};

/** Faults of the request are told in our own words, since the framework's may repeat parts of the body; the rest are bugs. */
function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply, log: HttpLog): FastifyReply {
  const status = error.statusCode ?? 500;
  const told = clientFaults[status];
  let message = told ?? 'The request was refused';
  let extensions: Record<string, unknown> = { code: 'BAD_REQUEST' };
  if (status >= 500 || status < 400) {
    const errorId = randomUUID();
    log.error({ requestId: request.id, errorId, err: error }, 'Unexpected error');
    message = 'Internal server error';
    extensions = { code: 'INTERNAL_SERVER_ERROR', errorId };
  }
  const sent = status >= 400 && status < 500 ? status : 500;
  const body =
    request.routeOptions.url === '/graphql' ? { errors: [{ message, extensions }] } : { error: message, ...extensions };
  return reply.code(sent).send(body);
}
