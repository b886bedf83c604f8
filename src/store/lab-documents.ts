import { claimDue } from './claim.ts';
import { isIn } from './conditions.ts';
import type { Database, Transaction } from './database.ts';
import type { LabDocumentRow } from './entities/lab-document.ts';
import { createId } from './ids.ts';
import { toClinicKey, type ClinicRef } from './keys.ts';
import { insertMissing } from './upsert.ts';

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

/** A document to be queued; `runAt` is when it may be told first. */
export type NewLabDocument = Omit<LabDocument, 'id' | 'clinicKey' | 'attempts'> & { runAt: string };

export interface LabDocuments {
  /** Queues documents; one that was queued before (done or not) is left alone. Gives how many are new. */
  put(documents: readonly NewLabDocument[]): Promise<number>;
  /** Takes up to `limit` documents that are due, each for `leaseMs`. */
  claim(limit: number, leaseMs: number): Promise<LabDocument[]>;
  done(id: string, at: string): Promise<void>;
  retryAt(id: string, runAt: string): Promise<void>;
  /** Lets go of one that is not to be told after all. */
  drop(id: string, at: string): Promise<void>;
  /** Gives up, visibly. */
  park(id: string): Promise<void>;
  depth(): Promise<{ pending: number; parked: number }>;
}

/** Builds the queries on documents for the EMR. */
export function createLabDocuments(db: Database, needs: { now: () => Date }): LabDocuments {
  return {
    put: (documents) =>
      documents.length === 0 ? Promise.resolve(0) : db.write((tx) => putLabDocuments(tx, documents)),

    async claim(limit, leaseMs) {
      const rows = await claimDue<LabDocumentRow>(db, {
        table: 'lab_document',
        index: 'lab_document_due',
        where: "state = 'PENDING'",
        params: [],
        key: 'id',
        columns:
          'id, clinic_key, result_id, version, organization_id, clinic_id, patient_id, title, occurred_at, attempts',
        now: needs.now(),
        limit,
        leaseMs,
      });
      return rows.map((row) => ({
        id: row.id,
        clinicKey: row.clinic_key,
        organizationId: row.organization_id,
        clinicId: row.clinic_id,
        resultId: row.result_id,
        version: row.version,
        patientId: row.patient_id,
        title: row.title,
        occurredAt: row.occurred_at,
        attempts: row.attempts + 1,
      }));
    },

    async done(id, at) {
      await db.write((tx) => tx.run("UPDATE lab_document SET state = 'DONE', done_at = ? WHERE id = ?", [at, id]));
    },

    async retryAt(id, runAt) {
      await db.write((tx) =>
        tx.run("UPDATE lab_document SET run_at = ? WHERE id = ? AND state = 'PENDING'", [runAt, id]),
      );
    },

    async drop(id, at) {
      await db.write((tx) =>
        tx.run("UPDATE lab_document SET state = 'DROPPED', done_at = ? WHERE id = ? AND state = 'PENDING'", [at, id]),
      );
    },

    async park(id) {
      await db.write((tx) =>
        tx.run("UPDATE lab_document SET state = 'PARKED' WHERE id = ? AND state = 'PENDING'", [id]),
      );
    },

    async depth() {
      const rows = await db.read<{ state: string; total: number }>(
        "SELECT state, COUNT(*) AS total FROM lab_document WHERE state IN ('PENDING', 'PARKED') GROUP BY state",
      );
      const totals = new Map(rows.map((row) => [row.state, row.total]));
      return { pending: totals.get('PENDING') ?? 0, parked: totals.get('PARKED') ?? 0 };
    },
  };
}

/** As `LabDocuments.put`, inside a transaction. */
export async function putLabDocuments(tx: Transaction, documents: readonly NewLabDocument[]): Promise<number> {
  if (documents.length === 0) return 0;
  const ids = documents.map(() => createId());
  await insertMissing(tx, {
    table: 'lab_document',
    keys: ['clinic_key', 'result_id', 'version'],
    columns: [
      'clinic_key',
      'result_id',
      'version',
      'id',
      'organization_id',
      'clinic_id',
      'patient_id',
      'title',
      'occurred_at',
      'state',
      'attempts',
      'run_at',
    ],
    rows: documents.map((document, index) => [
      toClinicKey(document.organizationId, document.clinicId),
      document.resultId,
      document.version,
      ids[index] ?? '',
      document.organizationId,
      document.clinicId,
      document.patientId,
      document.title,
      document.occurredAt,
      'PENDING',
      0,
      document.runAt,
    ]),
  });
  const among = isIn('id', ids);
  const [row] = await tx.read<{ total: number }>(
    `SELECT COUNT(*) AS total FROM lab_document WHERE ${among.sql}`,
    among.params,
  );
  return row?.total ?? 0;
}
