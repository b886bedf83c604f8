import type { ClinicRef } from './keys.ts';

/** A part of the stored copy that is compared with Fullscript as a whole; `subject` is the Fullscript patient. */
export interface CopyKey {
  clinicKey: string;
  kind: 'plans' | 'labs';
  subject: string;
}

/** When each part of the copy was last compared with Fullscript, joined with its clinic's last finished sweep. */
export interface Copies {
  /**
   * Keyed by `toCopyKey`; a part never compared is missing from the map, an expired one has a null `syncedAt`. One statement.
   */
  findMany(keys: readonly CopyKey[]): Promise<Map<string, { syncedAt: string | null; sweptAt: string | null }>>;
  /** Notes a comparison that began at `syncedAt`; an older one changes nothing. */
  set(clinic: ClinicRef, kind: CopyKey['kind'], subject: string, syncedAt: string): Promise<void>;
  setMany(clinic: ClinicRef, kind: CopyKey['kind'], subjects: readonly string[], syncedAt: string): Promise<void>;
  /** Makes the part not current, so that the next reader refreshes it; what is stored stays. */
  expire(key: CopyKey): Promise<void>;
  /** The same for everything of a clinic. */
  expireClinic(clinicKey: string): Promise<void>;
}

/** Makes one text of a copy's key, for maps. */
export function toCopyKey(key: CopyKey): string {
  return `${key.clinicKey}:${key.kind}:${key.subject}`;
}
