import { FullscriptFailure, Refusal } from '../domain/errors.ts';
import { toMetadataId } from '../domain/metadata.ts';
import type { TreatmentPlan } from '../domain/treatment-plan.ts';
import type { DraftLink, DraftLinkPatient } from '../fullscript/dynamic-links.ts';
import type { Expiry } from '../store/copies.ts';
import type { StoredPlan } from '../store/plans.ts';
import type { OperationNeeds } from './needs.ts';
import { toMissingPlan } from './reachable-plan.ts';
import type { Attempt, RecommendationDraft } from './recommendation-attempt.ts';
import { toRejected, type Rejected } from './update-patient.ts';

/** Whose draft it is. */
interface DraftOwner {
  fullscriptPatientId: string;
  createdPatient: boolean;
}

/** How far Fullscript's clock may be behind ours, in milliseconds. */
const clockToleranceMs = 60_000;

/** The steps that make a draft plan, each of which may be the last before the process dies. */
export interface DraftPlans {
  /**
   * Asks for a draft and its page; `fullscriptPatientId` is null for somebody whom Fullscript is to make. Gives Fullscript's refusal, after which the
   * same key may start anew.
   */
  ask(
    attempt: Attempt,
    patient: DraftLinkPatient,
    owner: { fullscriptPatientId: string | null; createdPatient: boolean },
  ): Promise<DraftLink | Rejected>;
  /** Fills and finishes a draft that is certainly the patient's. */
  fill(attempt: Attempt, link: DraftLink, owner: DraftOwner): Promise<RecommendationDraft>;
  /**
   * With the restricted endpoints open: makes the plan as a draft that carries everything at once. Null when Fullscript has not opened them after all.
   */
  create(attempt: Attempt, fullscriptPatientId: string): Promise<RecommendationDraft | Rejected | null>;
  /**
   * Goes on with what an earlier attempt has come to: its plan, or a draft that it must have made while its answer got lost. Null when there is none;
   * `of no use` when the plan is not (any more) of the Fullscript patient that the EMR's is linked to, or was deleted or cancelled at Fullscript before it
   * was the answer to anybody. Throws NOT_FOUND when it was deleted after that.
   */
  resume(attempt: Attempt, fullscriptPatientId: string): Promise<RecommendationDraft | 'of no use' | null>;
  /**
   * Takes back a draft that was made for somebody else. Fullscript documents cancelling for plans that were sent only, so that it may refuse; then the
   * draft stays, which no patient ever sees.
   */
  discard(attempt: Attempt, planId: string): Promise<void>;
}

