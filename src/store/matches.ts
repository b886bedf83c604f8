import type { ClinicRef } from './keys.ts';

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
