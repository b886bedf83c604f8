import type { FullscriptEvent } from '../domain/event.ts';
import { FullscriptFailure } from '../domain/errors.ts';
import type { Call } from '../fullscript/call.ts';
import type { LabOrderMirror } from './lab-orders.ts';
import type { MirrorNeeds } from './needs.ts';
import type { PatientMirror } from './patients.ts';
import type { PlanMirror } from './plans.ts';
import type { ProductMirror } from './products.ts';
import { toClinicScope, type ClinicScope } from './scope.ts';

/**
 * Applies one event to the stored copy of every organization that knows its clinic. Where an organization has no live account to read the object
 * with, what the event may have changed is no longer called current. Throws FullscriptFailure when it is to be tried again.
 */
export type ApplyEvent = (event: FullscriptEvent, requestId: string, signal: AbortSignal) => Promise<void>;

interface Mirrors {
  plans: PlanMirror;
  patients: PatientMirror;
  labOrders: LabOrderMirror;
  products: Pick<ProductMirror, 'expireProduct'>;
}

/** The payload is only a hint at which object has changed; that object is then read, because the newest truth is there. */
export function createApplyEvent(needs: MirrorNeeds, mirrors: Mirrors): ApplyEvent {
  const { store, fullscript } = needs;

  async function applyTo(scope: ClinicScope, told: FullscriptEvent, call: Call): Promise<void> {
    // The list of events leaves the data out, and so does nobody else.
    const event = readText(told.data, 'id') === null ? await fullscript.events.get(call, told.id) : told;
    const objectId = readText(event.data, 'id');
    if (event.type.startsWith('treatment_plan.')) {
      if (objectId) await mirrors.plans.refreshPlan(scope, objectId, call);
    } else if (event.type.startsWith('patient.')) {
      // Whom a search did not find before may be there now.
      await store.matches.forgetClinic(scope.clinicKey);
      if (objectId) await mirrors.patients.refreshPatient(scope, objectId, call);
    } else if (event.type === 'lab_order.updated') {
      if (objectId) {
        await mirrors.labOrders.refreshOrder(scope, objectId, call, {
          at: event.createdAt,
          fullscriptPatientId: readText(event.data, 'patient_id'),
          fullscriptPractitionerId: readText(event.data, 'practitioner_id'),
        });
      }
    } else if (event.type === 'order.placed') {
      const patientId = readText(event.data, 'patient_id');
      // A purchase may have made lab orders, which is told by no event of their own.
      if (patientId) await store.copies.expire({ clinicKey: scope.clinicKey, kind: 'labs', subject: patientId });
    }
  }

  return async (event, requestId, signal) => {
    if (event.type.startsWith('product.')) {
      // The catalogue belongs to no clinic.
      const productId = readText(event.data, 'id');
      if (productId) await mirrors.products.expireProduct(productId);
      return;
    }
    if (event.clinicId === null || !/^(treatment_plan|patient|lab_order|order)\./.test(event.type)) return;
    const clinics = (await store.clinics.listAll()).filter((clinic) => clinic.id === event.clinicId);
    for (const clinic of clinics) {
      const accounts = await store.accounts.findLiveByClinic(clinic.clinicKey);
      if (accounts.length === 0) {
        await distrustClinic(store, clinic.clinicKey);
        continue;
      }
      await tryEach(accounts, (account) =>
        applyTo(toClinicScope(account), event, { accountId: account.id, priority: 'background', requestId, signal }),
      );
    }
  };
}

/**
 * Takes back that a clinic's copies are current and that its sweeps have seen everything, for when events passed by that nobody could apply; what
 * is stored stays, and whom a search did not find is searched for again.
 */
export async function distrustClinic(
  store: Pick<MirrorNeeds['store'], 'copies' | 'clinics' | 'matches'>,
  clinicKey: string,
): Promise<void> {
  await store.copies.expireClinic(clinicKey);
  await store.clinics.forgetSweep(clinicKey);
  await store.matches.forgetClinic(clinicKey);
}

/** Tries one account after the other while it is the account, and not the call, that Fullscript refuses. */
export async function tryEach<A>(accounts: readonly A[], work: (account: A) => Promise<void>): Promise<void> {
  let refused: FullscriptFailure | null = null;
  for (const account of accounts) {
    try {
      await work(account);
      return;
    } catch (error) {
      if (!(error instanceof FullscriptFailure) || (error.kind !== 'withdrawn' && error.kind !== 'forbidden'))
        throw error;
      refused = error;
    }
  }
  if (refused) throw refused;
}

function readText(data: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = data[name];
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;
}
