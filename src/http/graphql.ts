import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { findBearer } from '../auth/bearer.ts';
import { toRequestError } from '../graphql/request-rules.ts';
import type { GraphqlServer } from '../graphql/server.ts';
import { answerEventStream, findSubscription } from './event-stream.ts';
import { createGatewayCheck } from './gateway-secret.ts';
import { addWebSocket, type WebSocketNeeds } from './web-socket.ts';

/** A GraphQL request as the context is made from it. */
export interface GraphqlRequest {
  /** The caller's own token; null without one. */
  bearer: string | null;
  /** Whether the gateway has shown its secret; never without a secret being set. */
  trusted: boolean;
  requestId: string;
}

export interface GraphqlRouteNeeds<C extends object> {
  graphql: GraphqlServer<C>;
  /** When there are any, requests without one of them are answered 401. */
  gatewaySecrets: readonly string[];
  /** Whether `GET /graphql` in a browser shows the explorer. The page itself needs no secret, what it asks does. */
  explorer: boolean;
  /** What it throws refuses the request at HTTP 200, like every refusal. */
  createContext: (request: GraphqlRequest) => C | Promise<C>;
}

/** `POST /graphql` with a JSON body, `GET /graphql` for queries and for the explorer. Subscriptions are streamed to who accepts `text/event-stream`. */
export function addGraphqlRoutes<C extends object>(
  app: FastifyInstance,
  needs: GraphqlRouteNeeds<C> & Pick<WebSocketNeeds<C>, 'log'>,
): void {
  const { subscriptions } = needs.graphql;
  const isSecret = createGatewayCheck(needs.gatewaySecrets);
  const closed = needs.gatewaySecrets.length > 0;

  const createContextOf = async (request: GraphqlRequest): Promise<C> => {
    try {
      return await needs.createContext(request);
    } catch (error) {
      throw toRequestError(error);
    }
  };
  const createContext = (request: FastifyRequest): Promise<C> =>
    createContextOf({
      bearer: findBearer(request.raw.headersDistinct['authorization']),
      trusted: closed && isSecret(request.headers['x-gateway-secret']),
      requestId: request.id,
    });

  addWebSocket(app, { graphql: needs.graphql, closed, isSecret, createContext: createContextOf, log: needs.log });
  // After the connections have been told, so that none of their streams looks as if it were complete.
  app.addHook('preClose', (done) => {
    subscriptions.close();
    done();
  });
  const answer = fastifyApolloHandler(needs.graphql.apollo, { context: createContext });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    onRequest: async (request, reply) => {
      if (!closed || isSecret(request.headers['x-gateway-secret']) || (needs.explorer && asksForPage(request))) return;
      await reply.code(401).send({
        errors: [
          { message: 'This service is reached through its gateway only', extensions: { code: 'UNAUTHENTICATED' } },
        ],
      });
    },
    handler(request, reply) {
      const subscription = findSubscription(request, subscriptions);
      if (!subscription) return answer.call(this, request, reply);
      return answerEventStream(reply, {
        subscriptions,
        subscription,
        createContext: () => createContext(request),
      });
    },
  });
}

/** A browser that opens the address, as against a program that sends a query by GET. */
function asksForPage(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? '';
  return request.method === 'GET' && accept.includes('text/html') && !request.url.includes('?');
}
