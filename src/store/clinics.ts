import type { Clinic, FullscriptEnvironment } from '../domain/account.ts';
import type { ClinicRef } from './keys.ts';

/** A clinic with what the sweep of its events has come to. */
export interface StoredClinic extends Clinic {
  clinicKey: string;
  environment: FullscriptEnvironment;
  /** When name and discount were last read. */
  syncedAt: string | null;
  /** When the last finished sweep of its events began; null before the first one. */
  sweptAt: string | null;
  /** Where the next sweep goes on; the sweep's own text. */
  sweepCursor: string | null;
  /** How far the first filling of the copy has come; the filler's own text. */
  fillState: string | null;
}

export interface Clinics {
  /** Stores what Fullscript says of a clinic; a null name keeps the one that is there. */
  upsert(
    clinic: ClinicRef & {
      environment: FullscriptEnvironment;
      name: string | null;
      discountPercent: number | null;
      syncedAt: string | null;
    },
  ): Promise<void>;
  /** By clinic key; unknown ones are missing from the map. One statement. */
  findByKeys(clinicKeys: readonly string[]): Promise<Map<string, StoredClinic>>;
  find(clinicKey: string): Promise<StoredClinic | null>;
  /** Every clinic known, over all organizations. */
  listAll(): Promise<StoredClinic[]>;
  /** Notes a finished sweep: when it began and where the next goes on. An older beginning changes nothing. */
  saveSweep(clinicKey: string, sweptAt: string, cursor: string | null): Promise<void>;
  /** Keeps where an unfinished sweep stands, without vouching for anything. */
  saveSweepCursor(clinicKey: string, cursor: string | null): Promise<void>;
  /** Takes back what sweeps have vouched for, when events may have been missed. */
  forgetSweep(clinicKey: string): Promise<void>;
  setFillState(clinicKey: string, fillState: string | null): Promise<void>;
}
