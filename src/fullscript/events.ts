import { z } from 'zod';
import type { FullscriptEvent } from '../domain/event.ts';
import type { WebhookDelivery } from '../domain/webhook-delivery.ts';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import { listAll } from './pages.ts';
import { readEnvelope } from './read-envelope.ts';
import type { Endpoint } from './transport.ts';
import { lenient, readWire, wireBoolean, wireId, wireInstant, wireInteger } from './wire.ts';

export type EventCategory = 'patients' | 'treatment_plans' | 'orders' | 'lab_orders' | 'products' | 'clinic_keys';

/** Fullscript keeps events and deliveries for 30 days. */
export interface Events {
  /**
   * All events of the account's clinic from the day `createdFrom` (yyyy-mm-dd, inclusive) on, oldest first, without `data`.
   * Whole days only, in Fullscript's time zone: ask from a day early and drop what is known by event id.
   */
  list(call: Call, filter: { category: EventCategory; createdFrom: string }): Promise<FullscriptEvent[]>;
  /** One event with its `data`. */
  get(call: Call, id: string): Promise<FullscriptEvent>;
  /** Fullscript's log of webhook attempts. */
  listDeliveries(
    call: Call,
    filter?: { eventId?: string | undefined; successfullyDelivered?: boolean | undefined },
  ): Promise<WebhookDelivery[]>;
}

const scopes: Record<EventCategory, readonly string[]> = {
  patients: ['patients:read'],
  treatment_plans: ['patients:treatment_plan_history'],
  orders: ['patients:order_history'],
  lab_orders: ['patients:order_history'],
  products: ['catalog:read'],
  clinic_keys: ['clinic:read'],
};
const getEndpoint: Endpoint = { method: 'GET', route: '/events/{id}', scopes: [] };
const deliveriesEndpoint: Endpoint = { method: 'GET', route: '/webhooks/deliveries', scopes: [] };

const wireEvent = lenient((value, context): FullscriptEvent => {
  const event = readEnvelope(value);
  if (event) return event;
  context.addIssue({ code: 'custom', message: 'no event' });
  return z.NEVER;
});

const wireDelivery = z
  .object({
    id: wireId,
    attempt_number: wireInteger,
    attempted_at: wireInstant,
    next_attempt_at: wireInstant,
    successfully_delivered: wireBoolean,
    response_status: wireInteger,
    event_payload: z.unknown().optional(),
    event: z.unknown().optional(),
  })
  .transform((delivery): WebhookDelivery => ({
    id: delivery.id,
    attemptNumber: delivery.attempt_number,
    attemptedAt: delivery.attempted_at,
    nextAttemptAt: delivery.next_attempt_at,
    successfullyDelivered: delivery.successfully_delivered,
    responseStatus: delivery.response_status,
    event: readEnvelope(delivery.event_payload) ?? readEnvelope(delivery.event),
  }));

const dayMs = 86_400_000;

/** Makes the calls about events and deliveries. `now` decides until which day a list reaches. */
export function createEvents(client: Client, now: () => Date): Events {
  return {
    list(call, { category, createdFrom }) {
      const endpoint: Endpoint = { method: 'GET', route: `/events/${category}`, scopes: scopes[category] };
      // A range, because a bare `>` may leave out the day itself; until tomorrow, because Fullscript's day may have begun before ours.
      const until = new Date(now().getTime() + dayMs).toISOString().slice(0, 10);
      const query = { created_at: `${createdFrom}..${until}`, sort_by: 'created_at', order_by: 'ASC' };
      return listAll(client, call, endpoint, { query, rowKeys: ['events', category] }, wireEvent);
    },
    async get(call, id) {
      const answer = await client.ask(call, getEndpoint, { params: { id } });
      return readWire(wireEvent, answer.body, answer);
    },
    listDeliveries(call, filter = {}) {
      const query = {
        event_id: filter.eventId,
        successfully_delivered:
          filter.successfullyDelivered === undefined ? undefined : String(filter.successfullyDelivered),
        sort_by: 'attempted_at',
        order_by: 'ASC',
      };
      return listAll(
        client,
        call,
        deliveriesEndpoint,
        { query, rowKeys: ['webhook_deliveries', 'deliveries'] },
        wireDelivery,
      );
    },
  };
}
