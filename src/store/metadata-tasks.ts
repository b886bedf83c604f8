import type { ClinicRef } from './keys.ts';

/** A metadata id that still has to be written to Fullscript, or cleared there. */
export interface MetadataTask extends ClinicRef {
  id: string;
  clinicKey: string;
  kind: 'patient' | 'practitioner' | 'plan';
  fullscriptId: string;
  /** The id to write; null clears ours. */
  value: string | null;
  attempts: number;
}

/** Metadata writes that must survive an outage. A newer task for the same object takes the place of an older one. */
export interface MetadataTasks {
  put(
    task: ClinicRef & { kind: MetadataTask['kind']; fullscriptId: string; value: string | null; runAt: string },
  ): Promise<void>;
  /** Takes up to `limit` tasks that are due, each for `leaseMs`; what is not finished by then can be taken again. */
  claim(limit: number, leaseMs: number): Promise<MetadataTask[]>;
  /** Removes the task, unless a newer one has taken its place. */
  done(id: string): Promise<void>;
  retryAt(id: string, runAt: string): Promise<void>;
  depth(): Promise<number>;
}
