import { randomBytes, randomUUID } from 'node:crypto';
import { createActions, type Actions } from './actions.ts';
import { createCalls, type Calls } from './calls.ts';
import type { SandboxCore } from './core.ts';
import { createSettings, defaultApp } from './defaults.ts';
import { createFaults, type Faults } from './faults.ts';
import { plantSeed } from './seed/plant.ts';
import type { SandboxApp, SettingsOverrides } from './settings.ts';
import { createState, type SandboxEvent } from './state.ts';
import { createWebhookSender, type WebhookSender } from './webhook-sender.ts';

export interface SandboxOptions extends SettingsOverrides {
  /** Overrides of the app's registration; the rest are the well-known defaults. */
  app?: Partial<SandboxApp>;
  /** The time before any offset; the system's by default. */
  clock?: () => Date;
  /** Numbers from 0 to 1 for faults and webhook shares. */
  random?: () => number;
  /** Reaches the webhook endpoint; the global one by default. */
  fetch?: typeof globalThis.fetch;
  /** Whether the invented clinics, people, plans and products exist; true by default. Without them only the catalogue's practitioner types do. */
  seedData?: boolean;
}

/** A whole Fullscript in memory. */
export interface Sandbox extends SandboxCore {
  readonly app: SandboxApp;
  readonly actions: Actions;
  readonly faults: Faults;
  readonly calls: Calls;
  readonly webhooks: WebhookSender;
  /** Tells under which origin the sandbox is reached. */
  setBaseUrl(url: string): void;
  /** Moves the sandbox's time against its clock, in milliseconds; replaces the previous offset. */
  setClockOffset(offsetMs: number): void;
  readonly clockOffsetMs: number;
  /** Back to the seed: all tokens, plans, events, faults and calls since the start are gone. Settings stay. */
  reset(): void;
}

/** Builds a sandbox that does not listen yet. Its seed's dates count back from the clock's time of this moment. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const { app, clock = () => new Date(), random = Math.random, fetch = globalThis.fetch, ...rest } = options;
  const { seedData = true, ...overrides } = rest;
  const state = createState();
  let baseUrl = 'http://127.0.0.1';
  let clockOffsetMs = 0;

  const core: SandboxCore = {
    state,
    app: { ...defaultApp, ...app },
    settings: createSettings(overrides),
    get baseUrl() {
      return baseUrl;
    },
    now: () => new Date(clock().getTime() + clockOffsetMs),
    instant: () => core.now().toISOString(),
    random,
    newId: () => randomUUID(),
    newSecret: (prefix) => `${prefix}_${randomBytes(24).toString('base64url')}`,
    emit(category, type, clinicId, data) {
      const event: SandboxEvent = { id: core.newId(), type, category, createdAt: core.instant(), clinicId, data };
      state.events.push(event);
      webhooks.send(event);
      return event;
    },
    post(mail) {
      state.mails.push({ id: core.newId(), ...mail, sentAt: core.instant() });
    },
  };
  const webhooks = createWebhookSender(core, fetch);
  const faults = createFaults(random);
  const calls = createCalls();
  plantSeed(core, seedData);

  return Object.defineProperties(
    {
      ...core,
      actions: createActions(core),
      faults,
      calls,
      webhooks,
      baseUrl: '',
      clockOffsetMs: 0,
      setBaseUrl(url: string) {
        baseUrl = url.replace(/\/+$/, '');
      },
      setClockOffset(offsetMs: number) {
        clockOffsetMs = offsetMs;
      },
      reset() {
        webhooks.stop();
        faults.clear();
        calls.clear();
        for (const part of Object.values(state) as (unknown[] | Map<string, unknown>)[]) {
          if (Array.isArray(part)) part.length = 0;
          else part.clear();
        }
        plantSeed(core, seedData);
      },
    },
    { baseUrl: { get: () => baseUrl }, clockOffsetMs: { get: () => clockOffsetMs } },
  );
}
