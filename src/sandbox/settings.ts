/** The app as it would be registered in Fullscript's dashboard. */
export interface SandboxApp {
  name: string;
  clientId: string;
  clientSecret: string;
  /** Compared exactly, as a whole. */
  redirectUris: readonly string[];
  /** New tokens are born with these; tokens that exist keep theirs. Replace it to play a scope change. */
  scopes: readonly string[];
  /** Secret that the webhook endpoint must echo. */
  challenge: string;
  /** Key of the webhook signature. */
  webhookSecret: string;
  embedPublicKey: string;
  /** Origins that may show the embed. */
  embedOrigins: readonly string[];
}

/** How an event is wrapped in a webhook's body: `{"event":…}`, `{"event_payload":{"event":…}}`, or not at all. */
type WebhookEnvelope = 'event' | 'event_payload' | 'bare';

export interface WebhookSettings {
  /** Where events are sent; null sends none. */
  target: string | null;
  envelope: WebhookEnvelope;
  /** Pauses before the second, third, … attempt, in milliseconds; its length bounds the number of attempts. */
  scheduleMs: readonly number[];
  /** How long the endpoint may take for an answer, in milliseconds. */
  timeoutMs: number;
  /** Share of events, 0 to 1, that are delivered twice. */
  duplicateShare: number;
  /** Share of events, 0 to 1, that are never delivered. They stay readable as events. */
  dropShare: number;
  /** Holds every first event back until the next one has been sent. */
  reorder: boolean;
  /** False after the endpoint answered 410 or failed for 24 hours; set it to true to enable the endpoint again. */
  enabled: boolean;
}

/** Switches for what Fullscript does not document, and for what a test wants to see. All may be changed while running. */
export interface SandboxSettings {
  /** Requests in a rolling window; `retryAfter` says whether a refusal carries the `Retry-After` header. */
  rateLimit: { limit: number; windowMs: number; retryAfter: boolean };
  /** Whether the app may use the endpoints that Fullscript opens on request only: plan creation and activation, product and lab search. */
  restrictedEndpoints: boolean;
  /** Whether a refresh token stays usable until the access token that replaced it is first used. */
  refreshGrace: boolean;
  /** What revoking a token ends: the token and its refresh token, or everything that descends from the same consent. */
  revokeReaches: 'pair' | 'authorization';
  /** Whether `Idempotency-Key` is honoured on POST. */
  idempotency: boolean;
  /** The `error` of a 422: a text that holds a JSON array, an array, an object of arrays by field, or one sentence. */
  errorShape: 'stringified' | 'array' | 'object' | 'sentence';
  labEnvelope: 'order' | 'lab_order';
  labFileField: 'pdf_url' | 'url';
  /** How long the address of a result file works. */
  fileLinkSeconds: number;
  webhooks: WebhookSettings;
}

/** What may be given at the start; everything has a default. */
export interface SettingsOverrides extends Partial<Omit<SandboxSettings, 'webhooks' | 'rateLimit'>> {
  webhooks?: Partial<WebhookSettings>;
  rateLimit?: Partial<SandboxSettings['rateLimit']>;
}
