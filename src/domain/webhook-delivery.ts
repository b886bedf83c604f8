import type { FullscriptEvent } from './event.ts';

/** One attempt of Fullscript to deliver a webhook, from its log of the last 30 days. */
export interface WebhookDelivery {
  id: string;
  attemptNumber: number | null;
  attemptedAt: string | null;
  /** Null when Fullscript will not try again. */
  nextAttemptAt: string | null;
  successfullyDelivered: boolean | null;
  /** The HTTP status that we answered, when Fullscript got one. */
  responseStatus: number | null;
  /** What was to be delivered; null when it cannot be read. */
  event: FullscriptEvent | null;
}
