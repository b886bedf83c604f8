import type { FullscriptEvent } from '../domain/event.ts';
import { toEventHint } from '../domain/event.ts';
import type { MirrorNeeds } from './needs.ts';

type DistrustStore = Pick<
  MirrorNeeds['store'],
  'copies' | 'clinics' | 'clinicFills' | 'matches' | 'patients' | 'plans' | 'labOrders'
>;

/**
 * Takes back that a clinic's copies are current and that its sweeps have seen everything, for when events passed by that nobody could apply; what
 * is stored stays, whom a search did not find is searched for again, and in the background the clinic is read from the beginning.
 */
export async function distrustClinic(
  store: Pick<DistrustStore, 'copies' | 'clinics' | 'clinicFills' | 'matches' | 'patients'>,
  clinicKey: string,
): Promise<void> {
  await store.copies.expireClinic(clinicKey);
  await store.clinics.forgetSweep(clinicKey);
  await store.patients.doubtClinic(clinicKey);
  await store.matches.forgetClinic(clinicKey);
  await store.clinicFills.beginAnew(clinicKey);
}

/**
 * Has what an event may have changed in a clinic compared anew before it counts as current again, for when the event cannot be applied: one patient's
 * plans or labs where it is known whose, otherwise all of the clinic's. What is stored stays.
 */
export async function distrustEvent(store: DistrustStore, clinicKey: string, event: FullscriptEvent): Promise<void> {
  const hint = toEventHint(event.data);
  const id = hint['id'] ?? null;
  if (event.type.startsWith('patient.')) {
    await store.matches.forgetClinic(clinicKey);
    if (id === null) await store.patients.doubtClinic(clinicKey);
    else await store.patients.doubt({ clinicKey, id });
    return;
  }
  const isPlan = event.type.startsWith('treatment_plan.');
  const kind = isPlan ? 'plans' : 'labs';
  const stored = id === null ? null : await (isPlan ? store.plans : store.labOrders).find({ clinicKey, id });
  const subject = hint['patient_id'] ?? stored?.fullscriptPatientId ?? null;
  if (subject === null) await store.copies.expireClinic(clinicKey, kind);
  else await store.copies.expire({ clinicKey, kind, subject });
}
