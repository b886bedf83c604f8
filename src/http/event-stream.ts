import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { SubscriptionRequest } from '../graphql/subscription-documents.ts';
import type { LiveStream, Subscriptions } from '../graphql/subscriptions.ts';

/** A comment this often keeps proxies from taking a quiet stream for a dead one. */
const pingEveryMs = 12_000;
/** A client that has not taken what was written for so long is let go; it begins anew when it is there again. */
const stuckMs = 48_000;

/**
 * What a request asks to have streamed: a subscription, or whatever it is of a client that takes nothing but streams, to be told what is wrong with it before
 * anything is done. Null for everything else, which is answered as ever, so that clients which accept streams too get their queries answered.
 */
export function findSubscription<C>(
  request: FastifyRequest,
  subscriptions: Pick<Subscriptions<C>, 'isSubscription'>,
): SubscriptionRequest | null {
  const accept = request.headers.accept ?? '';
  if (request.method !== 'POST' || !accept.includes('text/event-stream')) return null;
  const asked = readSubscriptionRequest(request.body);
  return asked && (!/\*\/\*|application\//.test(accept) || subscriptions.isSubscription(asked)) ? asked : null;
}

/** Null for what has not the shape of a GraphQL request. */
export function readSubscriptionRequest(body: unknown): SubscriptionRequest | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  const { query, variables = null, operationName = null } = body as Record<string, unknown>;
  if (typeof query !== 'string' || (operationName !== null && typeof operationName !== 'string')) return null;
  if (typeof variables !== 'object' || Array.isArray(variables)) return null;
  return { query, operationName, variables: variables as Readonly<Record<string, unknown>> | null };
}

/**
 * Answers with the events of "GraphQL over Server-Sent Events", distinct connections: `next` for each result, then `complete`. A stream that ends without
 * `complete` was cut by the server, which is stopping, and is to be begun anew. A refusal is a `next` with errors; a document that does not
 * parse or validate is answered 400.
 */
export async function answerEventStream<C>(
  reply: FastifyReply,
  needs: {
    subscriptions: Subscriptions<C>;
    subscription: SubscriptionRequest;
    createContext: () => Promise<C>;
    pingEveryMs?: number;
    stuckMs?: number;
  },
): Promise<FastifyReply> {
  const opened = await needs.subscriptions.open(needs.subscription, needs.createContext);
  if ('errors' in opened && opened.malformed) return await reply.code(400).send({ errors: opened.errors });
  void reply
    .type('text/event-stream; charset=utf-8')
    .header('cache-control', 'no-cache, no-transform')
    .header('x-accel-buffering', 'no')
    // A connection that stays open after its stream would hold up the closing.
    .header('connection', 'close');
  if ('errors' in opened) return await reply.send(`${toEvent('next', { errors: opened.errors })}${completion}`);

  const pingMs = needs.pingEveryMs ?? pingEveryMs;
  let stuckSinceMs: number | null = null;
  const watch = setInterval(() => {
    if (!reply.raw.writableNeedDrain) stuckSinceMs = null;
    else if (performance.now() - (stuckSinceMs ??= performance.now()) >= (needs.stuckMs ?? stuckMs))
      reply.raw.destroy();
  }, pingMs);
  const leave = (): void => {
    clearInterval(watch);
    void opened.return('done');
  };
  reply.raw.once('close', leave);
  // It may have gone while access was looked at.
  if (reply.raw.destroyed) leave();
  // The reader takes the next result when the one before is on its way, so that nothing piles up for a slow client.
  return await reply.send(Readable.from(toEvents(opened, pingMs), { highWaterMark: 1 }));
}

const completion = 'event: complete\ndata: \n\n';

function toEvent(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

async function* toEvents(stream: LiveStream, pingMs: number): AsyncGenerator<string, void, undefined> {
  try {
    yield ':\n\n';
    let pending = stream.next();
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const ping = new Promise<null>((resolve) => {
        timer = setTimeout(() => resolve(null), pingMs);
      });
      const item = await Promise.race([pending, ping]);
      clearTimeout(timer);
      if (item === null) {
        yield ':\n\n';
      } else if (item.done) {
        if (item.value === 'done') yield completion;
        return;
      } else {
        yield toEvent('next', item.value);
        pending = stream.next();
      }
    }
  } finally {
    void stream.return('done');
  }
}
