import { claimDue } from './claim.ts';
import type { Database, Transaction } from './database.ts';
import type { MetadataTaskRow } from './entities/metadata-task.ts';
import { createId } from './ids.ts';
import { toClinicKey, type ClinicRef } from './keys.ts';
import { upsert } from './upsert.ts';

/** A metadata id that still has to be written to Fullscript, or cleared there. */
export interface MetadataTask extends ClinicRef {
  id: string;
  clinicKey: string;
  kind: 'patient' | 'practitioner' | 'plan';
  fullscriptId: string;
  /** The id to write; null clears ours. */
  value: string | null;
  /** Which attempt this is, 1 for the first. */
  attempts: number;
}

/** Metadata writes that must survive an outage. A newer task for the same object takes the place of an older one. */
export interface MetadataTasks {
  /** Takes up to `limit` tasks that are due, each for `leaseMs`; what is not finished by then can be taken again. */
  claim(limit: number, leaseMs: number): Promise<MetadataTask[]>;
  /** Removes the task, unless a newer one has taken its place. */
  done(id: string): Promise<void>;
  retryAt(id: string, runAt: string): Promise<void>;
  /** False once it is done or a newer task for the same object has taken its place. */
  stands(id: string): Promise<boolean>;
  depth(): Promise<number>;
}

/** What a metadata task is made from; `runAt` is when it may be tried first. */
export type NewMetadataTask = ClinicRef & {
  kind: MetadataTask['kind'];
  fullscriptId: string;
  value: string | null;
  runAt: string;
};

/** Stores a task inside a transaction, in the place of an older one for the same object. */
export async function insertMetadataTask(tx: Transaction, task: NewMetadataTask, createdAt: string): Promise<void> {
  await upsert(tx, {
    table: 'metadata_task',
    keys: ['clinic_key', 'kind', 'fullscript_id'],
    columns: [
      'clinic_key',
      'kind',
      'fullscript_id',
      'id',
      'organization_id',
      'clinic_id',
      'value',
      'attempts',
      'run_at',
      'created_at',
    ],
    // A new id, so that whoever is working on the older task cannot finish this one.
    rows: [
      [
        toClinicKey(task.organizationId, task.clinicId),
        task.kind,
        task.fullscriptId,
        createId(),
        task.organizationId,
        task.clinicId,
        task.value,
        0,
        task.runAt,
        createdAt,
      ],
    ],
  });
}

/** Builds the queries on metadata tasks. */
export function createMetadataTasks(db: Database, needs: { now: () => Date }): MetadataTasks {
  return {
    async claim(limit, leaseMs) {
      const rows = await claimDue<MetadataTaskRow>(db, {
        table: 'metadata_task',
        index: 'metadata_task_due',
        where: '1 = 1',
        params: [],
        key: 'id',
        columns: 'id, clinic_key, organization_id, clinic_id, kind, fullscript_id, value, attempts',
        now: needs.now(),
        limit,
        leaseMs,
      });
      return rows.map((row) => ({
        id: row.id,
        clinicKey: row.clinic_key,
        organizationId: row.organization_id,
        clinicId: row.clinic_id,
        kind: row.kind as MetadataTask['kind'],
        fullscriptId: row.fullscript_id,
        value: row.value,
        attempts: row.attempts + 1,
      }));
    },

    async done(id) {
      await db.write((tx) => tx.run('DELETE FROM metadata_task WHERE id = ?', [id]));
    },

    async retryAt(id, runAt) {
      await db.write((tx) => tx.run('UPDATE metadata_task SET run_at = ? WHERE id = ?', [runAt, id]));
    },

    async stands(id) {
      const rows = await db.read('SELECT 1 AS found FROM metadata_task WHERE id = ?', [id]);
      return rows.length > 0;
    },

    async depth() {
      const [row] = await db.read<{ total: number }>('SELECT COUNT(*) AS total FROM metadata_task');
      return row?.total ?? 0;
    },
  };
}
