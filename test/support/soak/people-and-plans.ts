import type { RunningEmr } from '../../../src/demo/emr/start.ts';
import type { PlanContent } from '../../../src/sandbox/actions/plans.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import type { Recommendation } from '../../../src/sandbox/state.ts';

/** One person of the soak, as both sides know them. */
export interface SoakPatient {
  /** What a gateway sends for this patient. */
  representation: {
    __typename: 'Patient';
    id: string;
    email: string | null;
    firstName: string | null;
    lastName: string | null;
    dateOfBirth: string | null;
  };
  fullscriptPatientId: string;
}

/** A clinic of the soak's own, so that nothing but the soak's people is in it. */
export interface SoakClinic {
  clinicId: string;
  practitionerId: string;
  /** The practitioner's login at the sandbox. */
  email: string;
  patients: SoakPatient[];
}

/** Everything that happens while the clinic is filled lies this far back, beyond what Fullscript keeps of events. */
const agoMs = 60 * 24 * 3_600_000;

/** One of the choices; `random` gives 0 up to 1. Throws when there is none. */
export function pick<T>(random: () => number, choices: readonly T[]): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new Error('nothing to pick from');
  return choice;
}

/** One to four lines with variants of the catalogue; a variant may come twice. */
export function toLines(sandbox: Sandbox, random: () => number): Recommendation[] {
  const variants = [...sandbox.state.variants.keys()].slice(0, 30);
  return Array.from({ length: 1 + Math.floor(random() * 4) }, () => ({
    variantId: pick(random, variants),
    refill: random() < 0.5,
    unitsToPurchase: 1 + Math.floor(random() * 4),
    takeWith: pick(random, ['food', 'water', null]),
    dosage: {
      amount: pick(random, ['1', '1-2', '1/2', null]),
      frequency: pick(random, ['once per day', 'every night', 'mid-morning, with tea', null]),
      duration: pick(random, ['30', 'ongoing', null]),
      format: pick(random, ['capsule', null]),
      additionalInfo: pick(random, ['after breakfast – à jeun', null]),
      timeOfDay: pick(random, [[], ['morning'], ['morning', 'evening']]),
    },
  }));
}

/** What a new plan consists of; a quarter of them recommend labs, too. */
export function toPlanContent(sandbox: Sandbox, random: () => number): PlanContent {
  const panels = [...sandbox.state.labPanels.keys()];
  return {
    personalMessage: pick(random, [null, 'See you in three weeks.']),
    recommendations: toLines(sandbox, random),
    ...(random() < 0.25 ? { labPanelIds: [pick(random, panels)] } : {}),
  };
}

/** Founds a clinic with `count` patients who have one to three plans each and are in the EMR, too. */
export function plantSoakClinic(sandbox: Sandbox, emr: RunningEmr, count: number, random: () => number): SoakClinic {
  sandbox.setClockOffset(-agoMs);
  const email = 'soak@clinic.example';
  const user = sandbox.actions.signUp({
    email,
    password: 'demo',
    firstName: 'Sol',
    lastName: 'Ingram',
    type: 'Practitioner',
    clinicId: null,
    clinicName: 'Soak Clinic',
  });
  const { clinicId, id: practitionerId } = user;
  const patients = Array.from({ length: count }, (_, index): SoakPatient => {
    const number = String(index + 1).padStart(4, '0');
    const person = {
      email: `soak.${number}@mail.example`,
      firstName: pick(random, ['Zoë', 'Ana', 'Łukasz', 'Robin']),
      lastName: `Soaker ${number}`,
      dateOfBirth: `19${String(50 + (index % 50))}-0${String(1 + (index % 9))}-15`,
    };
    const patient = sandbox.actions.createPatient(clinicId, person);
    const record = emr.addPatient(person);
    for (let plans = 1 + Math.floor(random() * 3); plans > 0; plans -= 1) {
      const plan = sandbox.actions.createPlan(clinicId, {
        practitionerId,
        patientId: patient.id,
        ...toPlanContent(sandbox, random),
      });
      sandbox.actions.sendPlan(plan.id);
      if (plan.labRecommendations.length > 0 && random() < 0.7) sandbox.actions.buyLabs(plan.id);
    }
    return {
      fullscriptPatientId: patient.id,
      representation: { __typename: 'Patient', id: record.id, ...person },
    };
  });
  sandbox.setClockOffset(0);
  return { clinicId, practitionerId, email, patients };
}
