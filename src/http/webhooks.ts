import type { FastifyInstance } from 'fastify';
import type { ReceiveWebhookOutcome } from '../operations/receive-webhook.ts';

export interface WebhookRouteNeeds {
  /** Verifies and stores what was sent. `rawBody` is empty for Fullscript's trial of the address. */
  receiveWebhook: (rawBody: Uint8Array, signature: string | undefined) => Promise<ReceiveWebhookOutcome>;
}

/**
 * `POST /webhooks/fullscript`. The body is taken as bytes, because the signature is over the bytes. 200 with the challenge means stored;
 * 401 and 400 come without the challenge, and 503 while webhooks are not configured.
 */
export function addWebhookRoutes(app: FastifyInstance, needs: WebhookRouteNeeds): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.post('/webhooks/fullscript', async (request, reply) => {
    const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const signature = request.headers['fullscript-signature'];
    const outcome = await needs.receiveWebhook(rawBody, typeof signature === 'string' ? signature : undefined);
    switch (outcome.kind) {
      case 'accepted':
        return await reply.code(200).send({ challenge: outcome.challenge });
      case 'badSignature':
        return await reply.code(401).send({ error: 'The signature is missing or wrong' });
      case 'notAnEvent':
        return await reply.code(400).send({ error: 'The body is not an event with an id and a type' });
      case 'notConfigured':
        return await reply.code(503).send({ error: 'Webhooks are not configured' });
    }
  });
}
