import { FullscriptFailure } from '../domain/errors.ts';
import type { InboxEvent } from '../store/inbox.ts';
import type { ApplyEvent } from './apply-event.ts';
import type { MirrorNeeds } from './needs.ts';

const leaseMs = 60_000;
/** After so many tries an event is parked, where an operator sees it. */
const maxAttempts = 8;

/** How long an event waits after its `attempts`-th failure (1 for the first): 5 s, doubled each time, an hour at most. */
export function toEventWaitMs(attempts: number): number {
  return Math.min(3_600_000, 5000 * 2 ** Math.min(attempts - 1, 20));
}

/** Works off the events that are due, a few at a time; gives how many it looked at. */
export function createApplyInbox(needs: MirrorNeeds, applyEvent: ApplyEvent): (signal: AbortSignal) => Promise<number> {
  const { store, now, log } = needs;

  async function apply(event: InboxEvent, signal: AbortSignal): Promise<void> {
    try {
      await applyEvent(event, `event-${event.rowId}`, signal);
      await store.inbox.done(event.rowId);
    } catch (error) {
      const kind = error instanceof FullscriptFailure ? error.kind : 'bug';
      const about = {
        event: event.rowId,
        type: event.type,
        clinicId: event.clinicId,
        kind,
        attempts: event.attempts,
      };
      if (kind === 'bug') log.error({ ...about, err: error }, 'an event could not be applied');
      else log.warn(about, 'an event could not be applied and will be tried again');
      if (event.attempts >= maxAttempts) {
        await store.inbox.park(event.rowId, kind);
        await distrust(event);
        return;
      }
      const retryAt = new Date(now().getTime() + toEventWaitMs(event.attempts)).toISOString();
      await store.inbox.retryAt(event.rowId, retryAt, kind);
    }
  }

  /** What a parked event would have changed is unknown: the clinic's copies are compared anew when they are read. */
  async function distrust(event: InboxEvent): Promise<void> {
    for (const clinic of await store.clinics.listAll()) {
      if (clinic.id === event.clinicId) await store.copies.expireClinic(clinic.clinicKey);
    }
  }

  return async (signal) => {
    let seen = 0;
    while (!signal.aborted) {
      const batch = await store.inbox.claim(10, leaseMs);
      if (batch.length === 0) break;
      seen += batch.length;
      await Promise.all(batch.map((event) => apply(event, signal)));
    }
    return seen;
  };
}
