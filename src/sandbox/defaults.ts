import type { SandboxApp, SandboxSettings, SettingsOverrides } from './settings.ts';

/** The port of the stand-alone sandbox. */
export const defaultPort = 4010;

/** Every scope that Fullscript grants without asking first. */
const defaultScopes: readonly string[] = [
  'catalog:read',
  'clinic:read',
  'clinic:write',
  'patients:read',
  'patients:write',
  'patients:treatment_plan_history',
  'patients:order_history',
];

/** Well-known credentials of the sandbox. They protect nothing: the sandbox holds invented people only. */
export const defaultApp: SandboxApp = {
  name: 'Demo EMR',
  clientId: 'sandbox-client',
  clientSecret: 'sandbox-client-secret',
  redirectUris: ['http://127.0.0.1:4000/fullscript/callback', 'http://localhost:4000/fullscript/callback'],
  scopes: defaultScopes,
  challenge: 'sandbox-challenge',
  webhookSecret: 'sandbox-webhook-secret',
  embedPublicKey: 'sandbox-embed-key',
  embedOrigins: ['http://127.0.0.1:4000', 'http://localhost:4000'],
};

const minuteMs = 60_000;

/** Pauses of Fullscript's webhook retries: 1, 5, 30 and 60 minutes, and 5 hours. */
const defaultWebhookScheduleMs: readonly number[] = [1, 5, 30, 60, 300].map((minutes) => minutes * minuteMs);

/** Fullscript's documented behaviour, and the most careful assumption where nothing is documented. */
export function createSettings(overrides: SettingsOverrides = {}): SandboxSettings {
  return {
    restrictedEndpoints: false,
    refreshGrace: true,
    revokeReaches: 'pair',
    idempotency: false,
    errorShape: 'stringified',
    labEnvelope: 'order',
    labFileField: 'pdf_url',
    fileLinkSeconds: 300,
    ...overrides,
    rateLimit: { limit: 5000, windowMs: 5 * minuteMs, retryAfter: true, ...overrides.rateLimit },
    webhooks: {
      target: null,
      envelope: 'event',
      scheduleMs: defaultWebhookScheduleMs,
      timeoutMs: 2000,
      duplicateShare: 0,
      dropShare: 0,
      reorder: false,
      enabled: true,
      ...overrides.webhooks,
    },
  };
}
