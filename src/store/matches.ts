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
  remember(match: ClinicRef & Match): Promise<void>;
  /** By EMR patient id, whatever their age; unknown ones are missing. One statement. */
  recall(clinicKey: string, patientIds: readonly string[]): Promise<Map<string, Match>>;
  /** Forgets all searches of a clinic, since a patient event says that its patients have changed. */
  forgetClinic(clinicKey: string): Promise<void>;
  forgetPatient(clinicKey: string, patientId: string): Promise<void>;
}

/** Builds the queries on remembered searches. */
export function createMatches(db: Database): Matches {
  return {
    async remember(match) {
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
          rows: [
            [
              toClinicKey(match.organizationId, match.clinicId),
              match.patientId,
              match.organizationId,
              match.clinicId,
              match.outcome,
              match.demographicsHash,
              match.decidedAt,
            ],
          ],
          newerBy: ['decided_at'],
        }),
      );
    },

    async recall(clinicKey, patientIds) {
      if (patientIds.length === 0) return new Map();
      const among = isIn('patient_id', patientIds);
      const rows = await db.read<Pick<MatchMemoryRow, 'patient_id' | 'outcome' | 'demographics_hash' | 'decided_at'>>(
        `SELECT patient_id, outcome, demographics_hash, decided_at FROM match_memory WHERE clinic_key = ? AND ${among.sql}`,
        [clinicKey, ...among.params],
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
