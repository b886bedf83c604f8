import { toEventHint, type FullscriptEvent } from '../domain/event.ts';
import { FullscriptFailure } from '../domain/errors.ts';
import type { Call } from '../fullscript/call.ts';
import { tryEach } from './any-account.ts';
import { distrustClinic, distrustEvent } from './distrust.ts';
import type { LabOrderMirror } from './lab-orders.ts';
import type { MirrorNeeds } from './needs.ts';
import type { PatientMirror } from './patients.ts';
import type { PlanMirror } from './plans.ts';
import type { ProductMirror } from './products.ts';
import { toClinicScope, type ClinicScope } from './scope.ts';

/** Events that were taken at the same moment and are applied together. */
export interface EventRound {
  /** Ends every call of the round. */
  signal: AbortSignal;
  /**
   * What is read or called into question for this round, by object. Each of these begins after the round's events have come, so one read tells what all of them did to
   * the same object.
   */
  reads: Map<string, Promise<unknown>>;
}

/** What came of one event, by clinic as an organization knows it. */
export interface Application {
  /** The keys of the clinics for which it is applied, now or before. */
  appliedTo: string[];
  failures: { clinicKey: string; organizationId: string | null; error: unknown }[];
}

/**
 * Applies one event to the stored copy of every organization that knows its clinic, but for those it is applied to already (`appliedTo`). One
 * organization's failure is its own. Where an organization has no live account to read the object with, or none that may, what the event may have
 * changed is no longer called current. Never throws for a clinic's sake.
 */
export type ApplyEvent = (
  event: FullscriptEvent & { appliedTo: readonly string[] },
  requestId: string,
  round: EventRound,
) => Promise<Application>;

interface Mirrors {
  plans: PlanMirror;
  patients: PatientMirror;
  labOrders: LabOrderMirror;
  products: Pick<ProductMirror, 'expireProduct'>;
}

/** The payload is only a hint at which object has changed; that object is then read, because the newest truth is there. */
export function createApplyEvent(needs: MirrorNeeds, mirrors: Mirrors): ApplyEvent {
  const { store } = needs;

  async function readOnce(round: EventRound, key: readonly string[], read: () => Promise<unknown>): Promise<void> {
    const name = JSON.stringify(key);
    let reading = round.reads.get(name);
    if (reading === undefined) {
      reading = read();
      round.reads.set(name, reading);
    }
    await reading;
  }

  async function refreshPlan(scope: ClinicScope, planId: string, call: Call): Promise<void> {
    const plan = await mirrors.plans.refreshPlan(scope, planId, call);
    if (plan === null || plan.labRecommendations.length === 0) return;
    // Lab orders to be bought come with a plan, which is told by no event of their own.
    await store.copies.expire({ clinicKey: scope.clinicKey, kind: 'labs', subject: plan.fullscriptPatientId });
  }

  async function applyTo(scope: ClinicScope, event: FullscriptEvent, call: Call, round: EventRound): Promise<void> {
    const { clinicKey } = scope;
    const { id: objectId, patient_id: patientId, practitioner_id: practitionerId } = toEventHint(event.data);
    if (event.type.startsWith('treatment_plan.')) {
      if (objectId)
        await readOnce(round, [clinicKey, scope.accountId, 'plan', objectId], () => refreshPlan(scope, objectId, call));
    } else if (event.type.startsWith('patient.')) {
      // Whom a search did not find before may be there now.
      await store.matches.forgetClinic(clinicKey);
      if (objectId)
        await readOnce(round, [clinicKey, scope.accountId, 'patient', objectId], () =>
          mirrors.patients.refreshPatient(scope, objectId, call),
        );
    } else if (event.type === 'lab_order.updated') {
      // Each with its own time, which becomes the date of results.
      if (objectId) {
        await mirrors.labOrders.refreshOrder(scope, objectId, call, {
          at: event.createdAt,
          fullscriptPatientId: patientId ?? null,
          fullscriptPractitionerId: practitionerId ?? null,
        });
      }
    } else if (event.type === 'order.placed' && patientId) {
      // A purchase may have made lab orders, which is told by no event of their own.
      await store.copies.expire({ clinicKey, kind: 'labs', subject: patientId });
    }
  }

  return async (told, requestId, round) => {
    if (told.type.startsWith('product.')) {
      // The catalogue belongs to no clinic.
      const { id: productId } = toEventHint(told.data);
      if (productId) await mirrors.products.expireProduct(productId);
      return { appliedTo: [], failures: [] };
    }
    const application: Application = { appliedTo: [...told.appliedTo], failures: [] };
    if (told.clinicId === null || !/^(treatment_plan|patient|lab_order|order)\./.test(told.type)) return application;

    let event: FullscriptEvent | null = toEventHint(told.data)['id'] === undefined ? null : told;
    const detail = async (call: Call): Promise<FullscriptEvent> => {
      // The list of events leaves the data out, and so does nobody else.
      event ??= await needs.fullscript.events.get(call, told.id);
      return event;
    };

    // Once for all events of the round, since it may concern many thousands of rows.
    const distrust = (clinicKey: string): Promise<void> =>
      readOnce(round, [clinicKey, 'distrust'], () => distrustClinic(store, clinicKey));

    const clinics = (await store.clinics.listAll()).filter(({ id }) => id === told.clinicId);
    for (const { clinicKey, organizationId } of clinics) {
      if (application.appliedTo.includes(clinicKey)) continue;
      try {
        const accounts = await store.accounts.findLiveByClinic(clinicKey);
        if (accounts.length === 0) await distrust(clinicKey);
        else {
          try {
            await tryEach(accounts, async (account) => {
              const call: Call = { accountId: account.id, priority: 'background', requestId, signal: round.signal };
              await applyTo(toClinicScope(account), await detail(call), call, round);
            });
          } catch (error) {
            if (!isAnswer(error)) throw error;
            // Asking again would bring the same.
            if (error.kind === 'withdrawn') await distrust(clinicKey);
            else await distrustEvent(store, clinicKey, event ?? told);
          }
        }
        application.appliedTo.push(clinicKey);
      } catch (error) {
        application.failures.push({ clinicKey, organizationId, error });
      }
    }
    return application;
  };
}

/** That nobody there may read the object, or that Fullscript has forgotten the event, is an answer and no failure. */
function isAnswer(error: unknown): error is FullscriptFailure {
  return error instanceof FullscriptFailure && ['withdrawn', 'forbidden', 'not_found'].includes(error.kind);
}
