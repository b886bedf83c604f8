import { setMaxListeners } from 'node:events';
import { FullscriptFailure } from '../domain/errors.ts';
import type { InboxEvent } from '../store/inbox.ts';
import type { Application, ApplyEvent, EventRound } from './apply-event.ts';
import { distrustEvent } from './distrust.ts';
import type { MirrorNeeds } from './needs.ts';

/** How long an event belongs to who took it. */
const leaseMs = 60_000;
/** How long a try may last: it must be over, and what came of it noted, before somebody else may take the event. */
const tryMs = 45_000;
/** Events that are worked on at a time. */
const mostAtOnce = 50;
/** With no more than so many under way others are fetched: a few that hang hold nobody up. */
const fewAtOnce = 10;
/** While something is under way, how often it is looked whether more has come. */
const lookEveryMs = 1000;
/** After so many tries an event is parked, where an operator sees it. */
const maxAttempts = 8;
/** While Fullscript cannot be reached an event is tried for so long before it is parked: an outage is no fault of the event. */
const outageMs = 24 * 3600 * 1000;
/** After so many tries what the event may have changed is no longer called current, and sweeps do not wait for it any more. */
const doubtedAfter = 4;

/**
 * How long an event waits after its `attempts`-th failure (1 for the first): 5 s, doubled each time, an hour at most, and five minutes at most while
 * Fullscript cannot be reached.
 */
export function toEventWaitMs(attempts: number, isOutage = false): number {
  return Math.min(isOutage ? 300_000 : 3_600_000, 5000 * 2 ** Math.min(attempts - 1, 20));
}

/** Works off the events that are due, some at a time; gives how many it looked at. */
export function createApplyInbox(needs: MirrorNeeds, applyEvent: ApplyEvent): (signal: AbortSignal) => Promise<number> {
  const { store, now, log } = needs;

  async function apply(event: InboxEvent, round: EventRound, stopping: AbortSignal): Promise<void> {
    try {
      const application = await tryEvent(event, round);
      if (application.failures.length === 0) await store.inbox.done(event.rowId);
      else if (stopping.aborted) await store.inbox.giveBack(event.rowId, application.appliedTo);
      else await putBack(event, application);
    } catch (error) {
      // Nothing is lost: when the lease is over somebody takes it again.
      log.error({ event: event.rowId, type: event.type, err: error }, 'what came of an event could not be noted');
    }
  }

  async function tryEvent(event: InboxEvent, round: EventRound): Promise<Application> {
    try {
      return await applyEvent(event, `event-${event.rowId}`, round);
    } catch (error) {
      return { appliedTo: [...event.appliedTo], failures: [{ clinicKey: '', organizationId: null, error }] };
    }
  }

  /** The clinics for which an event failed; when it failed before it was known which, all that it may be for. */
  async function findConcerned({ clinicId }: InboxEvent, failures: Application['failures']): Promise<string[]> {
    const keys = failures.map(({ clinicKey }) => clinicKey);
    if (!keys.includes('')) return keys;
    return (await store.clinics.listAll()).filter(({ id }) => id === clinicId).map(({ clinicKey }) => clinicKey);
  }

  async function putBack(event: InboxEvent, { appliedTo, failures }: Application): Promise<void> {
    const { rowId, type, clinicId, attempts } = event;
    const kinds = failures.map(({ error }) => (error instanceof FullscriptFailure ? error.kind : 'bug'));
    const isOutage = kinds.every((kind) => kind === 'unavailable' || kind === 'rate_limited');
    const isOld = now().getTime() - Date.parse(event.receivedAt) >= outageMs;
    const isLast = attempts >= maxAttempts && (!isOutage || isOld);
    const doubts = !event.doubted && (isLast || attempts >= doubtedAfter);
    if (doubts)
      for (const clinicKey of await findConcerned(event, failures)) await distrustEvent(store, clinicKey, event);
    const error = kinds.find((kind) => kind !== 'unavailable' && kind !== 'rate_limited') ?? kinds[0] ?? 'bug';
    const progress = { appliedTo, doubted: event.doubted || doubts };
    if (isLast) await store.inbox.park(rowId, error, progress);
    else {
      const retryAt = new Date(now().getTime() + toEventWaitMs(attempts, isOutage)).toISOString();
      await store.inbox.retryAt(rowId, retryAt, error, progress);
    }
    for (const [at, { organizationId, error }] of failures.entries()) {
      const about = { event: rowId, type, organizationId, clinicId, kind: kinds[at], attempts };
      if (kinds[at] === 'bug') log.error({ ...about, err: error }, 'an event could not be applied');
      else if (isLast) log.error(about, 'an event could not be applied and is parked');
      else log.warn(about, 'an event could not be applied and will be tried again');
    }
  }

  return async (signal) => {
    let seen = 0;
    const underWay = new Set<Promise<void>>();
    const rowIds = new Set<string>();
    while (!signal.aborted) {
      const batch = underWay.size > fewAtOnce ? [] : await store.inbox.claim(mostAtOnce - underWay.size, leaseMs);
      seen += batch.length;
      const round: EventRound = {
        signal: AbortSignal.any([signal, AbortSignal.timeout(tryMs)]),
        reads: new Map(),
      };
      setMaxListeners(0, round.signal);
      for (const event of batch) {
        // A clock that leaps ends leases early.
        if (rowIds.has(event.rowId)) continue;
        rowIds.add(event.rowId);
        const work = apply(event, round, signal).finally(() => {
          underWay.delete(work);
          rowIds.delete(event.rowId);
        });
        underWay.add(work);
      }
      if (underWay.size === 0) break;
      await untilFew(underWay, batch.length === 0 ? underWay.size - 1 : fewAtOnce);
    }
    await Promise.all(underWay);
    return seen;
  };
}

/** Waits until no more than `few` are under way, or until it is time to look whether more has come. */
async function untilFew(underWay: ReadonlySet<Promise<void>>, few: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(true), lookEveryMs)));
  const ends = (): Promise<boolean>[] => [...underWay].map((work) => work.then(() => false));
  while (underWay.size > few && !(await Promise.race([time, ...ends()])));
  clearTimeout(timer);
}
