import type { Caller } from '../auth/caller.ts';
import type { AuditAction, AuditEntry, AuditOutcome } from '../domain/audit.ts';
import { Refusal } from '../domain/errors.ts';
import type { Log } from '../mirror/needs.ts';
import type { Audit } from '../store/audit.ts';

/** What an audit row is about. */
export interface AuditSubject {
  patientId?: string | null | undefined;
  subject?: string | null | undefined;
}

/** Whom an audit row names. */
export interface AuditCaller {
  viewer: { organizationId: string; userId: string };
  requestId: string;
}

/** Who did what to whose Fullscript data. */
export interface AuditTrail {
  /** Writes one row and waits for it; throws when it cannot be written, for what must not happen unrecorded. */
  record(caller: AuditCaller, action: AuditAction, about: AuditSubject, outcome: AuditOutcome): Promise<void>;
  /**
   * Writes one row about something that has happened already, and waits for it. When it cannot be written, the log says so and the row is tried again
   * every second until it is: whoever did it is told what came of it, not that the audit is late.
   */
  recordDone(caller: AuditCaller, action: AuditAction, about: AuditSubject, outcome: AuditOutcome): Promise<void>;
  /**
   * Writes rows soon, so that a read does not wait for them; many requests' rows go in one statement. Throws when too many wait already because the audit
   * cannot be written: what nobody could account for is not read.
   */
  recordReads(entries: readonly AuditEntry[]): void;
  /**
   * Runs an action and records like `recordDone` how it ended: `ok`, `denied` for a refusal of access, otherwise `failed`. `about` is looked at
   * afterwards, so that it may name what the action has made. `isOk` tells a success from an outcome that the caller has to act on.
   */
  audited<T>(
    caller: Caller,
    action: AuditAction,
    about: () => AuditSubject,
    work: () => Promise<T>,
    isOk?: (result: T) => boolean,
  ): Promise<T>;
  /** How many rows are not written yet. */
  waiting(): number;
  /** Waits until everything is written, for a clean stop. */
  flush(): Promise<void>;
  /** Tries nothing more by itself: what is not written by now, and what still comes, is not written. For the end of a stop. */
  end(): void;
}

/** How long the rows of reads may wait for company, in milliseconds; a crash loses no more than these. */
const flushAfterMs = 50;

/** `mostWaiting` is how many rows may wait for the audit to be writable again before reads are refused; 100 000 by default. */
export function createAuditTrail(needs: {
  audit: Audit;
  now: () => Date;
  log: Log;
  mostWaiting?: number | undefined;
}): AuditTrail {
  const mostWaiting = needs.mostWaiting ?? 100_000;
  let waiting: AuditEntry[] = [];
  let beingWritten = 0;
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();
  let ended = false;

  async function writeWaiting(): Promise<void> {
    timer = null;
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    beingWritten = batch.length;
    try {
      await needs.audit.insertMany(batch);
    } catch (error) {
      keep(batch, error);
    } finally {
      beingWritten = 0;
    }
  }

  function keep(batch: readonly AuditEntry[], error: unknown): void {
    needs.log.error({ err: error, rows: batch.length }, 'audit rows could not be written and are kept for another try');
    waiting = [...batch, ...waiting];
    schedule(1000);
  }

  function schedule(delayMs: number): void {
    if (timer || ended) return;
    timer = setTimeout(() => {
      writing = writing.then(writeWaiting);
    }, delayMs);
  }

  function toEntry(caller: AuditCaller, action: AuditAction, about: AuditSubject, outcome: AuditOutcome): AuditEntry {
    return {
      organizationId: caller.viewer.organizationId,
      at: needs.now().toISOString(),
      userId: caller.viewer.userId,
      action,
      patientId: about.patientId ?? null,
      subject: about.subject ?? null,
      outcome,
      requestId: caller.requestId,
    };
  }

  const recordDone: AuditTrail['recordDone'] = async (...row) => {
    const entry = toEntry(...row);
    try {
      await needs.audit.insertMany([entry]);
    } catch (error) {
      keep([entry], error);
    }
  };

  return {
    record: async (...row) => await needs.audit.insertMany([toEntry(...row)]),
    recordDone,
    recordReads(entries) {
      if (entries.length === 0) return;
      if (waiting.length + beingWritten + entries.length > mostWaiting) {
        throw new Error('The audit cannot be written: nothing more is read until it can');
      }
      waiting.push(...entries);
      schedule(flushAfterMs);
    },
    async audited(caller, action, about, work, isOk = () => true) {
      let result;
      try {
        result = await work();
      } catch (error) {
        const denied =
          error instanceof Refusal &&
          (error.code === 'FORBIDDEN' || error.code === 'NOT_FOUND' || error.code === 'FULLSCRIPT_CONNECTION_REQUIRED');
        await recordDone(caller, action, about(), denied ? 'denied' : 'failed');
        throw error;
      }
      await recordDone(caller, action, about(), isOk(result) ? 'ok' : 'failed');
      return result;
    },
    waiting: () => waiting.length + beingWritten,
    end() {
      ended = true;
      if (timer) clearTimeout(timer);
      timer = null;
    },
    async flush() {
      if (timer) clearTimeout(timer);
      timer = null;
      writing = writing.then(writeWaiting);
      await writing;
    },
  };
}
