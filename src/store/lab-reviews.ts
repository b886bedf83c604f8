import { forUpdate, isOneOf, placeholders } from './conditions.ts';
import type { Database, Reader, Transaction } from './database.ts';
import type { LabReviewRow } from './entities/lab-review.ts';
import { toClinicKey, toRowKey, type ClinicRef, type ClinicRowKey } from './keys.ts';
import { findReviewEvents, putReviewEvents, type LabReviewAction, type LabReviewEvent } from './lab-review-history.ts';
import { insertMissing } from './upsert.ts';

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
  /** Everything that was ever done to results, keyed by `toRowKey(clinicKey, resultId)`, oldest first. One statement. */
  findHistory(keys: readonly ClinicRowKey[]): Promise<Map<string, LabReviewEvent[]>>;
  /**
   * Changes one review in one transaction and gives it as it is then. `signOff` true keeps an earlier sign-off as it is, false
   * takes it back; `share` true keeps the first sharing, false takes it back; a note is added. What changes by it goes into the history.
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
}

/** Builds the queries on lab reviews. */
export function createLabReviews(db: Database): LabReviews {
  return {
    findReviews: (keys) => findReviews(db, keys),
    findHistory: (keys) => findReviewEvents(db, keys),

    review(change) {
      const clinicKey = toClinicKey(change.organizationId, change.clinicId);
      const key = { clinicKey, id: change.resultId };
      return db.write(async (tx) => {
        const version = await holdVersion(tx, key);
        await insertMissing(tx, {
          table: 'lab_review',
          keys: ['clinic_key', 'result_id'],
          columns: ['clinic_key', 'result_id', 'organization_id', 'clinic_id'],
          rows: [[clinicKey, change.resultId, change.organizationId, change.clinicId]],
        });
        const where = 'WHERE clinic_key = ? AND result_id = ?';
        const place = [clinicKey, change.resultId];
        const done: LabReviewAction[] = [];
        const set = async (action: LabReviewAction, sql: string, values: readonly (string | null)[]): Promise<void> => {
          if ((await tx.run(`UPDATE lab_review SET ${sql}`, [...values, ...place])) > 0) done.push(action);
        };
        if (change.signOff === true) {
          const sql = `signed_off_by = ?, signed_off_at = ? ${where} AND signed_off_at IS NULL`;
          await set('SIGNED_OFF', sql, [change.userId, change.at]);
        } else if (change.signOff === false) {
          const sql = `signed_off_by = NULL, signed_off_at = NULL ${where} AND signed_off_at IS NOT NULL`;
          await set('SIGN_OFF_TAKEN_BACK', sql, []);
        }
        if (change.share === true) {
          await set('SHARED', `shared_at = ? ${where} AND shared_at IS NULL`, [change.at]);
        } else if (change.share === false) {
          await set('SHARING_TAKEN_BACK', `shared_at = NULL ${where} AND shared_at IS NOT NULL`, []);
        }
        if (change.note !== undefined) {
          done.push('NOTED');
          await tx.run(
            `INSERT INTO lab_note (id, clinic_key, result_id, organization_id, author_id, text, created_at)
              VALUES (${placeholders(7)})`,
            [change.note.id, ...place, change.organizationId, change.userId, change.note.text, change.at],
          );
        }
        const { resultId, organizationId, userId, at } = change;
        await putReviewEvents(
          tx,
          done.map((action) => ({ clinicKey, resultId, organizationId, action, userId, version, at })),
        );
        const review = (await findReviews(tx, [key])).get(toRowKey(clinicKey, change.resultId));
        if (review === undefined) throw new Error('The review that was just stored is not there');
        return review;
      });
    },
  };
}

/** The version of a result that somebody has before them now; until the transaction ends nobody stores another. */
async function holdVersion(tx: Transaction, key: ClinicRowKey): Promise<number> {
  const [row] = await tx.read<{ version: number }>(
    `SELECT version FROM lab_result WHERE clinic_key = ? AND id = ? ${forUpdate(tx)}`,
    [key.clinicKey, key.id],
  );
  return row?.version ?? 1;
}

async function findReviews(reader: Reader, keys: readonly ClinicRowKey[]): Promise<Map<string, LabReview>> {
  const reviews = new Map<string, LabReview & { notes: LabNote[] }>();
  if (keys.length === 0) return reviews;
  const among = isOneOf('r.clinic_key', 'r.result_id', keys);
  const rows = await reader.read<
    LabReviewRow & { note_id: string | null; author_id: string; note_text: string; created_at: string }
  >(
    `SELECT r.clinic_key, r.result_id, r.signed_off_by, r.signed_off_at, r.shared_at,
        n.id AS note_id, n.author_id, n.text AS note_text, n.created_at
      FROM lab_review r LEFT JOIN lab_note n ON n.clinic_key = r.clinic_key AND n.result_id = r.result_id
      WHERE ${among.sql} ORDER BY n.created_at, n.id`,
    among.params,
  );
  for (const row of rows) {
    const key = toRowKey(row.clinic_key, row.result_id);
    let review = reviews.get(key);
    if (review === undefined) {
      review = {
        signedOffBy: row.signed_off_by,
        signedOffAt: row.signed_off_at,
        sharedWithPatientAt: row.shared_at,
        notes: [],
      };
      reviews.set(key, review);
    }
    if (row.note_id !== null) {
      review.notes.push({ id: row.note_id, authorId: row.author_id, text: row.note_text, createdAt: row.created_at });
    }
  }
  return reviews;
}
