import type { LinkMethod, PatientLink } from '../domain/patient.ts';
import type { ClinicRef, ClinicRowKey } from './keys.ts';

export interface StoredPatientLink extends PatientLink {
  clinicKey: string;
}

/** A former link. */
export interface EndedPatientLink extends StoredPatientLink {
  endedAt: string;
  endedBy: string | null;
  /** `unlinked` or `replaced`. */
  endReason: string;
}

export interface NewPatientLink extends ClinicRef {
  patientId: string;
  fullscriptPatientId: string;
  method: LinkMethod;
  linkedAt: string;
  linkedBy: string | null;
  /** True when a person decided: an existing link of that EMR patient is replaced, and a refusal of this pair is taken back. */
  replace?: boolean | undefined;
}

export type LinkOutcome =
  /** Linked now, or already linked to exactly this one. */
  | { kind: 'linked'; link: StoredPatientLink; replaced: StoredPatientLink | null; created: boolean }
  /** That Fullscript patient belongs to another EMR patient. */
  | { kind: 'taken'; patientId: string }
  /** The EMR patient is linked to another Fullscript patient and `replace` was not asked for. */
  | { kind: 'other'; link: StoredPatientLink }
  /** This pair was refused by a person and only a person can link it. */
  | { kind: 'refused' };

export interface PatientLinks {
  /** The links of EMR patients in one clinic, by EMR patient id. One statement. */
  findLinks(clinicKey: string, patientIds: readonly string[]): Promise<Map<string, StoredPatientLink>>;
  /** The same in several clinics, keyed by `toRowKey(clinicKey, patientId)`. One statement. */
  findLinksByKeys(keys: readonly ClinicRowKey[]): Promise<Map<string, StoredPatientLink>>;
  /** The links of Fullscript patients, keyed by `toRowKey(clinicKey, fullscriptPatientId)`. One statement. */
  findLinksByFullscriptIds(keys: readonly ClinicRowKey[]): Promise<Map<string, StoredPatientLink>>;
  /** Every link of one EMR patient in the organization, over all clinics. */
  findByPatient(organizationId: string, patientId: string): Promise<StoredPatientLink[]>;
  /** The links of a clinic after `afterPatientId`, in the order of patient ids, at most `limit`. */
  listByClinic(clinicKey: string, afterPatientId: string | null, limit: number): Promise<StoredPatientLink[]>;
  /** Links one to one; of two at the same moment one wins, on every engine. */
  link(link: NewPatientLink): Promise<LinkOutcome>;
  /**
   * Ends a link and keeps it in the history; with `refuse` the pair is remembered, so that only a person can link it again.
   * Gives the link that was ended, null when there was none.
   */
  unlink(
    request: ClinicRef & { patientId: string; unlinkedAt: string; unlinkedBy: string | null; refuse: boolean },
  ): Promise<StoredPatientLink | null>;
  /** Former links of an EMR patient in a clinic, newest first. */
  history(clinicKey: string, patientId: string): Promise<EndedPatientLink[]>;
  /** The Fullscript patients that a person has refused for each EMR patient, by EMR patient id. One statement. */
  findRefused(clinicKey: string, patientIds: readonly string[]): Promise<Map<string, Set<string>>>;
  isRefused(clinicKey: string, patientId: string, fullscriptPatientId: string): Promise<boolean>;
}
