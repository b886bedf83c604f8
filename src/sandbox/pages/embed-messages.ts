import { html, raw } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import { getThing, type Patient, type Plan } from '../state.ts';
import type { Markup } from './layout.ts';

/** A message to the page that embeds the builder, in the form in which Fullscript's browser SDK expects it. */
export interface EmbedMessage {
  readonly type: string;
  readonly payload: unknown;
}

function toMessage(
  sandbox: Sandbox,
  frameId: string,
  clinicId: string,
  type: 'patient.selected' | 'treatmentPlan.activated',
  data: Record<string, unknown>,
): EmbedMessage {
  return {
    type: `${frameId}.${type}`,
    payload: {
      id: sandbox.newId(),
      type,
      data,
      createdAt: sandbox.instant(),
      clinicId,
      oauth: { clientId: sandbox.app.clientId },
    },
  };
}

/** Says that the person in the frame has chosen or made a patient. */
export function createPatientSelected(sandbox: Sandbox, frameId: string, patient: Patient): EmbedMessage {
  const clinicDiscount = getThing(sandbox.state.clinics, patient.clinicId).discount;
  return toMessage(sandbox, frameId, patient.clinicId, 'patient.selected', {
    patient: {
      id: patient.id,
      firstName: patient.firstName,
      lastName: patient.lastName,
      email: patient.email,
      dateOfBirth: patient.dateOfBirth,
      biologicalSex: patient.gender,
      gender: patient.gender,
      discount: patient.discount,
      totalDiscount: patient.discount + clinicDiscount,
      mobileNumber: patient.mobileNumber,
      textMessageNotification: patient.textMessageNotification,
    },
  });
}

/** Says that the plan was sent. Dosages carry the names that the SDK uses, which differ from those of the REST API. */
export function createPlanActivated(sandbox: Sandbox, frameId: string, plan: Plan): EmbedMessage {
  const patient = plan.patientId === null ? null : (sandbox.state.patients.get(plan.patientId) ?? null);
  return toMessage(sandbox, frameId, plan.clinicId, 'treatmentPlan.activated', {
    treatmentPlan: {
      id: plan.id,
      state: plan.state,
      patient:
        patient === null
          ? null
          : { id: patient.id, firstName: patient.firstName, lastName: patient.lastName, email: patient.email },
      practitioner: { id: plan.practitionerId },
      availableAt: plan.availableOn,
      recommendations: plan.recommendations.map((line) => ({
        variantId: line.variantId,
        refill: line.refill,
        unitsToPurchase: line.unitsToPurchase,
        dosage: {
          recommendedAmount: line.dosage.amount,
          recommendedFrequency: line.dosage.frequency,
          recommendedDuration: line.dosage.duration,
          format: line.dosage.format,
          additionalInfo: line.dosage.additionalInfo,
        },
      })),
      labRecommendations: plan.labRecommendations.map(({ id, name, tests }) => ({ id, name, tests })),
    },
  });
}

/** JSON that may stand inside of a script element. */
function toScriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** A script that posts the messages to the embedding page, which must be of `targetOrigin`; nothing for no messages. */
export function createMessageScript(messages: readonly EmbedMessage[], targetOrigin: string): Markup | undefined {
  if (messages.length === 0) return undefined;
  return html`<script>
    for (const message of ${raw(toScriptJson(messages))})
      window.parent.postMessage(message, ${raw(toScriptJson(targetOrigin))});
  </script>`;
}
