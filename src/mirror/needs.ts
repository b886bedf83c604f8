import { setMaxListeners } from 'node:events';
import type { FullscriptEnvironment } from '../domain/account.ts';
import { findAllowance, lendAllowance } from '../domain/wait-allowance.ts';
import type { Call } from '../fullscript/call.ts';
import type { Fullscript } from '../fullscript/fullscript.ts';
import type { Store } from '../store/store.ts';
import type { Flights } from './flights.ts';
import type { ReadCounts } from './read-counts.ts';

/** The part of a logger that is used here. Fields never hold patient data. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface MirrorSettings {
  environment: FullscriptEnvironment;
  /** How long a copy counts as current, in seconds. */
  freshForSeconds: number;
  /** How long one fetch of the copy may take altogether, in milliseconds. */
  deadlineMs: number;
}

/** What everything in this room is built from. */
export interface MirrorNeeds {
  store: Store;
  fullscript: Fullscript;
  flights: Flights;
  /** Counts how reads met the copy. */
  reads: ReadCounts;
  settings: MirrorSettings;
  now: () => Date;
  log: Log;
}

export interface SharedCallOptions {
  /** Interactive unless said. */
  priority?: Call['priority'] | undefined;
  /** Fires when somebody begins to wait for a background fetch. */
  raised?: AbortSignal | undefined;
  /** The signal of the reader who starts the fetch: what that request may wait for the limit on calls bounds the fetch as well. */
  reader?: AbortSignal | null | undefined;
}

/**
 * The call behind a fetch that several readers may wait for: it has a deadline of its own, since the reader who started it may
 * leave while others still wait.
 */
export function toSharedCall(
  needs: Pick<MirrorNeeds, 'settings'>,
  accountId: string,
  requestId: string,
  how: SharedCallOptions = {},
): Call {
  const signal = AbortSignal.timeout(needs.settings.deadlineMs);
  lendAllowance(signal, findAllowance(how.reader));
  // One fetch may make many calls at a time.
  setMaxListeners(0, signal);
  return { accountId, priority: how.priority ?? 'interactive', requestId, signal, raised: how.raised };
}
