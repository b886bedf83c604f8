import type { FastifyInstance } from 'fastify';

export interface HealthRouteNeeds {
  /** Names the part that keeps the service from working, such as `database` or `migrations`; null when all is well. */
  findUnready: () => Promise<string | null>;
  /** Names the part without which the process had better be started again; null when all is well, which is the default. */
  findDead?: () => string | null;
}

/**
 * `GET /healthz`: 200 while the process lives, 503 with the failing part named when it should be started again. `GET /readyz`: 200 when it can work,
 * otherwise 503 with the failing part named.
 */
export function addHealthRoutes(app: FastifyInstance, needs: HealthRouteNeeds): void {
  app.get('/healthz', async (_request, reply) => {
    const failing = needs.findDead?.() ?? null;
    if (failing === null) return { status: 'ok' };
    return await reply.code(503).send({ status: 'not well', failing });
  });

  app.get('/readyz', async (_request, reply) => {
    const failing = await needs.findUnready();
    if (failing === null) return { status: 'ready' };
    return await reply.code(503).send({ status: 'not ready', failing });
  });
}
