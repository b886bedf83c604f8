import type { SandboxCore } from '../core.ts';
import { getThing, type LabRecommendation, type Plan, type Recommendation, type Resource } from '../state.ts';

/** Where the patient opens the plan; the link of the invitation mail. */
export function toInvitationUrl(core: SandboxCore, plan: Plan): string {
  return `${core.baseUrl}/welcome/${getThing(core.state.clinics, plan.clinicId).slug}/${plan.invitationCode}`;
}

/** A line of a plan as REST and webhooks show it: the variant's id only, never a name. */
function toRecommendationBody(line: Recommendation): Record<string, unknown> {
  return {
    variant_id: line.variantId,
    refill: line.refill,
    units_to_purchase: line.unitsToPurchase,
    take_with: line.takeWith,
    dosage: {
      amount: line.dosage.amount,
      frequency: line.dosage.frequency,
      duration: line.dosage.duration,
      format: line.dosage.format,
      additional_info: line.dosage.additionalInfo,
      time_of_day: line.dosage.timeOfDay,
    },
  };
}

function toLabRecommendationBody(lab: LabRecommendation): Record<string, unknown> {
  return {
    id: lab.id,
    name: lab.name,
    requires_fasting: lab.requiresFasting,
    instructions: lab.instructions,
    tests: lab.tests.map(({ id, name }) => ({ id, name })),
  };
}

/** A handout. Its file is served by the sandbox. */
export function toResourceBody(core: SandboxCore, resource: Resource): Record<string, unknown> {
  return {
    id: resource.id,
    name: resource.name,
    type: resource.type,
    category: resource.category,
    attachment_url: `${core.baseUrl}/files/resources/${resource.id}/download?type=practitioner_resource`,
  };
}

/** The row of plan lists, which leaves out lines, invitation, message and metadata. */
export function toPlanRow(plan: Plan): Record<string, unknown> {
  return {
    id: plan.id,
    state: plan.state,
    patient: plan.patientId === null ? null : { id: plan.patientId },
    practitioner: { id: plan.practitionerId },
    available_at: plan.availableOn,
    created_at: plan.createdAt,
    updated_at: plan.updatedAt,
  };
}

/** The plan as retrieve and all changes answer it. */
export function toPlanBody(core: SandboxCore, plan: Plan): Record<string, unknown> {
  return {
    ...toPlanRow(plan),
    invitation_url: toInvitationUrl(core, plan),
    personal_message: plan.personalMessage,
    recommendations: plan.recommendations.map(toRecommendationBody),
    resources: plan.resources.map((resource) => toResourceBody(core, resource)),
    lab_recommendations: plan.labRecommendations.map(toLabRecommendationBody),
    metadata: { id: plan.metadataId },
  };
}

/** The plan inside a plan event: `active` is text, and neither patient nor practitioner is named. */
export function toEventPlan(core: SandboxCore, plan: Plan, withResources: boolean): Record<string, unknown> {
  return {
    id: plan.id,
    active: String(plan.state === 'active'),
    available_at: plan.availableOn,
    recommendations: plan.recommendations.map(toRecommendationBody),
    ...(withResources ? { resources: plan.resources.map((resource) => toResourceBody(core, resource)) } : {}),
    lab_recommendations: plan.labRecommendations.map(toLabRecommendationBody),
  };
}
