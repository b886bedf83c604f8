import type { ClinicRef, ClinicRowKey } from './keys.ts';

export interface LabNote {
  id: string;
  authorId: string;
  text: string;
  createdAt: string;
}

export interface LabReview {
  signedOffBy: string | null;
  signedOffAt: string | null;
  sharedWithPatientAt: string | null;
  /** Oldest first. */
  notes: readonly LabNote[];
}

/** What practitioners made of lab results; ours alone, Fullscript knows nothing of it. */
export interface LabReviews {
  /** Keyed by `toRowKey(clinicKey, resultId)`; results nobody has looked at are missing. One statement. */
  findReviews(keys: readonly ClinicRowKey[]): Promise<Map<string, LabReview>>;
  /**
   * Changes one review in one transaction and gives it as it is then. `signOff` true keeps an earlier sign-off as it is, false
   * takes it back; `share` true keeps the first sharing, false takes it back; a note is added.
   */
  review(
    change: ClinicRef & {
      resultId: string;
      userId: string;
      at: string;
      signOff?: boolean | undefined;
      share?: boolean | undefined;
      note?: { id: string; text: string } | undefined;
    },
  ): Promise<LabReview>;
  /** Takes the sign-off away from results that were amended. Gives the keys that had one. */
  clearSignOff(keys: readonly ClinicRowKey[]): Promise<ClinicRowKey[]>;
}
