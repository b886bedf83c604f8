import type { SandboxCore } from '../core.ts';
import { getThing, type DynamicLink, type Patient, type Plan } from '../state.ts';
import { fillPlan, insertDraft, type PlanActions } from './plans.ts';

/** What happens behind the redirect addresses of dynamic links. */
export interface LinkActions {
  /** The link behind the opaque part of a redirect address, or null. */
  findLink(opaque: string): DynamicLink | null;
  /** Patients of the link's clinic whom its description could mean, the likeliest first: by id, by the caller's id, by e-mail, and the dependents of those. */
  findLinkMatches(opaque: string): Patient[];
  /**
   * Ends the matching screen of a gateway link: opens a draft for this patient and practitioner, and remembers it, so that the link reopens it.
   * The caller's own id for the patient becomes the patient's metadata when that is empty.
   */
  resolveLink(opaque: string, choice: { patientId: string; practitionerId: string }): Plan;
}

/** Where a link leads. */
export function toRedirectUrl(core: SandboxCore, link: DynamicLink): string {
  return link.kind === 'gateway'
    ? `${core.baseUrl}/o/gateway/treatment_plans/${link.opaque}`
    : `${core.baseUrl}/o/treatment_plans/${link.opaque}/edit`;
}

/** The actions behind redirect addresses. */
export function createLinkActions(core: SandboxCore, plans: PlanActions): LinkActions {
  const { state } = core;
  return {
    findLink(opaque) {
      return state.links.get(opaque) ?? null;
    },

    findLinkMatches(opaque) {
      const link = getThing(state.links, opaque);
      const hint = link.patient;
      if (hint === null) return [];
      const clinicPatients = [...state.patients.values()].filter((patient) => patient.clinicId === link.clinicId);
      const email = hint.email?.trim().toLowerCase() ?? null;
      const found = new Set<Patient>();
      for (const patient of clinicPatients) if (patient.id === hint.id) found.add(patient);
      if (hint.externalId !== null)
        for (const patient of clinicPatients) if (patient.metadataId === hint.externalId) found.add(patient);
      if (email !== null)
        for (const patient of clinicPatients) if (patient.email?.toLowerCase() === email) found.add(patient);
      const guardians = new Set([...found].map((patient) => patient.id));
      for (const patient of clinicPatients)
        if (patient.guardianPatientId !== null && guardians.has(patient.guardianPatientId)) found.add(patient);
      return [...found];
    },

    resolveLink(opaque, choice) {
      const link = getThing(state.links, opaque);
      const existing = link.planId === null ? undefined : state.plans.get(link.planId);
      if (existing !== undefined) {
        if (existing.state === 'draft') plans.buildPlan(existing.id, choice);
        return existing;
      }
      const patient = getThing(state.patients, choice.patientId);
      const plan = insertDraft(core, {
        clinicId: link.clinicId,
        practitionerId: choice.practitionerId,
        patientId: null,
        source: 'api',
      });
      try {
        fillPlan(core, plan, choice);
      } catch (error) {
        state.plans.delete(plan.id);
        throw error;
      }
      if (link.patient?.externalId != null) patient.metadataId ??= link.patient.externalId;
      link.planId = plan.id;
      link.practitionerId = choice.practitionerId;
      return plan;
    },
  };
}
