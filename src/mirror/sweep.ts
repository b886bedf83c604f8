import type { FullscriptEvent } from '../domain/event.ts';
import { FullscriptFailure } from '../domain/errors.ts';
import type { Call } from '../fullscript/call.ts';
import type { EventCategory } from '../fullscript/events.ts';
import { wait } from '../fullscript/wait.ts';
import type { ClinicRef } from '../store/keys.ts';
import { askAny } from './any-account.ts';
import { distrustClinic } from './distrust.ts';
import type { FailedDeliveries } from './failed-deliveries.ts';
import type { MirrorNeeds } from './needs.ts';

type SweptClinic = ClinicRef & { clinicKey: string };

/** Looks through a clinic's events since the last look, so that a lost webhook is made good. */
export interface Sweep {
  /**
   * One clinic. The sweep counts as finished, and what was stored before it as current, only when every event it came upon, and every one that webhooks
   * had brought by its beginning, has been applied; otherwise the next one looks from the same place again. Throws FullscriptFailure.
   */
  sweepClinic(clinic: SweptClinic, signal: AbortSignal): Promise<void>;
}

/** What a sweep needs besides. */
export interface SweepOptions {
  /** Works off the inbox's events that are due. */
  applyPending: (signal: AbortSignal) => Promise<unknown>;
  /** Looks into the log of deliveries; null where no webhooks are expected. */
  failedDeliveries: FailedDeliveries | null;
  /** How often each clinic is swept. */
  everySeconds: number;
}

const hourMs = 3600 * 1000;
const dayMs = 24 * hourMs;
/** Fullscript keeps events for 30 days; a day is left for time zones. */
const keptMs = 29 * dayMs;
/** How far behind the last sweep each one looks again, for clocks that differ and for events that were listed late. */
const overlapMs = 2 * hourMs;
/** An event that no webhook has brought by then counts as missed by webhooks: the first two of Fullscript's tries are over. */
const webhookMs = 120_000;
/** So many sweeps left out are an outage of ours. */
const outageSweeps = 3;
/** How long a sweep waits for events that somebody else is applying. */
const settleMs = 3000;
const lookAgainMs = 250;

/** Makes the sweep of events. */
export function createSweep(needs: MirrorNeeds, options: SweepOptions): Sweep {
  const { store, fullscript, settings, now, log } = needs;
  const hasLabs = settings.environment === 'us' || settings.environment === 'us-snd';
  // Where there are no labs an order changes nothing that is stored.
  const categories: readonly EventCategory[] = hasLabs
    ? ['patients', 'treatment_plans', 'orders', 'lab_orders']
    : ['patients', 'treatment_plans'];

  /** Has everything compared anew. From then on events are looked through again, also when this sweep comes to nothing and the next is late. */
  async function closeGap(clinic: SweptClinic, at: Date): Promise<void> {
    log.warn(
      { organizationId: clinic.organizationId, clinicId: clinic.clinicId },
      'events were missed for too long: the clinic is compared anew',
    );
    await distrustClinic(store, clinic.clinicKey);
    await store.clinics.forgetSweep(clinic.clinicKey, at.toISOString());
  }

  /** Puts one category's events into the inbox; gives how many of them webhooks should have brought and have not. */
  async function collect(
    clinic: SweptClinic,
    category: EventCategory,
    since: number,
    ask: <T>(work: (call: Call) => Promise<T>) => Promise<T>,
    at: Date,
  ): Promise<number> {
    const filter = {
      category,
      // Whole days in a time zone that is not ours: from a day early, and known events drop out by their ids.
      createdFrom: new Date(since - dayMs).toISOString().slice(0, 10),
      knownBefore: new Date(since - overlapMs).toISOString(),
    };
    const listed = await ask((call) => fullscript.events.list(call, filter));
    const events = listed.map((event) => ({ ...event, clinicId: event.clinicId ?? clinic.clinicId }));
    const isLate = ({ createdAt }: FullscriptEvent): boolean =>
      createdAt !== null && Date.parse(createdAt) < at.getTime() - webhookMs && Date.parse(createdAt) >= since;
    const receive = (some: FullscriptEvent[]): Promise<string[]> =>
      store.inbox.receive(some, 'sweep', at.toISOString());
    await receive(events.filter((event) => !isLate(event)));
    return (await receive(events.filter(isLate))).length;
  }

  /** Gives whether everything that was there at `at` is applied; waits a little for what others are just applying. */
  async function settle(clinic: SweptClinic, at: Date, signal: AbortSignal): Promise<boolean> {
    for (let waitedMs = 0; ; waitedMs += lookAgainMs) {
      await options.applyPending(signal);
      if ((await store.inbox.countOpen(clinic.clinicId, at.toISOString())) === 0) return true;
      if (signal.aborted || waitedMs >= settleMs) return false;
      await wait(lookAgainMs, signal);
    }
  }

  return {
    async sweepClinic(clinic, signal) {
      const startedAt = now();
      const accounts = await store.accounts.findLiveByClinic(clinic.clinicKey);
      if (accounts.length === 0) return;
      const cursor = (await store.clinics.find(clinic.clinicKey))?.sweepCursor ?? null;
      // The first sweep answers for everything since somebody could read, however late it comes.
      const sinceText = cursor ?? accounts.map((account) => account.connectedAt).toSorted()[0];
      const last = sinceText === undefined ? startedAt.getTime() : Date.parse(sinceText);
      const isGap = startedAt.getTime() - last > keptMs;
      if (isGap) await closeGap(clinic, startedAt);
      const since = isGap ? startedAt.getTime() : last;

      const requestId = `sweep-${startedAt.getTime().toString(36)}`;
      const ask = <T>(work: (call: Call) => Promise<T>): Promise<T> =>
        askAny(accounts, ({ id }) => work({ accountId: id, priority: 'background', signal, requestId }));
      const wasAway = cursor !== null && startedAt.getTime() - since > outageSweeps * options.everySeconds * 1000;
      // First, because these events come with what the lists leave out.
      if (wasAway) await options.failedDeliveries?.collect(clinic, ask, new Date(since - overlapMs));

      let complete = true;
      let missed = 0;
      for (const category of categories) {
        try {
          missed += await collect(clinic, category, since, ask, startedAt);
        } catch (error) {
          if (!(error instanceof FullscriptFailure) || error.kind !== 'forbidden') throw error;
          if (category === 'patients' || category === 'treatment_plans') complete = false;
          // Nobody there may see these events, nor labs: whatever is stored of them is compared anew once somebody may.
          else await store.copies.expireClinic(clinic.clinicKey, 'labs');
        }
      }
      if (missed > 0 && cursor !== null) {
        const about = { organizationId: clinic.organizationId, clinicId: clinic.clinicId, events: missed };
        if (options.failedDeliveries) log.warn(about, 'a sweep found events that no webhook has brought');
        if (!wasAway) await options.failedDeliveries?.collect(clinic, ask, new Date(since - overlapMs));
      }
      if (!(await settle(clinic, startedAt, signal))) return;
      if (complete && !signal.aborted)
        await store.clinics.saveSweep(clinic.clinicKey, startedAt.toISOString(), startedAt.toISOString());
    },
  };
}
