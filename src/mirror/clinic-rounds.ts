import { FullscriptFailure } from '../domain/errors.ts';
import { tryEach } from './any-account.ts';
import type { LabOrderMirror } from './lab-orders.ts';
import type { MirrorNeeds } from './needs.ts';
import { toClinicScope } from './scope.ts';
import type { Sweep } from './sweep.ts';

type Clinic = Awaited<ReturnType<MirrorNeeds['store']['accounts']['listLiveClinics']>>[number];

const leaseMs = 120_000;
/** So many clinics are visited at a time: one that waits for a slow answer keeps nobody up, and hundreds are done within minutes. */
const clinicsAtOnce = 4;

/**
 * Walks over all connected clinics, a few at a time, each by one process only and not sooner than `minIntervalMs` after it was last done. One clinic's
 * failure is logged and does not keep the others waiting.
 */
function createRound(
  needs: MirrorNeeds,
  name: string,
  owner: string,
  minIntervalMs: number,
  visit: (clinic: Clinic, signal: AbortSignal) => Promise<void>,
): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    const isStopping = (): boolean => signal.aborted;
    const visitOne = async (clinic: Clinic): Promise<void> => {
      try {
        await needs.store.leases.withLease(`${name}:${clinic.clinicKey}`, { owner, leaseMs, minIntervalMs }, (lost) =>
          visit(clinic, AbortSignal.any([signal, lost])),
        );
      } catch (error) {
        if (isStopping()) return;
        const kind = error instanceof FullscriptFailure ? error.kind : 'bug';
        const about = { organizationId: clinic.organizationId, clinicId: clinic.clinicId, round: name, kind };
        if (kind === 'bug') needs.log.error({ ...about, err: error }, 'a clinic could not be visited');
        else needs.log.warn(about, 'a clinic could not be visited');
      }
    };
    const clinics = (await needs.store.accounts.listLiveClinics()).values();
    const visitOneAfterTheOther = async (): Promise<void> => {
      for (const clinic of clinics) {
        if (isStopping()) return;
        await visitOne(clinic);
      }
    };
    await Promise.all(Array.from({ length: clinicsAtOnce }, visitOneAfterTheOther));
  };
}

/** Sweeps the events of every clinic. */
export function createSweepRound(
  needs: MirrorNeeds,
  sweep: Sweep,
  owner: string,
  everySeconds: number,
): (signal: AbortSignal) => Promise<void> {
  // A little less than the interval, so that timers that run early by a hair do not skip a round.
  const minIntervalMs = everySeconds * 900;
  return createRound(needs, 'sweep', owner, minIntervalMs, (clinic, signal) => sweep.sweepClinic(clinic, signal));
}

/** Compares every clinic's lab orders that are not final with the clinic-wide list. */
export function createLabOrderRound(
  needs: MirrorNeeds,
  labOrders: LabOrderMirror,
  owner: string,
  everySeconds: number,
): (signal: AbortSignal) => Promise<void> {
  return createRound(needs, 'lab-orders', owner, everySeconds * 900, async (clinic, signal) => {
    const accounts = await needs.store.accounts.findLiveByClinic(clinic.clinicKey);
    await tryEach(accounts, (account) =>
      labOrders.pollClinic(toClinicScope(account), {
        accountId: account.id,
        priority: 'background',
        signal,
        requestId: 'lab-orders',
      }),
    );
  });
}
