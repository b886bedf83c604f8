import type { SandboxCore } from '../core.ts';
import { toEventPlan, toInvitationUrl } from '../shapes/plan.ts';
import { Refusal, getThing, type LabRecommendation, type Plan, type Recommendation } from '../state.ts';

/** What a plan consists of. What is left out stays as it is (or empty, when the plan is new). */
export interface PlanContent {
  patientId?: string;
  practitionerId?: string;
  personalMessage?: string | null;
  recommendations?: Recommendation[];
  /** Panels of the lab catalogue, by id. */
  labPanelIds?: string[];
  resourceIds?: string[];
}

/** What people do in the plan builder. */
export interface PlanActions {
  /** A new draft begun inside Fullscript. */
  createPlan(clinicId: string, content: PlanContent & { practitionerId: string }): Plan;
  /** Fills or changes a draft. No event: drafts are private. */
  buildPlan(planId: string, content: PlanContent): Plan;
  /** Draft to active: mails the patient, makes lab orders that can be bought, records `treatment_plan.created`. Refuses drafts without patient. */
  sendPlan(planId: string): Plan;
  /** Changes an active plan; patient and practitioner stay. Records `treatment_plan.recommendation.updated` when lines or labs changed. */
  editActivePlan(planId: string, content: Omit<PlanContent, 'patientId' | 'practitionerId'>): Plan;
  /** Active to cancelled. Records `treatment_plan.updated`. */
  cancelPlan(planId: string): Plan;
}

function assertQuantities(core: SandboxCore, lines: readonly Recommendation[]): void {
  for (const line of lines) {
    if (!core.state.variants.has(line.variantId)) throw new Refusal(422, ['Variant must exist']);
    if (!Number.isInteger(line.unitsToPurchase) || line.unitsToPurchase < 1)
      throw new Refusal(422, ['Units to purchase must be greater than 0']);
  }
}

/** A panel as a plan recommends it. */
function toLabRecommendation(core: SandboxCore, panelId: string): LabRecommendation {
  const panel = getThing(core.state.labPanels, panelId);
  return {
    id: core.newId(),
    panelId,
    name: panel.name,
    requiresFasting: panel.requiresFasting,
    instructions: panel.instructions,
    tests: panel.tests.map((test) => ({ ...test })),
  };
}

/** Puts content onto a plan without recording an event. Lines are replaced as a whole. Throws 404 and 422 refusals. */
export function fillPlan(core: SandboxCore, plan: Plan, content: PlanContent): Plan {
  const { state } = core;
  const patient = content.patientId === undefined ? null : getThing(state.patients, content.patientId);
  const practitioner = content.practitionerId === undefined ? null : getThing(state.users, content.practitionerId);
  if (patient !== null && patient.clinicId !== plan.clinicId) throw new Refusal(404, ['Not Found']);
  if (practitioner !== null && (practitioner.clinicId !== plan.clinicId || practitioner.type !== 'Practitioner'))
    throw new Refusal(422, ['Practitioner must belong to the clinic']);
  if (content.recommendations !== undefined) assertQuantities(core, content.recommendations);
  const labs = content.labPanelIds?.map(
    (panelId) => plan.labRecommendations.find((lab) => lab.panelId === panelId) ?? toLabRecommendation(core, panelId),
  );
  const resources = content.resourceIds?.map((id) => getThing(state.resources, id));

  if (patient !== null) plan.patientId = patient.id;
  if (practitioner !== null) plan.practitionerId = practitioner.id;
  if (content.personalMessage !== undefined) plan.personalMessage = content.personalMessage;
  if (content.recommendations !== undefined) plan.recommendations = structuredClone(content.recommendations);
  if (labs !== undefined) plan.labRecommendations = labs;
  if (resources !== undefined) plan.resources = resources;
  plan.updatedAt = core.instant();
  return plan;
}

/** A new draft, without an event. */
export function insertDraft(
  core: SandboxCore,
  needs: { clinicId: string; practitionerId: string; patientId: string | null; source: Plan['source'] },
): Plan {
  const at = core.instant();
  const plan: Plan = {
    id: core.newId(),
    ...needs,
    state: 'draft',
    availableOn: null,
    createdAt: at,
    updatedAt: at,
    invitationCode: core.newSecret('inv'),
    personalMessage: null,
    recommendations: [],
    resources: [],
    labRecommendations: [],
    metadataId: null,
  };
  core.state.plans.set(plan.id, plan);
  return plan;
}

