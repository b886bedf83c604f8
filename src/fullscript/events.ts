import { z } from 'zod';
import type { FullscriptEvent } from '../domain/event.ts';
import type { WebhookDelivery } from '../domain/webhook-delivery.ts';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import { listAll } from './pages.ts';
import { readEnvelope } from './read-envelope.ts';
import type { Endpoint } from './endpoint.ts';
import { lenient, readWire, wireBoolean, wireId, wireInstant, wireInteger } from './wire.ts';

export type EventCategory = 'patients' | 'treatment_plans' | 'orders' | 'lab_orders' | 'products' | 'clinic_keys';

/** Fullscript keeps events and deliveries for 30 days. */
export interface Events {
  /**
   * All events of the account's clinic from the day `createdFrom` (yyyy-mm-dd, inclusive) on, oldest first, without `data`.
   * Whole days only, in Fullscript's time zone: ask from a day early and drop what is known by event id. With `knownBefore` reading may stop at the
   * page on which events are older than this instant; then those before it may be missing.
   */
  list(
    call: Call,
    filter: { category: EventCategory; createdFrom: string; knownBefore?: string | undefined },
  ): Promise<FullscriptEvent[]>;
  /** One event with its `data`. */
  get(call: Call, id: string): Promise<FullscriptEvent>;
  /**
   * Fullscript's log of webhook attempts, oldest first; those from the day `attemptedFrom` (yyyy-mm-dd, inclusive) on, with `knownBefore` as for events.
   */
  listDeliveries(
    call: Call,
    filter?: {
      eventId?: string | undefined;
      successfullyDelivered?: boolean | undefined;
      attemptedFrom?: string | undefined;
      knownBefore?: string | undefined;
    },
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

/** Whether a page reaches back to what is known: its rows have times, do run from new to old, and the oldest is older than `knownBefore`. */
function reachesBack(times: readonly (string | null)[], knownBefore: string | undefined): boolean {
  const oldest = times.at(-1);
  if (knownBefore === undefined || oldest === undefined || oldest === null || oldest >= knownBefore) return false;
  return times.every((time, index) => time !== null && (index === 0 || time <= (times[index - 1] ?? '')));
}

/** Makes the calls about events and deliveries. `now` decides until which day a list reaches. */
export function createEvents(client: Client, now: () => Date): Events {
  /** A range, because a bare `>` may leave out the day itself; until tomorrow, because Fullscript's day may have begun before ours. */
  const toDays = (from: string): string => `${from}..${new Date(now().getTime() + dayMs).toISOString().slice(0, 10)}`;

  return {
    async list(call, { category, createdFrom, knownBefore }) {
      const endpoint: Endpoint = { method: 'GET', route: `/events/${category}`, scopes: scopes[category] };
      const query = { created_at: toDays(createdFrom), sort_by: 'created_at', order_by: toOrder(knownBefore) };
      const input = { query, rowKeys: ['events', category] };
      const events = await listAll(client, call, endpoint, input, wireEvent, (rows) =>
        reachesBack(
          rows.map((event) => event.createdAt),
          knownBefore,
        ),
      );
      return knownBefore === undefined ? events : events.toReversed();
    },
    async get(call, id) {
      const answer = await client.ask(call, getEndpoint, { params: { id } });
      return readWire(wireEvent, answer.body, answer);
    },
    async listDeliveries(call, filter = {}) {
      const query = {
        attempted_at: filter.attemptedFrom === undefined ? undefined : toDays(filter.attemptedFrom),
        event_id: filter.eventId,
        successfully_delivered:
          filter.successfullyDelivered === undefined ? undefined : String(filter.successfullyDelivered),
        sort_by: 'attempted_at',
        order_by: toOrder(filter.knownBefore),
      };
      const input = { query, rowKeys: ['webhook_deliveries', 'deliveries'] };
      const deliveries = await listAll(client, call, deliveriesEndpoint, input, wireDelivery, (rows) =>
        reachesBack(
          rows.map((delivery) => delivery.attemptedAt),
          filter.knownBefore,
        ),
      );
      return filter.knownBefore === undefined ? deliveries : deliveries.toReversed();
    },
  };
}

/** From new to old where what is old is known, so that a look at what came lately does not read two days. */
function toOrder(knownBefore: string | undefined): 'ASC' | 'DESC' {
  return knownBefore === undefined ? 'ASC' : 'DESC';
}
