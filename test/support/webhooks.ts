import { createHmac, randomUUID } from 'node:crypto';
import { defaultApp } from '../../src/sandbox/defaults.ts';
import type { SandboxEvent } from '../../src/sandbox/state.ts';

/** How an attempt at a webhook was answered. */
export interface Acknowledgement {
  status: number;
  /** Whether Fullscript got its challenge back. */
  challenged: boolean;
  tookMs: number;
}

/** The header that Fullscript sends with a body. */
export function signWebhook(body: string, at = new Date(), key = defaultApp.webhookSecret): string {
  const seconds = Math.floor(at.getTime() / 1000);
  return `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.`).update(body).digest('hex')}`;
}

/** An event as Fullscript sends it. */
export function toWebhook(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: randomUUID(),
    type: 'treatment_plan.updated',
    created_at: new Date().toISOString(),
    clinic_id: 'nobody',
    data: {},
    ...overrides,
  };
}

/** The sandbox's own event as its webhook. */
export function toWebhookOf(event: SandboxEvent | undefined): Record<string, unknown> {
  if (!event) throw new Error('The sandbox has no event');
  const { id, type, createdAt, clinicId, data } = event;
  return { id, type, created_at: createdAt, clinic_id: clinicId, data };
}

/** Sends an event to the process at `url`, freshly signed. */
export async function sendWebhook(url: string, event: object, at = new Date()): Promise<Acknowledgement> {
  const body = JSON.stringify({ event });
  const startedMs = performance.now();
  const response = await fetch(`${url}/webhooks/fullscript`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'fullscript-signature': signWebhook(body, at) },
  });
  const text = await response.text();
  return {
    status: response.status,
    challenged: text.includes(defaultApp.challenge),
    tookMs: performance.now() - startedMs,
  };
}