/** Builds the steps. */
export function createDraftPlans(needs: OperationNeeds): DraftPlans {
  const { store, fullscript, plans, log } = needs;

  /** The draft is stored at once, because Fullscript sends no event for what is done through its API. */
  async function read({ scope, call }: Attempt, planId: string): Promise<StoredPlan> {
    const plan = await plans.refreshPlan(scope, planId, call);
    if (!plan) throw new FullscriptFailure('contract', 'Fullscript does not know the draft that it has made');
    return plan;
  }

  /** Puts items, message and our id onto the draft. A failure is no reason to keep its page from the practitioner. */
  async function apply({ items, input, call, scope, record }: Attempt, planId: string): Promise<void> {
    try {
      await fullscript.plans.update(call, planId, {
        ...(items.length > 0 ? { recommendations: items } : {}),
        ...(input.personalMessage ? { personalMessage: input.personalMessage } : {}),
        metadataId: toMetadataId(scope.organizationId, record.id),
      });
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
      log.warn(
        { requestId: call.requestId, kind: error.kind, status: error.status },
        'a draft was made but could not be filled',
      );
    }
  }

  async function discard({ call, scope }: Attempt, planId: string): Promise<void> {
    try {
      await fullscript.plans.cancel(call, planId);
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
      log.warn(
        { requestId: call.requestId, kind: error.kind, status: error.status },
        'a draft for the wrong patient could not be taken back',
      );
    }
    try {
      // It is among the plans of whomever Fullscript made it for, and no event tells of it.
      await plans.refreshPlan(scope, planId, call);
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
      await store.copies.expireClinic(scope.clinicKey, 'plans');
    }
  }

  /** The doubts that are cast on the lists of patients while drafts are made for them. */
  const expiries = new WeakMap<Attempt, Expiry>();

  /**
   * From here on there may be a draft of which no event will ever tell: the patient's list counts as old until the draft is stored, also should this
   * process die before that.
   */
  async function expireList(attempt: Attempt, fullscriptPatientId: string): Promise<void> {
    const { clinicKey } = attempt.scope;
    expiries.set(attempt, await store.copies.expireFor({ clinicKey, kind: 'plans', subject: fullscriptPatientId }));
  }

  /** The draft is stored, or there certainly is none. */
  async function settleList(attempt: Attempt): Promise<void> {
    const expiry = expiries.get(attempt);
    if (!expiry) return;
    expiries.delete(attempt);
    await store.copies.settle(expiry);
  }

  /** Whether there may be a draft all the same: the list stays in doubt, and whom a search did not find is searched for again. */
  async function settleAfter(
    attempt: Attempt,
    failure: FullscriptFailure,
    fullscriptPatientId: string | null,
  ): Promise<void> {
    if (!failure.isOutage && failure.kind !== 'conflict') return await settleList(attempt);
    if (fullscriptPatientId === null) {
      await store.matches.forgetPatient(attempt.scope.clinicKey, attempt.patient.id);
      return;
    }
    // Somebody may have compared the list meanwhile, before the draft was there.
    await store.copies.expire({ clinicKey: attempt.scope.clinicKey, kind: 'plans', subject: fullscriptPatientId });
  }

  /** Nothing of a plan goes to another person, should somebody have corrected the link since it was looked up. Takes the draft back then, and throws. */
  async function assertLinked(attempt: Attempt, planId: string, fullscriptPatientId: string): Promise<void> {
    const { scope, patient } = attempt;
    const link = (await store.patientLinks.findLinks(scope.clinicKey, [patient.id])).get(patient.id);
    if (link?.fullscriptPatientId === fullscriptPatientId) return;
    await discard(attempt, planId);
    throw new Refusal('FULLSCRIPT_UNAVAILABLE', 'The patient was linked to somebody else at this moment: try again');
  }

  async function finish(
    attempt: Attempt,
    plan: StoredPlan,
    made: { redirectUrl: string | null; createdPatient: boolean; itemsApplied: boolean },
  ): Promise<RecommendationDraft> {
    const { record, call, entrypoint, patient, scope } = attempt;
    const { createdPatient, itemsApplied } = made;
    await settleList(attempt);
    const chartId = attempt.input.chartId ?? plan.chartId;
    if (chartId !== plan.chartId && chartId !== null) {
      await store.plans.setChart({ clinicKey: scope.clinicKey, id: plan.id }, chartId);
    }
    if (record.state !== 'DONE') {
      const { fullscriptPatientId } = plan;
      await store.recommendations.update(record.id, {
        state: 'DONE',
        planId: plan.id,
        fullscriptPatientId,
        createdPatient,
        itemsApplied,
      });
    }
    const redirectUrl = made.redirectUrl ?? (await fullscript.dynamicLinks.edit(call, plan.id, entrypoint)).redirectUrl;
    const shown = { ...plan, chartId };
    return {
      __typename: 'FullscriptRecommendationDraft',
      redirectUrl,
      plan: shown,
      patient,
      createdPatient,
      itemsApplied,
    };
  }

  function hasItems({ items }: Attempt, plan: Pick<TreatmentPlan, 'recommendations'>): boolean {
    const onPlan = new Set(plan.recommendations.map((recommendation) => recommendation.variantId));
    return items.every((item) => onPlan.has(item.variantId));
  }

  function isOwn({ scope, record }: Attempt, plan: Pick<TreatmentPlan, 'metadataId'>): boolean {
    return plan.metadataId === toMetadataId(scope.organizationId, record.id);
  }

  /** The draft of which an earlier attempt has not heard: it carries our id, or is as empty as Fullscript makes them. */
  async function findUnheard(attempt: Attempt, fullscriptPatientId: string): Promise<string | null> {
    const { record, call, practitionerId } = attempt;
    const since = new Date(Date.parse(record.createdAt) - clockToleranceMs).toISOString();
    const rows = await fullscript.plans.listByPatient(call, fullscriptPatientId);
    let empty: string | null = null;
    for (const row of rows) {
      if (row.createdAt < since || (row.fullscriptPractitionerId ?? practitionerId) !== practitionerId) continue;
      const plan = await fullscript.plans.get(call, row.id);
      if (isOwn(attempt, plan)) return plan.id;
      if (isEmptyDraft(plan)) empty ??= plan.id;
    }
    return empty;
  }

  return {
    async ask(attempt, patient, owner) {
      const { call, practitionerId, entrypoint, record } = attempt;
      if (owner.fullscriptPatientId !== null) await expireList(attempt, owner.fullscriptPatientId);
      // Should the answer get lost, the repeated call knows that there may be a draft, and who made the patient.
      await store.recommendations.update(record.id, { state: 'ASKED', ...owner });
      try {
        return await fullscript.dynamicLinks.draft(call, { practitionerId, patient, entrypoint }, record.id);
      } catch (error) {
        if (!(error instanceof FullscriptFailure)) throw error;
        await settleAfter(attempt, error, owner.fullscriptPatientId);
        if (error.kind !== 'rejected') throw error;
        await store.recommendations.remove(record.id);
        return toRejected(error);
      }
    },

    async fill(attempt, link, owner) {
      await store.recommendations.update(attempt.record.id, { state: 'DRAFTED', planId: link.plan.id, ...owner });
      await assertLinked(attempt, link.plan.id, owner.fullscriptPatientId);
      await apply(attempt, link.plan.id);
      const plan = await read(attempt, link.plan.id);
      return await finish(attempt, plan, {
        redirectUrl: link.redirectUrl,
        createdPatient: owner.createdPatient,
        itemsApplied: hasItems(attempt, plan),
      });
    },

    async create(attempt, fullscriptPatientId) {
      const { call, practitionerId, items, input, scope, record } = attempt;
      const owner = { fullscriptPatientId, createdPatient: false };
      await expireList(attempt, fullscriptPatientId);
      await store.recommendations.update(record.id, { state: 'ASKED', ...owner });
      let made: TreatmentPlan;
      try {
        made = await fullscript.plans.create(
          call,
          fullscriptPatientId,
          {
            practitionerId,
            state: 'draft',
            recommendations: items,
            ...(input.personalMessage ? { personalMessage: input.personalMessage } : {}),
            metadataId: toMetadataId(scope.organizationId, record.id),
          },
          record.id,
        );
      } catch (error) {
        if (!(error instanceof FullscriptFailure)) throw error;
        await settleAfter(attempt, error, fullscriptPatientId);
        if (error.kind === 'rejected') {
          await store.recommendations.remove(record.id);
          return toRejected(error);
        }
        if (error.kind !== 'forbidden') throw error;
        log.warn(
          { requestId: call.requestId },
          'plan creation is switched on here but Fullscript has not opened it: a draft link is used',
        );
        return null;
      }
      // From here on there is a plan, and no failure may lead to a second one.
      await store.recommendations.update(record.id, { state: 'DRAFTED', planId: made.id });
      await assertLinked(attempt, made.id, fullscriptPatientId);
      const plan = await read(attempt, made.id);
      return await finish(attempt, plan, { redirectUrl: null, createdPatient: false, itemsApplied: true });
    },

    async resume(attempt, fullscriptPatientId) {
      const { record, scope, call } = attempt;
      if (record.state === 'STARTED') return null;
      const planId = record.planId ?? (await findUnheard(attempt, fullscriptPatientId));
      if (planId === null) return null;
      let plan = await plans.refreshPlan(scope, planId, call);
      if (plan === null && record.state === 'DONE') throw toMissingPlan();
      if (plan === null || plan.fullscriptPatientId !== fullscriptPatientId) return 'of no use';
      const { createdPatient } = record;
      if (record.state === 'DONE') {
        return await finish(attempt, plan, { redirectUrl: null, createdPatient, itemsApplied: record.itemsApplied });
      }
      if (plan.state === 'CANCELLED') return 'of no use';
      // What carries our id was filled already, and what is on it now may be the practitioner's own work.
      if (!isOwn(attempt, plan) && isEmptyDraft(plan)) {
        await assertLinked(attempt, planId, fullscriptPatientId);
        await apply(attempt, planId);
        plan = await read(attempt, planId);
      }
      return await finish(attempt, plan, { redirectUrl: null, createdPatient, itemsApplied: hasItems(attempt, plan) });
    },

    discard,
  };
}

/** As Fullscript's draft link leaves a plan. */
function isEmptyDraft(plan: TreatmentPlan): boolean {
  return (
    plan.state === 'DRAFT' &&
    plan.metadataId === null &&
    plan.personalMessage === null &&
    plan.recommendations.length === 0 &&
    plan.labRecommendations.length === 0
  );
}
