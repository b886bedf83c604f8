import type { FullscriptPatient } from '../domain/patient.ts';
import type { ClinicRef, ClinicRowKey } from './keys.ts';

export interface StoredFullscriptPatient extends FullscriptPatient {
  clinicKey: string;
  clinicId: string;
  syncedAt: string;
}

/** The stored copy of Fullscript's patients. */
export interface Patients {
  /** Stores patients of one clinic as read at `syncedAt`; a copy that was read later stays. */
  upsertMany(clinic: ClinicRef, patients: readonly FullscriptPatient[], syncedAt: string): Promise<void>;
  /** Keyed by `toRowKey(clinicKey, id)`; unknown ones are missing. One statement. */
  findMany(keys: readonly ClinicRowKey[]): Promise<Map<string, StoredFullscriptPatient>>;
  /** Drops the copy, since Fullscript does not know the patient any more. */
  remove(key: ClinicRowKey): Promise<void>;
}
