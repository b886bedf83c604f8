import { isIn } from './conditions.ts';
import type { Database } from './database.ts';
import type { MatchMemoryRow } from './entities/match-memory.ts';
import { toClinicKey, type ClinicRef } from './keys.ts';
import { upsert } from './upsert.ts';

/** What a search without a link ended in. */
export type MatchOutcome = 'NOT_CONNECTED' | 'MATCH_REQUIRED';

/** A remembered search; it counts only while the demographics are still the same. */
export interface Match {
  patientId: string;
  outcome: MatchOutcome;
  demographicsHash: string;
  decidedAt: string;
}

/** The memory of searches that found nobody, or nobody unmistakable. */
export interface Matches {
  /** Notes that a search begins; what was remembered of the patient counts no more. */
  begin(search: ClinicRef & { patientId: string; beganAt: string }): Promise<void>;
  /**
   * Remembers what the search that began at `beganAt` has come to; but nothing when the patient was forgotten meanwhile (an event, a link), since
   * the search may not have seen what has changed.
   */
  remember(match: ClinicRef & Match & { beganAt: string }): Promise<void>;
  /** By EMR patient id, whatever their age; unknown ones, and those still searched for, are missing. One statement. */
  recall(clinicKey: string, patientIds: readonly string[]): Promise<Map<string, Match>>;
  /** Forgets all searches of a clinic, since a patient event says that its patients have changed. */
  forgetClinic(clinicKey: string): Promise<void>;
  forgetPatient(clinicKey: string, patientId: string): Promise<void>;
}

/** The outcome of a search that has not come to one. */
const underWay = 'SEARCHING';

/** Builds the queries on remembered searches. */
export function createMatches(db: Database): Matches {
  return {
    async begin({ organizationId, clinicId, patientId, beganAt }) {
      const clinicKey = toClinicKey(organizationId, clinicId);
      await db.write((tx) =>
        upsert(tx, {
          table: 'match_memory',
          keys: ['clinic_key', 'patient_id'],
          columns: [
            'clinic_key',
            'patient_id',
            'organization_id',
            'clinic_id',
            'outcome',
            'demographics_hash',
            'decided_at',
          ],
          rows: [[clinicKey, patientId, organizationId, clinicId, underWay, '', beganAt]],
        }),
      );
    },

    async remember(match) {
      await db.write((tx) =>
        tx.run(
          `UPDATE match_memory SET outcome = ?, demographics_hash = ?, decided_at = ?
            WHERE clinic_key = ? AND patient_id = ? AND outcome = ? AND decided_at = ?`,
          [
            match.outcome,
            match.demographicsHash,
            match.decidedAt,
            toClinicKey(match.organizationId, match.clinicId),
            match.patientId,
            underWay,
            match.beganAt,
          ],
        ),
      );
    },

    async recall(clinicKey, patientIds) {
      if (patientIds.length === 0) return new Map();
      const among = isIn('patient_id', patientIds);
      const rows = await db.read<Pick<MatchMemoryRow, 'patient_id' | 'outcome' | 'demographics_hash' | 'decided_at'>>(
        `SELECT patient_id, outcome, demographics_hash, decided_at FROM match_memory
          WHERE clinic_key = ? AND outcome <> ? AND ${among.sql}`,
        [clinicKey, underWay, ...among.params],
      );
      return new Map(
        rows.map((row) => [
          row.patient_id,
          {
            patientId: row.patient_id,
            outcome: row.outcome as MatchOutcome,
            demographicsHash: row.demographics_hash,
            decidedAt: row.decided_at,
          },
        ]),
      );
    },

    async forgetClinic(clinicKey) {
      await db.write((tx) => tx.run('DELETE FROM match_memory WHERE clinic_key = ?', [clinicKey]));
    },

    async forgetPatient(clinicKey, patientId) {
      await db.write((tx) =>
        tx.run('DELETE FROM match_memory WHERE clinic_key = ? AND patient_id = ?', [clinicKey, patientId]),
      );
    },
  };
}
