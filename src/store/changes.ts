import type { Database, Transaction } from './database.ts';
import { createSortableId } from './ids.ts';
import { toClinicKey, type ClinicRef } from './keys.ts';
import { insertMissing } from './upsert.ts';

/** What changed: a treatment plan or a lab order. */
export type ChangeKind = 'plan' | 'lab_order';

/** A plan or lab order that appeared or changed, on its way into the feed. */
export interface NewChange {
  fullscriptPatientId: string;
  objectId: string;
}

/** A change of something of an EMR patient's. */
export interface PatientChange {
  /** Sorts by the moment it was written, as far as the clocks of the processes agree. */
  id: string;
  organizationId: string;
  clinicId: string;
  clinicKey: string;
  /** The EMR patient that the Fullscript patient is linked to now. */
  patientId: string;
  kind: ChangeKind;
  objectId: string;
  at: string;
}

/** What queries that store plans and lab orders need for the feed. */
export interface ChangeWriting {
  now: () => Date;
  /** Told, once they are committed, that changes were written to the feed. */
  onChanges?: (() => void) | undefined;
}

/** The feed of changes that live updates are made of; it is kept for an hour. */
export interface Changes {
  /**
   * Changes of linked patients, of all organizations, that were written at `since` or later, oldest first, at most `limit`; with `afterId` only those
   * behind it. Those of people who are linked to nobody are left out. One statement.
   */
  listSince(since: Date, limit: number, afterId?: string): Promise<PatientChange[]>;
  /** Deletes at most `limit` changes from before `before`; gives how many. */
  prune(before: string, limit: number): Promise<number>;
}

/** The smallest id that a change of that millisecond may have. */
function toFirstId(at: Date): string {
  const time = at.getTime().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-`;
}

/** Builds the queries on the feed. */
export function createChanges(db: Database): Changes {
  return {
    async listSince(since, limit, afterId) {
      const rows = await db.read<PatientChange>(
        `SELECT c.id AS id, c.organization_id AS organizationId, c.clinic_id AS clinicId, c.clinic_key AS clinicKey,
            l.patient_id AS patientId, c.kind AS kind, c.object_id AS objectId, c.at AS at
          FROM patient_change c
          JOIN patient_link l ON l.clinic_key = c.clinic_key AND l.fullscript_patient_id = c.fullscript_patient_id
          WHERE c.id > ? ORDER BY c.id LIMIT ${String(Math.max(1, Math.trunc(limit)))}`,
        [afterId ?? toFirstId(since)],
      );
      return rows;
    },

    prune: (before, limit) =>
      db.write(async (tx) => {
        const rows = await tx.read<{ id: string }>(
          `SELECT id FROM patient_change WHERE id < ? ORDER BY id LIMIT ${String(Math.max(1, Math.trunc(limit)))}`,
          [toFirstId(new Date(before))],
        );
        const last = rows.at(-1);
        return last === undefined ? 0 : await tx.run('DELETE FROM patient_change WHERE id <= ?', [last.id]);
      }),
  };
}

/** Writes changes of one clinic into the feed, in the transaction that made them. `now` is the clock. */
export async function writeChanges(
  tx: Transaction,
  clinic: ClinicRef,
  kind: ChangeKind,
  changes: readonly NewChange[],
  now: Date,
): Promise<void> {
  if (changes.length === 0) return;
  const clinicKey = toClinicKey(clinic.organizationId, clinic.clinicId);
  const at = now.toISOString();
  await insertMissing(tx, {
    table: 'patient_change',
    keys: ['id'],
    columns: ['id', 'clinic_key', 'organization_id', 'clinic_id', 'fullscript_patient_id', 'kind', 'object_id', 'at'],
    rows: changes.map(({ fullscriptPatientId, objectId }, index) => [
      createSortableId(now, index),
      clinicKey,
      clinic.organizationId,
      clinic.clinicId,
      fullscriptPatientId,
      kind,
      objectId,
      at,
    ]),
  });
}
