import type { FullscriptEvent } from '../domain/event.ts';
import type { WebhookDelivery } from '../domain/webhook-delivery.ts';
import type { Call } from './call.ts';

export type EventCategory = 'patients' | 'treatment_plans' | 'orders' | 'lab_orders' | 'products' | 'clinic_keys';

/** Fullscript keeps events and deliveries for 30 days. */
export interface Events {
  /**
   * All events of the account's clinic from the day `createdFrom` (yyyy-mm-dd, inclusive) on, oldest first, without `data`.
   * Whole days only, in Fullscript's time zone: ask from a day early and drop what is known by event id.
   */
  list(call: Call, filter: { category: EventCategory; createdFrom: string }): Promise<FullscriptEvent[]>;
  get(call: Call, id: string): Promise<FullscriptEvent>;
  /** Fullscript's log of webhook attempts. */
  listDeliveries(
    call: Call,
    filter?: { eventId?: string | undefined; successfullyDelivered?: boolean | undefined },
  ): Promise<WebhookDelivery[]>;
}
