import type { FullscriptEvent } from '../domain/event.ts';

/** An event that somebody works on. */
export interface InboxEvent extends FullscriptEvent {
  /** The row's own id. */
  rowId: string;
  source: string;
  receivedAt: string;
  /** Which attempt this is, 1 for the first. */
  attempts: number;
}

/** Events from webhooks and sweeps, once each per (event id, clinic), until they are worked off. */
export interface Inbox {
  /** Stores events that are not there yet; gives the row ids of the new ones. Stored means it survives a crash. */
  receive(
    events: readonly FullscriptEvent[],
    source: 'webhook' | 'sweep' | 'own',
    receivedAt: string,
  ): Promise<string[]>;
  /** Takes up to `limit` events that are due, oldest first, each for `leaseMs`; others taking at the same time get others. */
  claim(limit: number, leaseMs: number): Promise<InboxEvent[]>;
  done(rowId: string): Promise<void>;
  /** Puts it back until `runAt`. `error` is an operator's word, without patient data. */
  retryAt(rowId: string, runAt: string, error: string): Promise<void>;
  /** Gives up, visibly. */
  park(rowId: string, error: string): Promise<void>;
  /** Puts parked events back; gives how many. */
  unpark(runAt: string): Promise<number>;
  depth(): Promise<{ pending: number; parked: number; oldestPendingAt: string | null }>;
  /** Deletes finished events received before `before`, at most `limit`; gives how many. */
  prune(before: string, limit: number): Promise<number>;
}
