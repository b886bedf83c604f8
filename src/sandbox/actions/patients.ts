import type { SandboxCore } from '../core.ts';
import { Refusal, getThing, type Gender, type Patient } from '../state.ts';
import { toEventPatient } from '../shapes/patient.ts';

export interface PatientInput {
  firstName: string;
  lastName: string;
  /** Null only for dependents and for patients made inside Fullscript. */
  email: string | null;
  dateOfBirth?: string | null;
  gender?: Gender | null;
  discount?: number;
  mobileNumber?: string | null;
  metadataId?: string | null;
  guardianPatientId?: string | null;
}

/** What people do with patients on Fullscript's pages. */
export interface PatientActions {
  /** A new patient of the clinic; a dependent when a guardian is named. Records `patient.created`; mails a welcome when told to and there is an e-mail. */
  createPatient(clinicId: string, input: PatientInput, options?: { sendWelcomeEmail?: boolean }): Patient;
  /** Changes the named fields. Records `patient.updated`, unless only the metadata changed. */
  updatePatient(patientId: string, changes: Partial<PatientInput>): Patient;
  /** Archives a patient or takes them back. */
  archivePatient(patientId: string, archived: boolean): Patient;
  /** Gives a dependent an account of their own. Records `patient.emancipated`. */
  emancipate(patientId: string, email: string): Patient;
}

/** The patient with this e-mail, whatever its case and whatever their clinic, or null. */
export function findPatientByEmail(core: SandboxCore, email: string): Patient | null {
  const wanted = email.trim().toLowerCase();
  for (const patient of core.state.patients.values()) if (patient.email?.toLowerCase() === wanted) return patient;
  return null;
}

/** What Fullscript would say against these fields; empty when it would take them. `selfId` is the patient that is being changed. */
function findPatientFaults(core: SandboxCore, input: Partial<PatientInput>, selfId: string | null): string[] {
  const faults: string[] = [];
  if (input.firstName?.trim() === '') faults.push("First name can't be blank");
  if (input.lastName?.trim() === '') faults.push("Last name can't be blank");
  if (input.email !== undefined && input.email !== null) {
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(input.email)) faults.push('Email is invalid');
    else {
      const taken = findPatientByEmail(core, input.email);
      if (taken !== null && taken.id !== selfId) faults.push('Email has already been taken');
    }
  }
  if (input.dateOfBirth != null) {
    const parsed = new Date(`${input.dateOfBirth}T00:00:00.000Z`);
    if (Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== input.dateOfBirth)
      faults.push('Date of birth is invalid');
  }
  if (input.gender != null && !['male', 'female', 'x'].includes(input.gender))
    faults.push('Gender is not included in the list');
  if (input.mobileNumber != null && !/^\+1\d{10}$/.test(input.mobileNumber)) faults.push('Mobile number is invalid');
  if (input.discount !== undefined && !(input.discount >= 0 && input.discount <= 100))
    faults.push('Discount must be between 0 and 100');
  return faults;
}

/** Writes a new patient without recording an event, as the REST API does. Throws a 422 `Refusal`. */
export function insertPatient(
  core: SandboxCore,
  clinicId: string,
  input: PatientInput,
  sendWelcomeEmail: boolean,
): Patient {
  const faults = findPatientFaults(core, input, null);
  if (faults.length > 0) throw new Refusal(422, faults);
  const at = core.instant();
  const patient: Patient = {
    id: core.newId(),
    number: core.state.patients.size + 1001,
    clinicId,
    firstName: input.firstName.trim(),
    lastName: input.lastName.trim(),
    email: input.email === null ? null : input.email.trim(),
    archived: false,
    dateOfBirth: input.dateOfBirth ?? null,
    gender: input.gender ?? null,
    discount: input.discount ?? 0,
    mobileNumber: input.mobileNumber ?? null,
    textMessageNotification: false,
    metadataId: input.metadataId ?? null,
    guardianPatientId: input.guardianPatientId ?? null,
    addresses: [],
    createdAt: at,
    updatedAt: at,
  };
  core.state.patients.set(patient.id, patient);
  if (sendWelcomeEmail && patient.email !== null) {
    const clinic = getThing(core.state.clinics, clinicId);
    core.post({
      to: patient.email,
      subject: `Welcome to ${clinic.name} on Fullscript`,
      kind: 'welcome',
      url: `${core.baseUrl}/welcome/${clinic.slug}`,
    });
  }
  return patient;
}

/** Changes a patient without recording an event, as the REST API does. Throws a 422 `Refusal`. */
export function changePatient(core: SandboxCore, patient: Patient, changes: Partial<PatientInput>): Patient {
  const faults = findPatientFaults(core, changes, patient.id);
  if (faults.length > 0) throw new Refusal(422, faults);
  return Object.assign(patient, changes, { updatedAt: core.instant() });
}

/** The actions on patients. */
export function createPatientActions(core: SandboxCore): PatientActions {
  const { state } = core;
  const emitPatient = (type: string, patient: Patient, more: Record<string, unknown> = {}): void => {
    const clinic = getThing(state.clinics, patient.clinicId);
    core.emit('patients', type, patient.clinicId, { patient: { ...toEventPatient(patient, clinic), ...more } });
  };

  return {
    createPatient(clinicId, input, options = {}) {
      getThing(state.clinics, clinicId);
      if (input.guardianPatientId != null) getThing(state.patients, input.guardianPatientId);
      const patient = insertPatient(core, clinicId, input, options.sendWelcomeEmail ?? false);
      emitPatient('patient.created', patient);
      return patient;
    },

    updatePatient(patientId, changes) {
      const patient = changePatient(core, getThing(state.patients, patientId), changes);
      if (Object.keys(changes).some((key) => key !== 'metadataId')) emitPatient('patient.updated', patient);
      return patient;
    },

    archivePatient(patientId, archived) {
      const patient = getThing(state.patients, patientId);
      patient.archived = archived;
      patient.updatedAt = core.instant();
      emitPatient('patient.updated', patient);
      return patient;
    },

    emancipate(patientId, email) {
      const patient = getThing(state.patients, patientId);
      if (patient.guardianPatientId === null) throw new Refusal(422, ['Patient is not a dependent']);
      changePatient(core, patient, { email, guardianPatientId: null });
      emitPatient('patient.emancipated', patient, { is_dependent: false, guardian_patient_id: null });
      return patient;
    },
  };
}
