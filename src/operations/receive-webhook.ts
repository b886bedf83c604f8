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
  return async (rawBody, signature) => {
    if (settings === null) return { kind: 'notConfigured' };
    const accepted: ReceiveWebhookOutcome = { kind: 'accepted', challenge: settings.challenge };
    if (rawBody.length === 0) return accepted;
    if (!verify(rawBody, signature, settings.secrets, needs.now())) return { kind: 'badSignature' };
    const event = readEnvelope(parseJson(rawBody));
    if (!event) return { kind: 'notAnEvent' };
    const fresh = await needs.store.inbox.receive([event], 'webhook', needs.now().toISOString());
    if (fresh.length > 0) needs.wake('inbox');
    return accepted;
  };
}

function parseJson(rawBody: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(rawBody).toString('utf8'));
  } catch {
    return null;
  }
}
