import type { FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';

/** `GET /metrics` for Prometheus. Needs no token, so it is to be kept inside. */
export function addMetricsRoute(app: FastifyInstance, registry: Registry): void {
  app.get('/metrics', async (_request, reply) => {
    const text = await registry.metrics();
    return await reply.type(registry.contentType).send(text);
  });
}

/** Times every answered request by route pattern, method and status; none of them is of the client's choosing. */
export function addRequestTimes(app: FastifyInstance, registry: Registry): void {
  const times = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer HTTP requests, by route, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  app.addHook('onResponse', (request, reply, done) => {
    // A stream lasts as long as somebody looks at it, which says nothing about the time to answer.
    if (String(reply.getHeader('content-type')).startsWith('text/event-stream')) {
      done();
      return;
    }
    const route = request.routeOptions.url ?? 'unmatched';
    times.observe({ route, method: request.method, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    done();
  });
}
