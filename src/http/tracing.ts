import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { OpenSpan, Tracing } from '../domain/tracing.ts';

/** Asked by machines every few seconds; nobody follows them. */
const untraced = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * One step for each request, under its route's pattern, as a part of the caller's trace when it has sent one. The rest of the request runs inside of it. To be
 * added before whatever logs, so that log lines carry the trace's ids.
 */
export function addRequestSpans(app: FastifyInstance, tracing: Tracing): void {
  if (!tracing.enabled) return;
  const spans = new WeakMap<FastifyRequest, OpenSpan>();

  app.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unmatched';
    if (untraced.has(route)) {
      done();
      return;
    }
    const { traceparent } = request.headers;
    const attributes = { 'http.request.method': request.method, 'http.route': route };
    const span = tracing.open(
      `${request.method} ${route}`,
      typeof traceparent === 'string' ? traceparent : undefined,
      attributes,
    );
    spans.set(request, span);
    reply.raw.once('close', () => {
      const status = reply.raw.statusCode;
      // Whoever leaves in the middle of an answer may have seen enough; who leaves before it has not.
      const failure = !reply.raw.headersSent ? 'broken_off' : status >= 500 ? String(status) : undefined;
      span.end({ 'http.response.status_code': reply.raw.headersSent ? status : undefined }, failure);
    });
    span.run(done);
  });
  // Whatever waits for a body comes back outside of the context it began in.
  app.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) span.run(done);
    else done();
  });
  app.addHook('onResponse', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) span.run(done);
    else done();
  });
}
