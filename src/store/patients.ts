import type { FullscriptPatient } from '../domain/patient.ts';
import { forUpdate, isOneOf } from './conditions.ts';
import type { Database, Transaction } from './database.ts';
import type { FullscriptPatientRow } from './entities/fullscript-patient.ts';
import { toClinicKey, toRowKey, type ClinicRef, type ClinicRowKey } from './keys.ts';
import { upsert } from './upsert.ts';

export interface StoredFullscriptPatient extends FullscriptPatient {
  clinicKey: string;
  clinicId: string;
  syncedAt: string;
  /** Whether something may have changed since that nobody tells of, not even a sweep. */
  doubtful: boolean;
}

/** The stored copy of Fullscript's patients. */
export interface Patients {
  /** Stores patients of one clinic as read at `syncedAt`; a copy that was read later stays. */
  upsertMany(clinic: ClinicRef, patients: readonly FullscriptPatient[], syncedAt: string): Promise<void>;
  /**
   * Stores what a write that was sent at `sentAt` was answered with at `answeredAt`. False, and nothing is stored, when somebody has stored a read that began
   * in between: which of the two is newer is not known.
   */
  putWritten(
    clinic: ClinicRef,
    patient: FullscriptPatient,
    times: { sentAt: string; answeredAt: string },
  ): Promise<boolean>;
  /** Keyed by `toRowKey(clinicKey, id)`; unknown ones are missing. One statement. */
  findMany(keys: readonly ClinicRowKey[]): Promise<Map<string, StoredFullscriptPatient>>;
  /** Drops the copy, since Fullscript does not know the patient any more. */
  remove(key: ClinicRowKey): Promise<void>;
  /**
   * Keeps the copy, but has it read again before it counts as current; a read that began before this moment may not have seen what has changed, and is no
   * such read. Gives the moment for `trust`.
   */
  doubt(key: ClinicRowKey): Promise<string>;
  /** As `doubt`, for all patients of a clinic. */
  doubtClinic(clinicKey: string): Promise<void>;
  /** Takes the doubt of that moment back; a later one stays. */
  trust(key: ClinicRowKey, doubtedAt: string): Promise<void>;
}

/** Builds the queries on Fullscript's patients. */
export function createPatients(db: Database, needs: { now: () => Date }): Patients {
  async function upsertInside(
    tx: Transaction,
    clinic: ClinicRef,
    patients: readonly FullscriptPatient[],
    syncedAt: string,
  ): Promise<void> {
    const clinicKey = toClinicKey(clinic.organizationId, clinic.clinicId);
    await upsert(tx, {
      table: 'fullscript_patient',
      keys: ['clinic_key', 'id'],
      columns: [
        'clinic_key',
        'id',
        'organization_id',
        'clinic_id',
        'email',
        'first_name',
        'last_name',
        'date_of_birth',
        'gender',
        'mobile_number',
        'archived',
        'is_dependent',
        'guardian_patient_id',
        'discount_percent',
        'total_discount_percent',
        'metadata_id',
        'synced_at',
      ],
      rows: patients.map((patient) => [
        clinicKey,
        patient.id,
        clinic.organizationId,
        clinic.clinicId,
        patient.email,
        patient.firstName,
        patient.lastName,
        patient.dateOfBirth,
        patient.gender,
        patient.mobileNumber,
        patient.archived ? 1 : 0,
        patient.isDependent ? 1 : 0,
        patient.guardianPatientId,
        patient.discountPercent,
        patient.totalDiscountPercent,
        patient.metadataId,
        syncedAt,
      ]),
      newerBy: ['synced_at'],
    });
  }

  return {
    async upsertMany(clinic, patients, syncedAt) {
      if (patients.length > 0) await db.write((tx) => upsertInside(tx, clinic, patients, syncedAt));
    },

    putWritten: (clinic, patient, { sentAt, answeredAt }) =>
      db.write(async (tx) => {
        const [stored] = await tx.read<Pick<FullscriptPatientRow, 'synced_at'>>(
          `SELECT synced_at FROM fullscript_patient WHERE clinic_key = ? AND id = ? ${forUpdate(tx)}`,
          [toClinicKey(clinic.organizationId, clinic.clinicId), patient.id],
        );
        if (stored && stored.synced_at >= sentAt) return false;
        await upsertInside(tx, clinic, [patient], answeredAt);
        return true;
      }),

    async findMany(keys) {
      if (keys.length === 0) return new Map();
      const among = isOneOf('clinic_key', 'id', keys);
      const rows = await db.read<FullscriptPatientRow>(
        `SELECT * FROM fullscript_patient WHERE ${among.sql}`,
        among.params,
      );
      return new Map(
        rows.map((row) => [
          toRowKey(row.clinic_key, row.id),
          {
            clinicKey: row.clinic_key,
            clinicId: row.clinic_id,
            id: row.id,
            email: row.email,
            firstName: row.first_name,
            lastName: row.last_name,
            dateOfBirth: row.date_of_birth,
            gender: row.gender,
            mobileNumber: row.mobile_number,
            archived: row.archived === 1,
            isDependent: row.is_dependent === 1,
            guardianPatientId: row.guardian_patient_id,
            discountPercent: row.discount_percent,
            totalDiscountPercent: row.total_discount_percent,
            metadataId: row.metadata_id,
            syncedAt: row.synced_at,
            doubtful: row.doubted_at !== null && row.doubted_at >= row.synced_at,
          },
        ]),
      );
    },

    async remove(key) {
      await db.write((tx) =>
        tx.run('DELETE FROM fullscript_patient WHERE clinic_key = ? AND id = ?', [key.clinicKey, key.id]),
      );
    },

    async doubt(key) {
      const at = needs.now().toISOString();
      await db.write((tx) =>
        tx.run('UPDATE fullscript_patient SET doubted_at = ? WHERE clinic_key = ? AND id = ?', [
          at,
          key.clinicKey,
          key.id,
        ]),
      );
      return at;
    },

    async doubtClinic(clinicKey) {
      await db.write((tx) =>
        tx.run('UPDATE fullscript_patient SET doubted_at = ? WHERE clinic_key = ?', [
          needs.now().toISOString(),
          clinicKey,
        ]),
      );
    },

    async trust(key, doubtedAt) {
      await db.write((tx) =>
        tx.run('UPDATE fullscript_patient SET doubted_at = NULL WHERE clinic_key = ? AND id = ? AND doubted_at = ?', [
          key.clinicKey,
          key.id,
          doubtedAt,
        ]),
      );
    },
  };
}
