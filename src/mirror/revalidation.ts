import { LRUCache } from 'lru-cache';
import { FullscriptFailure } from '../domain/errors.ts';
import type { ClinicRef } from '../store/keys.ts';
import type { MirrorNeeds } from './needs.ts';

/** Copies of one kind to be refreshed behind an answer. */
export interface RevalidationRequest {
  /** Null for the catalogue, which belongs to no clinic. */
  clinic: ClinicRef | null;
  subjects: readonly string[];
  requestId: string;
  /** Those of the subjects that are still not current: another process may have refreshed them before they were claimed here. */
  findStale(subjects: readonly string[]): Promise<readonly string[]>;
  /** Fetches and stores one. */
  refresh(subject: string): Promise<unknown>;
}

/** Refreshes copies behind an answer. */
export interface Revalidation {
  /**
   * Begins, and comes back at once; nothing that fails reaches the caller. Each subject is refreshed by one process only at a time, which claims it in the
   * database for the time of one fetch: a constant number of statements however many there are. After a failure it is left alone for a second, twice as long
   * after each further one, a minute at most (or as long as Fullscript asks for), and then tried by whoever reads it next.
   */
  begin(request: RevalidationRequest): void;
}

const firstPauseMs = 1000;
const longestPauseMs = 60_000;
/** How much longer than its own deadline a fetch is held, for the database. */
const leaseMarginMs = 5000;

/** How long a copy is left alone after its refresh has failed `failures` times in a row (1 for the first), in milliseconds. */
export function toPauseMs(failures: number, retryAfterSeconds = 0): number {
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 20));
  return Math.max(pauseMs, retryAfterSeconds * 1000);
}

/** Builds the revalidation of one kind of copy: `kind`, in up to 32 characters, is one for each way of refreshing; `called` is for the log. */
export function createRevalidation(
  needs: Pick<MirrorNeeds, 'store' | 'flights' | 'settings' | 'now' | 'log'>,
  { kind, called }: { kind: string; called: string },
): Revalidation {
  const { store, flights, settings, now, log } = needs;
  const leaseMs = settings.deadlineMs + leaseMarginMs;
  /** Until when, in milliseconds of the clock, this process need not try to claim a subject: its reads then cost the database nothing. */
  const leftAlone = new LRUCache<string, number>({ max: 20_000 });

  function toKey(clinic: ClinicRef | null, subject: string): string {
    return JSON.stringify([clinic?.organizationId, clinic?.clinicId, subject]);
  }

  async function revalidate(request: RevalidationRequest, subjects: readonly string[]): Promise<void> {
    const { clinic, requestId } = request;
    const leaveAlone = (subject: string, untilMs: number): void => void leftAlone.set(toKey(clinic, subject), untilMs);
    const free = (subject: string): void => void leftAlone.delete(toKey(clinic, subject));
    try {
      const claim = await store.refreshClaims.take({ clinic, kind, subjects, leaseMs });
      for (const [subject, until] of claim.heldUntil) leaveAlone(subject, Date.parse(until));
      const taken = [...claim.taken.keys()];
      const stale = taken.length === 0 ? [] : await request.findStale(taken);
      const failures = await refreshEach(request, stale);
      await store.refreshClaims.release(claim.owner, {
        clinic,
        kind,
        subjects: taken.filter((subject) => !failures.has(subject)),
      });
      for (const subject of taken) if (!failures.has(subject)) free(subject);

      const subjectsByEnd = new Map<number, string[]>();
      for (const [subject, error] of failures) {
        const before = claim.taken.get(subject)?.failures ?? 0;
        const retryAfterSeconds = error instanceof FullscriptFailure ? error.retryAfterSeconds : undefined;
        const untilMs = now().getTime() + toPauseMs(before + 1, retryAfterSeconds);
        leaveAlone(subject, untilMs);
        subjectsByEnd.set(untilMs, [...(subjectsByEnd.get(untilMs) ?? []), subject]);
      }
      for (const [untilMs, postponed] of subjectsByEnd) {
        const until = new Date(untilMs).toISOString();
        await store.refreshClaims.postpone(claim.owner, { clinic, kind, subjects: postponed, until });
      }
    } catch (error) {
      // The database failed: the claims end by themselves, and so does what this process remembers of them.
      log.warn(
        { requestId, copy: kind, kind: 'bug', err: error },
        `${called} could not be refreshed behind the answer`,
      );
    }
  }

  /** Gives the failures. */
  async function refreshEach(
    { refresh, requestId }: RevalidationRequest,
    subjects: readonly string[],
  ): Promise<Map<string, unknown>> {
    const failures = new Map<string, unknown>();
    const failed = new Map<string, { copies: number; err: unknown }>();
    await Promise.all(
      subjects.map(async (subject) => {
        try {
          await refresh(subject);
        } catch (error) {
          const reason = error instanceof FullscriptFailure ? error.kind : 'bug';
          failed.set(reason, { copies: (failed.get(reason)?.copies ?? 0) + 1, err: error });
          // That it is gone is an answer, and has been stored.
          if (reason !== 'not_found') failures.set(subject, error);
        }
      }),
    );
    for (const [reason, { copies, err }] of failed) {
      const about = { requestId, copy: kind, kind: reason, copies, ...(reason === 'bug' ? { err } : {}) };
      log.warn(about, `${called} could not be refreshed behind the answer`);
    }
    return failures;
  }

  return {
    begin(request) {
      const nowMs = now().getTime();
      const subjects = [...new Set(request.subjects)].filter((subject) => {
        const untilMs = leftAlone.get(toKey(request.clinic, subject));
        return untilMs === undefined || untilMs <= nowMs;
      });
      if (subjects.length === 0) return;
      for (const subject of subjects) leftAlone.set(toKey(request.clinic, subject), nowMs + leaseMs);
      flights.track(revalidate(request, subjects));
    },
  };
}
