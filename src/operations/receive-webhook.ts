import type { FullscriptEvent } from '../domain/event.ts';
import { readEnvelope } from '../fullscript/read-envelope.ts';
import { verify } from '../fullscript/webhook-signature.ts';
import type { OperationNeeds } from './needs.ts';

/** How a webhook is answered; `accepted` carries the challenge that Fullscript must get back. */
export type ReceiveWebhookOutcome =
  | { kind: 'accepted'; challenge: string }
  | { kind: 'notConfigured' }
  | { kind: 'badSignature' }
  | { kind: 'notAnEvent' };

export interface WebhookSettings {
  challenge: string;
  /** All that are accepted, while one takes over from another. */
  secrets: readonly string[];
}

/**
 * `POST /webhooks/fullscript`: stored before it is acknowledged, so that nothing that Fullscript was thanked for is lost. The unsigned empty body by which
 * Fullscript tries the address is answered with the challenge alone.
 */
export function createReceiveWebhook(
  needs: Pick<OperationNeeds, 'store' | 'now' | 'wake'>,
  settings: WebhookSettings | null,
): (rawBody: Uint8Array, signature: string | undefined) => Promise<ReceiveWebhookOutcome> {
  const keep = createKeep(needs);
  return async (rawBody, signature) => {
    if (settings === null) return { kind: 'notConfigured' };
    const accepted: ReceiveWebhookOutcome = { kind: 'accepted', challenge: settings.challenge };
    if (rawBody.length === 0) return accepted;
    if (!verify(rawBody, signature, settings.secrets, needs.now())) return { kind: 'badSignature' };
    const event = readEnvelope(parseJson(rawBody));
    if (!event) return { kind: 'notAnEvent' };
    await keep(event);
    return accepted;
  };
}

/**
 * Makes what stores an event. Those that come while others are being stored are stored together next, so that many at once do not wait for a
 * transaction each; where that fails each is stored alone, so that none fails for another's sake. Throws what the database says.
 */
function createKeep(needs: Pick<OperationNeeds, 'store' | 'now' | 'wake'>): (event: FullscriptEvent) => Promise<void> {
  let waiting: FullscriptEvent[] = [];
  let next: Promise<Promise<void>[]> | null = null;
  let underWay: Promise<unknown> = Promise.resolve();

  async function receive(events: readonly FullscriptEvent[]): Promise<void> {
    const fresh = await needs.store.inbox.receive(events, 'webhook', needs.now().toISOString());
    if (fresh.length > 0) needs.wake('inbox');
  }

  /** One promise for each of the events, in their order. */
  async function receiveAll(events: readonly FullscriptEvent[]): Promise<Promise<void>[]> {
    try {
      await receive(events);
      return events.map(() => Promise.resolve());
    } catch (error) {
      const alone = events.length === 1 ? [Promise.reject(toError(error))] : events.map((event) => receive([event]));
      await Promise.allSettled(alone);
      return alone;
    }
  }

  return async (event) => {
    const place = waiting.push(event) - 1;
    next ??= underWay.then(() => {
      const events = waiting;
      waiting = [];
      next = null;
      const storing = receiveAll(events);
      underWay = storing;
      return storing;
    });
    await (
      await next
    )[place];
  };
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The event could not be stored', { cause: error });
}

function parseJson(rawBody: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(rawBody).toString('utf8'));
  } catch {
    return null;
  }
}
