import type { ClinicRef } from './keys.ts';

/** A document that the EMR is still to be told about: one per result and version. */
export interface LabDocument extends ClinicRef {
  id: string;
  clinicKey: string;
  resultId: string;
  version: number;
  patientId: string;
  title: string;
  occurredAt: string;
  /** Which attempt this is, 1 for the first. */
  attempts: number;
}

export interface LabDocuments {
  /** Queues documents; one that was queued before (done or not) is left alone. Gives how many are new. */
  put(documents: readonly (Omit<LabDocument, 'id' | 'clinicKey' | 'attempts'> & { runAt: string })[]): Promise<number>;
  /** Takes up to `limit` documents that are due, each for `leaseMs`. */
  claim(limit: number, leaseMs: number): Promise<LabDocument[]>;
  done(id: string, at: string): Promise<void>;
  retryAt(id: string, runAt: string): Promise<void>;
  /** Gives up, visibly. */
  park(id: string): Promise<void>;
  depth(): Promise<{ pending: number; parked: number }>;
}
