import { createHmac } from 'node:crypto';
import type { SandboxCore } from './core.ts';
import type { Delivery, EventCategory, SandboxEvent } from './state.ts';

/** Sends events to the app's webhook endpoint as Fullscript does: an empty request first, then the signed payload. */
export interface WebhookSender {
  /** Sends an event now and again later while it fails, unless nobody may receive it. */
  send(event: SandboxEvent): void;
  /** Sends events that `reorder` holds back. */
  flush(): void;
  /** Resolves when no request to the endpoint is running; planned retries may remain. */
  settle(): Promise<void>;
  /** Forgets everything planned and breaks off what runs. */
  stop(): void;
}

/** The scope a token needs for the events of a category to be sent. */
export const scopeOfCategory: Record<EventCategory, string> = {
  patients: 'patients:read',
  treatment_plans: 'patients:treatment_plan_history',
  orders: 'patients:order_history',
  lab_orders: 'patients:order_history',
  products: 'catalog:read',
  clinic_keys: 'clinic:read',
};

const heldBackMs = 1000;
const disabledAfterMs = 24 * 3_600_000;

/** The event as a webhook and `GET /api/events/{id}` carry it. */
export function toEventBody(core: SandboxCore, event: SandboxEvent): Record<string, unknown> {
  const clinic = event.clinicId === null ? undefined : core.state.clinics.get(event.clinicId);
  return {
    id: event.id,
    type: event.type,
    created_at: event.createdAt,
    ...(clinic === undefined ? {} : { clinic_id: clinic.id, integration_id: clinic.integrationId }),
    data: event.data,
  };
}

/** The value of the `Fullscript-Signature` header: HMAC-SHA256 over the second, a dot and the raw body. */
function toSignature(secret: string, unixSeconds: number, rawBody: string): string {
  const mac = createHmac('sha256', secret).update(`${unixSeconds}.${rawBody}`).digest('hex');
  return `t=${unixSeconds},v1=${mac}`;
}

/** A sender over the sandbox's settings; `fetch` reaches the endpoint. */
export function createWebhookSender(core: SandboxCore, fetch: typeof globalThis.fetch): WebhookSender {
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let stopping = new AbortController();
  let held: SandboxEvent | null = null;
  let failingSinceMs: number | null = null;

  function mayBeSent(event: SandboxEvent): boolean {
    const { target, enabled } = core.settings.webhooks;
    if (target === null || !enabled) return false;
    const scope = scopeOfCategory[event.category];
    for (const pair of core.state.tokens.values()) {
      if (pair.endedAt !== null || !pair.scopes.includes(scope)) continue;
      if (event.clinicId === null || core.state.users.get(pair.userId)?.clinicId === event.clinicId) return true;
    }
    return false;
  }

  function toBody(event: SandboxEvent): string {
    const body = toEventBody(core, event);
    const { envelope } = core.settings.webhooks;
    if (envelope === 'bare') return JSON.stringify(body);
    return JSON.stringify(envelope === 'event' ? { event: body } : { event_payload: { event: body } });
  }

  async function request(target: string, body: string, headers: Record<string, string>): Promise<Partial<Delivery>> {
    try {
      const response = await fetch(target, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(core.settings.webhooks.timeoutMs), stopping.signal]),
      });
      const text = await response.text();
      const errors: string[] = [];
      if (response.status !== 200 && response.status !== 201) errors.push(`Responded with status ${response.status}`);
      else if (!hasChallenge(text)) errors.push('Challenge token is missing or wrong');
      return {
        responseStatus: response.status,
        responseBody: text,
        responseHeaders: Object.fromEntries(response.headers),
        errors,
      };
    } catch (error) {
      const late = error instanceof Error && error.name === 'TimeoutError';
      return { errors: [late ? 'No response in time' : 'Connection failed'] };
    }
  }

  function hasChallenge(text: string): boolean {
    try {
      const parsed: unknown = JSON.parse(text);
      return (
        typeof parsed === 'object' &&
        parsed !== null &&
        'challenge' in parsed &&
        parsed.challenge === core.app.challenge
      );
    } catch {
      return false;
    }
  }

  async function attempt(event: SandboxEvent, previous: Delivery | null): Promise<void> {
    const { target, scheduleMs, enabled } = core.settings.webhooks;
    if (target === null || !enabled) return;
    const number = (previous?.attemptNumber ?? 0) + 1;
    const delivery: Delivery = {
      id: core.newId(),
      eventId: event.id,
      attemptNumber: number,
      attemptedAt: core.instant(),
      previousAttemptAt: previous?.attemptedAt ?? null,
      nextAttemptAt: null,
      delivered: false,
      responseStatus: null,
      responseBody: null,
      responseHeaders: {},
      errors: [],
    };
    core.state.deliveries.push(delivery);
    const signal = stopping.signal;
    let outcome = await request(target, '', {});
    if (outcome.errors?.length === 0) {
      const body = toBody(event);
      const signature = toSignature(core.app.webhookSecret, Math.floor(core.now().getTime() / 1000), body);
      outcome = await request(target, body, { 'fullscript-signature': signature });
    }
    if (signal.aborted) return;
    Object.assign(delivery, outcome);
    delivery.delivered = delivery.errors.length === 0;
    const nowMs = core.now().getTime();
    if (delivery.delivered) {
      failingSinceMs = null;
      return;
    }
    failingSinceMs ??= nowMs;
    if (delivery.responseStatus === 410 || nowMs - failingSinceMs > disabledAfterMs) {
      core.settings.webhooks.enabled = false;
      failingSinceMs = null;
      return;
    }
    const pauseMs = scheduleMs[number - 1];
    if (pauseMs === undefined) return;
    delivery.nextAttemptAt = new Date(nowMs + pauseMs).toISOString();
    later(pauseMs, () => start(event, delivery));
  }

  function later(pauseMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, pauseMs);
    timer.unref();
    timers.add(timer);
  }

  function start(event: SandboxEvent, previous: Delivery | null): void {
    const run = attempt(event, previous).finally(() => running.delete(run));
    running.add(run);
  }

  function deliver(event: SandboxEvent): void {
    start(event, null);
    if (core.random() < core.settings.webhooks.duplicateShare) start(event, null);
  }

  function flush(): void {
    const event = held;
    held = null;
    if (event !== null) deliver(event);
  }

  return {
    send(event) {
      if (!mayBeSent(event) || core.random() < core.settings.webhooks.dropShare) return;
      if (core.settings.webhooks.reorder && held === null) {
        held = event;
        later(heldBackMs, () => {
          if (held === event) flush();
        });
        return;
      }
      deliver(event);
      flush();
    },
    flush,
    async settle() {
      while (running.size > 0) await Promise.all(running);
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      held = null;
      stopping.abort();
      stopping = new AbortController();
    },
  };
}
