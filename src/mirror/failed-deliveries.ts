import { LRUCache } from 'lru-cache';
import { FullscriptFailure } from '../domain/errors.ts';
import type { WebhookDelivery } from '../domain/webhook-delivery.ts';
import type { Call } from '../fullscript/call.ts';
import type { ClinicRef } from '../store/keys.ts';
import type { MirrorNeeds } from './needs.ts';

/** Fullscript's log of webhooks that it could not deliver. */
export interface FailedDeliveries {
  /**
   * Puts what the failed deliveries since `since` carried into the inbox, and tells the log when they show that our address does not work. Asked at most
   * once in an hour for each clinic. Never fails: the lists of events have everything that matters, only without its data.
   */
  collect(
    clinic: ClinicRef & { clinicKey: string },
    ask: <T>(work: (call: Call) => Promise<T>) => Promise<T>,
    since: Date,
  ): Promise<void>;
}

const hourMs = 3600 * 1000;
const dayMs = 24 * hourMs;
/** Fullscript's number of tries; one that is not followed by another before that was given up early, as for an address that is switched off. */
const allAttempts = 6;
/** Fewer failures than this happen on any day. */
const telling = 3;

/** Makes the look into the log of deliveries. */
export function createFailedDeliveries(
  needs: Pick<MirrorNeeds, 'store' | 'fullscript' | 'now' | 'log'>,
): FailedDeliveries {
  const { store, fullscript, now, log } = needs;
  const askedAt = new LRUCache<string, number>({ max: 10_000 });
  let isRefusalTold = false;

  function tell(clinic: ClinicRef, deliveries: readonly WebhookDelivery[]): void {
    const last = deliveries.at(-1);
    const gaveUp =
      last !== undefined &&
      last.nextAttemptAt === null &&
      last.attemptNumber !== null &&
      last.attemptNumber < allAttempts &&
      last.successfullyDelivered === false;
    if (deliveries.length < telling && !gaveUp) return;
    const about = {
      organizationId: clinic.organizationId,
      clinicId: clinic.clinicId,
      failed: deliveries.length,
      lastStatus: last?.responseStatus ?? null,
      lastAttemptAt: last?.attemptedAt ?? null,
    };
    if (gaveUp)
      log.error(about, 'Fullscript has given up to deliver webhooks here: its dashboard may have disabled the address');
    else log.warn(about, 'Fullscript could not deliver webhooks here');
  }

  return {
    async collect(clinic, ask, since) {
      const nowMs = now().getTime();
      if (nowMs - (askedAt.get(clinic.clinicKey) ?? -Infinity) < hourMs) return;
      askedAt.set(clinic.clinicKey, nowMs);
      const from = since.toISOString();
      const filter = {
        successfullyDelivered: false,
        attemptedFrom: new Date(since.getTime() - dayMs).toISOString().slice(0, 10),
        knownBefore: from,
      };
      try {
        const listed = await ask((call) => fullscript.events.listDeliveries(call, filter));
        const deliveries = listed.filter(({ attemptedAt }) => attemptedAt === null || attemptedAt >= from);
        const events = deliveries.map(({ event }) => event).filter((event) => event !== null);
        await store.inbox.receive(
          events.map((event) => ({
            ...event,
            // The catalogue's events belong to no clinic.
            clinicId: event.clinicId ?? (event.type.startsWith('product.') ? null : clinic.clinicId),
          })),
          'delivery',
          now().toISOString(),
        );
        tell(clinic, deliveries);
      } catch (error) {
        if (!(error instanceof FullscriptFailure)) throw error;
        const about = { organizationId: clinic.organizationId, clinicId: clinic.clinicId, kind: error.kind };
        if (error.isOutage) log.warn(about, 'the log of deliveries could not be read');
        else if (!isRefusalTold) {
          isRefusalTold = true;
          log.info(about, 'Fullscript does not show its log of deliveries: its lists of events have to do');
        }
      }
    },
  };
}