/** Makes the lab orders that an active plan lacks. They can be bought from then on. */
function insertMissingLabOrders(core: SandboxCore, plan: Plan): void {
  const { patientId } = plan;
  if (patientId === null) return;
  const known = new Set([...core.state.labOrders.values()].map((order) => order.labRecommendationId));
  for (const lab of plan.labRecommendations) {
    if (known.has(lab.id)) continue;
    const panel = getThing(core.state.labPanels, lab.panelId);
    const at = core.instant();
    const id = core.newId();
    core.state.labOrders.set(id, {
      id,
      clinicId: plan.clinicId,
      planId: plan.id,
      labRecommendationId: lab.id,
      patientId,
      practitionerId: plan.practitionerId,
      name: lab.name,
      collectionMethod: panel.collectionMethod,
      requiresDraw: panel.requiresDraw,
      state: 'not_purchased',
      tests: lab.tests.map((test) => ({ ...test })),
      results: [],
      createdAt: at,
      updatedAt: at,
    });
  }
}

/** Draft to active without an event; the patient is mailed all the same. Throws a 422 refusal for anything but a draft with a patient. */
export function activatePlan(core: SandboxCore, plan: Plan): Plan {
  if (plan.state !== 'draft') throw new Refusal(422, ['Treatment plan is not a draft']);
  if (plan.patientId === null) throw new Refusal(422, ["Patient can't be blank"]);
  const patient = getThing(core.state.patients, plan.patientId);
  if (patient.archived) throw new Refusal(422, ['Patient is archived']);
  plan.state = 'active';
  plan.updatedAt = core.instant();
  plan.availableOn = plan.updatedAt.slice(0, 10);
  insertMissingLabOrders(core, plan);
  const guardian = patient.guardianPatientId === null ? null : getThing(core.state.patients, patient.guardianPatientId);
  const to = patient.email ?? guardian?.email ?? null;
  if (to !== null)
    core.post({
      to,
      subject: 'Your treatment plan is ready',
      kind: 'treatment_plan',
      url: toInvitationUrl(core, plan),
    });
  return plan;
}

/** Active to cancelled without an event. Throws a 422 refusal for any other state. */
export function withdrawPlan(core: SandboxCore, plan: Plan): Plan {
  if (plan.state !== 'active') throw new Refusal(422, ['Treatment plan is not active']);
  plan.state = 'cancelled';
  plan.updatedAt = core.instant();
  return plan;
}

/** The actions on plans. */
export function createPlanActions(core: SandboxCore): PlanActions {
  const { state } = core;
  const emitPlan = (type: string, plan: Plan): void => {
    const withResources = type !== 'treatment_plan.recommendation.updated';
    core.emit('treatment_plans', type, plan.clinicId, { treatment_plan: toEventPlan(core, plan, withResources) });
  };

  return {
    createPlan(clinicId, content) {
      getThing(state.clinics, clinicId);
      const plan = insertDraft(core, {
        clinicId,
        practitionerId: content.practitionerId,
        patientId: null,
        source: 'app',
      });
      try {
        return fillPlan(core, plan, content);
      } catch (error) {
        state.plans.delete(plan.id);
        throw error;
      }
    },

    buildPlan(planId, content) {
      const plan = getThing(state.plans, planId);
      if (plan.state !== 'draft') throw new Refusal(422, ['Treatment plan is not a draft']);
      return fillPlan(core, plan, content);
    },

    sendPlan(planId) {
      const plan = activatePlan(core, getThing(state.plans, planId));
      emitPlan('treatment_plan.created', plan);
      return plan;
    },

    editActivePlan(planId, content) {
      const plan = getThing(state.plans, planId);
      if (plan.state !== 'active') throw new Refusal(422, ['Treatment plan is not active']);
      const before = JSON.stringify([plan.recommendations, plan.labRecommendations]);
      const { personalMessage, recommendations, labPanelIds, resourceIds } = content;
      fillPlan(core, plan, {
        ...(personalMessage === undefined ? {} : { personalMessage }),
        ...(recommendations === undefined ? {} : { recommendations }),
        ...(labPanelIds === undefined ? {} : { labPanelIds }),
        ...(resourceIds === undefined ? {} : { resourceIds }),
      });
      insertMissingLabOrders(core, plan);
      if (JSON.stringify([plan.recommendations, plan.labRecommendations]) !== before)
        emitPlan('treatment_plan.recommendation.updated', plan);
      return plan;
    },

    cancelPlan(planId) {
      const plan = withdrawPlan(core, getThing(state.plans, planId));
      emitPlan('treatment_plan.updated', plan);
      return plan;
    },
  };
}
