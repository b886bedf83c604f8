import type { ClinicRef } from './keys.ts';

/** A document that the EMR is still to be told about: one per result and version. */
export interface LabDocument extends ClinicRef {
  clinicKey: string;
  resultId: string;
  version: number;
  patientId: string;
  title: string;
  occurredAt: string;
  attempts: number;
}

export type LabDocumentKey = Pick<LabDocument, 'clinicKey' | 'resultId' | 'version'>;

export interface LabDocuments {
  /** Queues documents; one that was queued before (done or not) is left alone. Gives how many are new. */
  put(documents: readonly (Omit<LabDocument, 'clinicKey' | 'attempts'> & { runAt: string })[]): Promise<number>;
  /** Takes up to `limit` documents that are due, each for `leaseMs`. */
  claim(limit: number, leaseMs: number): Promise<LabDocument[]>;
  done(key: LabDocumentKey, at: string): Promise<void>;
  retryAt(key: LabDocumentKey, runAt: string): Promise<void>;
  /** Gives up, visibly. */
  park(key: LabDocumentKey): Promise<void>;
  depth(): Promise<{ pending: number; parked: number }>;
}
