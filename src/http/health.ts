import type { FastifyInstance } from 'fastify';

export interface HealthRouteNeeds {
  /** Names the part that keeps the service from working, such as `database` or `migrations`; null when all is well. */
  findUnready: () => Promise<string | null>;
}

/** `GET /healthz`: 200 while the process lives. `GET /readyz`: 200 when it can work, otherwise 503 with the failing part named. */
export function addHealthRoutes(app: FastifyInstance, needs: HealthRouteNeeds): void {
  app.get('/healthz', () => ({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    const failing = await needs.findUnready();
    if (failing === null) return { status: 'ready' };
    return await reply.code(503).send({ status: 'not ready', failing });
  });
}
