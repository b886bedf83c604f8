import type { SandboxApp, SandboxSettings } from './settings.ts';
import type { EventCategory, Mail, SandboxEvent, SandboxState } from './state.ts';

/** What actions and routes stand on: the state, the switches, the time, and the two ways to tell the world. */
export interface SandboxCore {
  readonly state: SandboxState;
  readonly app: SandboxApp;
  readonly settings: SandboxSettings;
  /** Origin under which browsers and clients reach the sandbox, without a slash at the end. */
  readonly baseUrl: string;
  /** The sandbox's time: the given clock plus the offset that tests may set. */
  now(): Date;
  /** The sandbox's time as ISO text. */
  instant(): string;
  /** A number from 0 (inclusive) to 1 (exclusive). */
  random(): number;
  /** A new id. */
  newId(): string;
  /** A new unguessable text, fit for addresses. */
  newSecret(prefix: string): string;
  /** Records that something happened inside Fullscript and sends it to the app's webhook. Not for what the REST API did. */
  emit(category: EventCategory, type: string, clinicId: string | null, data: Record<string, unknown>): SandboxEvent;
  /** Puts a mail into the outbox. */
  post(mail: Pick<Mail, 'to' | 'subject' | 'kind' | 'url'>): void;
}
