import { isIn, toChunks } from './conditions.ts';
import type { Database, SqlValue, Transaction } from './database.ts';
import type { ClinicFillRow } from './entities/clinic-fill.ts';
import type { ClinicFillPatientRow } from './entities/clinic-fill-patient.ts';
import { toClinicKey, type ClinicRef } from './keys.ts';
import { insertMissing } from './upsert.ts';

/** One run of a fill; progress of a run that was begun anew meanwhile is not taken. */
export interface FillRun {
  clinicKey: string;
  /** When it was begun, which tells one run from the next. */
  startedAt: string;
}

/** How far the background reading of a whole clinic has come. */
export interface ClinicFill extends FillRun, ClinicRef {
  /** Null while it is under way. */
  finishedAt: string | null;
  /** The page of the patient list that comes next, from 1; null once the list has been read to its end. */
  nextPage: number | null;
  /** When the clinic's lab orders were listed, or were found not to be readable; null before. */
  labsListedAt: string | null;
  patientsFound: number;
  /** Those who were read. */
  patientsDone: number;
  /** Those who were given up. */
  patientsFailed: number;
}

/** A patient who waits to be read. */
export interface FillPatient {
  fullscriptPatientId: string;
  /** Whether the lab orders are to be read, too. */
  readsLabs: boolean;
  /** Tries that failed so far. */
  attempts: number;
}

/** The background reading of whole clinics: what has been found, and what is still to be read. Survives every process. */
export interface ClinicFills {
  /** By clinic key; clinics whose reading was never begun are missing. One statement. */
  findByKeys(clinicKeys: readonly string[]): Promise<Map<string, ClinicFill>>;
  /** Begins a clinic's first fill; one that is there stays as it is. */
  begin(clinic: ClinicRef, startedAt: string): Promise<void>;
  /** Has a clinic that was read, or is being read, read from the beginning again; gives whether there was one. */
  beginAnew(clinicKey: string): Promise<boolean>;
  /** Notes the patients of a page and which page comes next (null: that was the last), in one step. False for a run that is over. */
  savePage(
    run: FillRun,
    page: { fullscriptPatientIds: readonly string[]; nextPage: number | null; runAt: string },
  ): Promise<boolean>;
  /** Patients of the run by id, behind `after` (from the first when null), at most `limit`. */
  listPatients(clinicKey: string, after: string | null, limit: number): Promise<FillPatient[]>;
  /** Notes whose lab orders are to be read. False for a run that is over. */
  saveLabs(run: FillRun, fullscriptPatientIds: readonly string[], listedAt: string): Promise<boolean>;
  /** Patients who may be read now, those waiting longest first. */
  listDue(clinicKey: string, at: string, limit: number): Promise<FillPatient[]>;
  /** Takes patients off the list: read, or given up. A patient counts once, whoever says it. */
  settle(run: FillRun, fullscriptPatientIds: readonly string[], outcome: 'done' | 'failed'): Promise<void>;
  /** Puts a patient off until `runAt` and counts the try. */
  postpone(run: FillRun, fullscriptPatientId: string, runAt: string): Promise<void>;
  /** Ends the run when nobody is left to be read; gives whether it did. */
  finish(run: FillRun, finishedAt: string): Promise<boolean>;
  /** How many clinics are being read, of all organizations, and how many patients of theirs are known to be waiting; for metrics. */
  depth(): Promise<{ clinics: number; patients: number }>;
}

function toFill(row: ClinicFillRow): ClinicFill {
  return {
    clinicKey: row.clinic_key,
    organizationId: row.organization_id,
    clinicId: row.clinic_id,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    nextPage: row.next_page,
    labsListedAt: row.labs_listed_at,
    patientsFound: row.patients_found,
    patientsDone: row.patients_done,
    patientsFailed: row.patients_failed,
  };
}

const columns = [
  'clinic_key',
  'organization_id',
  'clinic_id',
  'started_at',
  'finished_at',
  'next_page',
  'labs_listed_at',
  'patients_found',
  'patients_done',
  'patients_failed',
];

function toNewRow(clinic: ClinicRef, startedAt: string): SqlValue[] {
  const clinicKey = toClinicKey(clinic.organizationId, clinic.clinicId);
  return [clinicKey, clinic.organizationId, clinic.clinicId, startedAt, null, 1, null, 0, 0, 0];
}

