import { FullscriptFailure } from '../domain/errors.ts';
import type { FillClinic } from './fill-clinic.ts';
import type { MirrorNeeds } from './needs.ts';

const leaseMs = 60_000;
/** How long one run of the job lasts at most; the next goes on. */
const runMs = 60_000;

type Clinic = Awaited<ReturnType<MirrorNeeds['store']['accounts']['listLiveClinics']>>[number];

/**
 * Fills every connected clinic that has not been read as a whole yet: one process at a time, one small step of each clinic after the other, so that a
 * large one does not keep the others waiting. A clinic that cannot be read now is left to the next run.
 */
export function createFillRound(
  needs: MirrorNeeds,
  fillClinic: FillClinic,
  owner: string,
): (signal: AbortSignal) => Promise<void> {
  const { store, now, log } = needs;
  /** Why each clinic stands still, so that it is told once. */
  const pausedBecause = new Map<string, string>();

  async function findUnfilled(): Promise<Clinic[]> {
    const clinics = await store.accounts.listLiveClinics();
    const fills = await store.clinicFills.findByKeys(clinics.map((clinic) => clinic.clinicKey));
    return clinics.filter((clinic) => typeof fills.get(clinic.clinicKey)?.finishedAt !== 'string');
  }

  /** Whether there is more to do for this clinic at once. */
  async function stepOn(clinic: Clinic, signal: AbortSignal): Promise<boolean> {
    try {
      const step = await fillClinic.step(clinic, signal);
      pausedBecause.delete(clinic.clinicKey);
      return step === 'more';
    } catch (error) {
      if (signal.aborted) return false;
      const kind = error instanceof FullscriptFailure ? error.kind : 'bug';
      if (pausedBecause.get(clinic.clinicKey) !== kind) {
        pausedBecause.set(clinic.clinicKey, kind);
        const about = { organizationId: clinic.organizationId, clinicId: clinic.clinicId, kind };
        if (kind === 'bug') log.error({ ...about, err: error }, 'the reading of a clinic is paused');
        else log.warn(about, 'the reading of a clinic is paused');
      }
      return false;
    }
  }

  return async (signal) => {
    if ((await findUnfilled()).length === 0) return;
    const endsAtMs = now().getTime() + runMs;
    await store.leases.withLease('fill', { owner, leaseMs }, async (lost) => {
      const both = AbortSignal.any([signal, lost]);
      const left = new Set<string>();
      for (;;) {
        const clinics = (await findUnfilled()).filter((clinic) => !left.has(clinic.clinicKey));
        if (clinics.length === 0) return;
        for (const clinic of clinics) {
          if (both.aborted || now().getTime() >= endsAtMs) return;
          if (!(await stepOn(clinic, both))) left.add(clinic.clinicKey);
        }
      }
    });
  };
}
