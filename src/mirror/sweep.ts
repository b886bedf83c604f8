import { FullscriptFailure } from '../domain/errors.ts';
import type { EventCategory } from '../fullscript/events.ts';
import type { ClinicRef } from '../store/keys.ts';
import { tryEach } from './apply-event.ts';
import type { MirrorNeeds } from './needs.ts';

/** Looks through a clinic's events since the last look, so that a lost webhook is made good. */
export interface Sweep {
  /** One clinic; `applyPending` works off the inbox, which must be empty of this clinic's events before the sweep counts as finished. */
  sweepClinic(clinic: ClinicRef & { clinicKey: string }, signal: AbortSignal): Promise<void>;
}

const categories: readonly EventCategory[] = ['patients', 'treatment_plans', 'orders', 'lab_orders'];
const dayMs = 24 * 3600 * 1000;
/** Fullscript keeps events for 30 days; a day is left for time zones. */
const keptMs = 29 * dayMs;

/** `applyPending` works off the inbox's events that are due. */
export function createSweep(needs: MirrorNeeds, applyPending: (signal: AbortSignal) => Promise<unknown>): Sweep {
  const { store, fullscript, now, log } = needs;

  return {
    async sweepClinic(clinic, signal) {
      const startedAt = now();
      const accounts = await store.accounts.findLiveByClinic(clinic.clinicKey);
      if (accounts.length === 0) return;
      const stored = await store.clinics.find(clinic.clinicKey);
      // The first sweep answers for everything since somebody could read, however late it comes.
      const sinceText = stored?.sweepCursor ?? accounts.map((account) => account.connectedAt).toSorted()[0];
      const since = sinceText === undefined ? startedAt.getTime() : Date.parse(sinceText);
      const gap = startedAt.getTime() - since > keptMs;
      if (gap) {
        log.warn(
          { organizationId: clinic.organizationId, clinicId: clinic.clinicId },
          'events were missed for too long: the clinic is compared anew',
        );
        await store.copies.expireClinic(clinic.clinicKey);
        await store.clinics.forgetSweep(clinic.clinicKey);
      }
      // Whole days in a time zone that is not ours: from a day early, and known events drop out by their ids.
      const createdFrom = new Date((gap ? startedAt.getTime() : since) - dayMs).toISOString().slice(0, 10);
      let complete = true;
      for (const category of categories) {
        try {
          await tryEach(accounts, async (account) => {
            const call = {
              accountId: account.id,
              priority: 'background' as const,
              signal,
              requestId: `sweep-${startedAt.getTime().toString(36)}`,
            };
            const events = await fullscript.events.list(call, { category, createdFrom });
            await store.inbox.receive(
              events.map((event) => ({ ...event, clinicId: event.clinicId ?? clinic.clinicId })),
              'sweep',
              startedAt.toISOString(),
            );
          });
        } catch (error) {
          if (!(error instanceof FullscriptFailure) || error.kind !== 'forbidden') throw error;
          // Without the scope for a category its events cannot be seen, nor the objects they would be about.
          complete = complete && category === 'orders';
        }
      }
      await applyPending(signal);
      if (complete && (await store.inbox.countOpen(clinic.clinicId, startedAt.toISOString())) === 0) {
        await store.clinics.saveSweep(clinic.clinicKey, startedAt.toISOString(), startedAt.toISOString());
      }
    },
  };
}
