import type { FullscriptPatient } from '../domain/patient.ts';
import type { Call } from './call.ts';

/** What may be written; a key left out stays as it is, null clears it. */
export interface PatientChanges {
  email?: string | undefined;
  firstName?: string | undefined;
  lastName?: string | undefined;
  dateOfBirth?: string | null | undefined;
  gender?: string | null | undefined;
  mobileNumber?: string | null | undefined;
  discountPercent?: number | null | undefined;
  metadataId?: string | null | undefined;
}

export interface NewPatient extends PatientChanges {
  email: string;
  firstName: string;
  lastName: string;
  /** Always said, because Fullscript mails when nothing is said. */
  sendWelcomeEmail: boolean;
}

export interface Patients {
  get(call: Call, id: string): Promise<FullscriptPatient>;
  /** Every patient, dependents and guardians included, whom Fullscript's fuzzy search finds. Rows may be thin: get before deciding. */
  searchAll(call: Call, query: string): Promise<FullscriptPatient[]>;
  /** All dependents of a guardian. Rows may be thin. */
  dependents(call: Call, guardianId: string): Promise<FullscriptPatient[]>;
  /** Patients whose metadata id is exactly this one; there may be several. Rows may be thin. */
  findByMetadata(call: Call, metadataId: string): Promise<FullscriptPatient[]>;
  update(call: Call, id: string, changes: PatientChanges): Promise<FullscriptPatient>;
  create(call: Call, patient: NewPatient, idempotencyKey?: string): Promise<FullscriptPatient>;
}
