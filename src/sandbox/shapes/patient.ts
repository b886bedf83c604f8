import type { Address, Clinic, Patient } from '../state.ts';

/** The thin row of lists and searches. */
export function toPatientRow(patient: Patient): Record<string, unknown> {
  return {
    id: patient.id,
    first_name: patient.firstName,
    last_name: patient.lastName,
    email: patient.email,
    archived: patient.archived,
  };
}

/** The patient as retrieve, create and update answer it. `clinic` gives the clinic-wide discount. */
export function toPatientBody(patient: Patient, clinic: Clinic): Record<string, unknown> {
  return {
    ...toPatientRow(patient),
    date_of_birth: patient.dateOfBirth,
    gender: patient.gender,
    discount: patient.discount,
    total_discount: patient.discount + clinic.discount,
    mobile_number: patient.mobileNumber,
    text_message_notification: patient.textMessageNotification,
    metadata: { id: patient.metadataId },
    is_dependent: patient.guardianPatientId !== null,
    guardian_patient_id: patient.guardianPatientId,
  };
}

/** The patient inside a patient event: without metadata and family. */
export function toEventPatient(patient: Patient, clinic: Clinic): Record<string, unknown> {
  return {
    id: patient.id,
    first_name: patient.firstName,
    last_name: patient.lastName,
    email: patient.email,
    date_of_birth: patient.dateOfBirth,
    gender: patient.gender,
    discount: patient.discount,
    total_discount: patient.discount + clinic.discount,
    mobile_number: patient.mobileNumber,
    text_message_notification: patient.textMessageNotification,
  };
}

/** One address of a patient. */
export function toAddressBody(address: Address): Record<string, unknown> {
  return { ...address };
}