/** Builds the queries on the background reading of clinics. */
export function createClinicFills(db: Database, needs: { now: () => Date }): ClinicFills {
  /** Changes the run's own row first, which makes writers take turns; false, and nothing done, when the run is over. */
  function change(
    run: FillRun,
    set: { sql: string; params: SqlValue[] },
    then: (tx: Transaction) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<boolean> {
    return db.write(async (tx) => {
      const changed = await tx.run(
        `UPDATE clinic_fill SET ${set.sql} WHERE clinic_key = ? AND started_at = ? AND finished_at IS NULL`,
        [...set.params, run.clinicKey, run.startedAt],
      );
      if (changed !== 1) return false;
      await then(tx);
      return true;
    });
  }

  async function listPatients(rest: string, params: SqlValue[], limit: number): Promise<FillPatient[]> {
    const rows = await db.read<Pick<ClinicFillPatientRow, 'fullscript_patient_id' | 'reads_labs' | 'attempts'>>(
      `SELECT fullscript_patient_id, reads_labs, attempts FROM clinic_fill_patient
        WHERE clinic_key = ? ${rest} LIMIT ${String(Math.max(1, Math.trunc(limit)))}`,
      params,
    );
    return rows.map((row) => ({
      fullscriptPatientId: row.fullscript_patient_id,
      readsLabs: row.reads_labs === 1,
      attempts: row.attempts,
    }));
  }

  return {
    async findByKeys(clinicKeys) {
      if (clinicKeys.length === 0) return new Map();
      const among = isIn('clinic_key', clinicKeys);
      const rows = await db.read<ClinicFillRow>(`SELECT * FROM clinic_fill WHERE ${among.sql}`, among.params);
      return new Map(rows.map((row) => [row.clinic_key, toFill(row)]));
    },

    async begin(clinic, startedAt) {
      await db.write((tx) =>
        insertMissing(tx, {
          table: 'clinic_fill',
          keys: ['clinic_key'],
          columns,
          rows: [toNewRow(clinic, startedAt)],
        }),
      );
    },

    beginAnew(clinicKey) {
      const startedAt = needs.now().toISOString();
      return db.write(async (tx) => {
        const changed = await tx.run(
          `UPDATE clinic_fill SET started_at = ?, finished_at = NULL, next_page = 1, labs_listed_at = NULL,
              patients_found = 0, patients_done = 0, patients_failed = 0
            WHERE clinic_key = ? AND started_at < ?`,
          [startedAt, clinicKey, startedAt],
        );
        if (changed === 0) return false;
        await tx.run('DELETE FROM clinic_fill_patient WHERE clinic_key = ?', [clinicKey]);
        return true;
      });
    },

    savePage(run, { fullscriptPatientIds, nextPage, runAt }) {
      return change(run, { sql: 'next_page = ?', params: [nextPage] }, async (tx) => {
        await insertMissing(tx, {
          table: 'clinic_fill_patient',
          keys: ['clinic_key', 'fullscript_patient_id'],
          columns: ['clinic_key', 'fullscript_patient_id', 'reads_labs', 'attempts', 'run_at'],
          rows: fullscriptPatientIds.toSorted().map((id) => [run.clinicKey, id, 0, 0, runAt]),
        });
        await tx.run(
          `UPDATE clinic_fill SET patients_found =
              (SELECT COUNT(*) FROM clinic_fill_patient p WHERE p.clinic_key = ?) WHERE clinic_key = ?`,
          [run.clinicKey, run.clinicKey],
        );
      });
    },

    listPatients: (clinicKey, after, limit) =>
      listPatients(
        `${after === null ? '' : 'AND fullscript_patient_id > ?'} ORDER BY fullscript_patient_id`,
        after === null ? [clinicKey] : [clinicKey, after],
        limit,
      ),

    saveLabs(run, fullscriptPatientIds, listedAt) {
      return change(run, { sql: 'labs_listed_at = ?', params: [listedAt] }, async (tx) => {
        for (const chunk of toChunks([...fullscriptPatientIds], 1000)) {
          const among = isIn('fullscript_patient_id', chunk);
          await tx.run(`UPDATE clinic_fill_patient SET reads_labs = 1 WHERE clinic_key = ? AND ${among.sql}`, [
            run.clinicKey,
            ...among.params,
          ]);
        }
      });
    },

    listDue: (clinicKey, at, limit) =>
      listPatients('AND run_at <= ? ORDER BY run_at, fullscript_patient_id', [clinicKey, at], limit),

    async settle(run, fullscriptPatientIds, outcome) {
      if (fullscriptPatientIds.length === 0) return;
      const counter = outcome === 'done' ? 'patients_done' : 'patients_failed';
      await change(run, { sql: 'clinic_id = clinic_id', params: [] }, async (tx) => {
        const among = isIn('fullscript_patient_id', fullscriptPatientIds);
        const settled = await tx.run(`DELETE FROM clinic_fill_patient WHERE clinic_key = ? AND ${among.sql}`, [
          run.clinicKey,
          ...among.params,
        ]);
        await tx.run(`UPDATE clinic_fill SET ${counter} = ${counter} + ? WHERE clinic_key = ?`, [
          settled,
          run.clinicKey,
        ]);
      });
    },

    async postpone(run, fullscriptPatientId, runAt) {
      await change(run, { sql: 'clinic_id = clinic_id', params: [] }, (tx) =>
        tx.run(
          `UPDATE clinic_fill_patient SET attempts = attempts + 1, run_at = ?
            WHERE clinic_key = ? AND fullscript_patient_id = ?`,
          [runAt, run.clinicKey, fullscriptPatientId],
        ),
      );
    },

    finish(run, finishedAt) {
      return db.write(async (tx) => {
        const changed = await tx.run(
          `UPDATE clinic_fill SET finished_at = ?
            WHERE clinic_key = ? AND started_at = ? AND finished_at IS NULL AND next_page IS NULL
              AND NOT EXISTS (SELECT 1 FROM clinic_fill_patient p WHERE p.clinic_key = clinic_fill.clinic_key)`,
          [finishedAt, run.clinicKey, run.startedAt],
        );
        return changed === 1;
      });
    },

    async depth() {
      const [row] = await db.read<{ clinics: number; patients: number | string | null }>(
        `SELECT COUNT(*) AS clinics, SUM(patients_found - patients_done - patients_failed) AS patients
          FROM clinic_fill WHERE finished_at IS NULL`,
      );
      return { clinics: row?.clinics ?? 0, patients: Math.max(0, Number(row?.patients ?? 0)) };
    },
  };
}
