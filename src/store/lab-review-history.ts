import { forUpdate, isOneOf, toGroups } from './conditions.ts';
import type { Database, Transaction } from './database.ts';
import type { LabReviewEventRow } from './entities/lab-review-event.ts';
import type { LabReviewRow } from './entities/lab-review.ts';
import { createSortableId } from './ids.ts';
import { toRowKey, type ClinicRowKey } from './keys.ts';
import { insertMissing } from './upsert.ts';

/** What can be done to a lab result; SIGN_OFF_LOST is what a correction by the lab does to a sign-off. */
export type LabReviewAction =
  'SIGNED_OFF' | 'SIGN_OFF_TAKEN_BACK' | 'SIGN_OFF_LOST' | 'SHARED' | 'SHARING_TAKEN_BACK' | 'NOTED';

/** One thing that was done to a lab result. */
export interface LabReviewEvent {
  action: LabReviewAction;
  /** The EMR user who did it; null for what the lab did by correcting the result. */
  userId: string | null;
  /** The version of the result it was done to. */
  version: number;
  at: string;
}

/** Where an event belongs: a result of a clinic of an organization. */
export interface ReviewPlace {
  clinicKey: string;
  organizationId: string;
  resultId: string;
}

/** Notes what was done; events of one moment keep the order they are given in. */
export async function putReviewEvents(
  tx: Transaction,
  events: readonly (LabReviewEvent & ReviewPlace)[],
  firstSequence = 0,
): Promise<void> {
  await insertMissing(tx, {
    table: 'lab_review_event',
    keys: ['id'],
    columns: ['id', 'clinic_key', 'result_id', 'organization_id', 'action', 'user_id', 'version', 'created_at'],
    rows: events.map((event, index) => [
      createSortableId(new Date(event.at), firstSequence + index),
      event.clinicKey,
      event.resultId,
      event.organizationId,
      event.action,
      event.userId,
      event.version,
      event.at,
    ]),
  });
}

/** What was done to results, keyed by `toRowKey(clinicKey, resultId)`, oldest first. One statement. */
export async function findReviewEvents(
  db: Pick<Database, 'read'>,
  keys: readonly ClinicRowKey[],
): Promise<Map<string, LabReviewEvent[]>> {
  if (keys.length === 0) return new Map();
  const among = isOneOf('clinic_key', 'result_id', keys);
  const rows = await db.read<LabReviewEventRow>(
    `SELECT clinic_key, result_id, action, user_id, version, created_at FROM lab_review_event
      WHERE ${among.sql} ORDER BY created_at, id`,
    among.params,
  );
  const groups = toGroups(rows, (row) => toRowKey(row.clinic_key, row.result_id));
  return new Map(
    [...groups].map(([key, group]) => [
      key,
      group.map((row) => ({
        action: row.action as LabReviewAction,
        userId: row.user_id,
        version: row.version,
        at: row.created_at,
      })),
    ]),
  );
}

/** Behind everything else that was done in the same millisecond. */
const lostSequence = 1000;

/**
 * Takes the sign-off away from results of which there is another version now, and notes that, in the transaction that stores the version. `version` is
 * the one that was signed; `at` is when the new one was seen, or the sign-off where that came later still.
 */
export async function clearSignOff(
  tx: Transaction,
  results: readonly (ReviewPlace & { version: number })[],
  at: string,
): Promise<void> {
  if (results.length === 0) return;
  const keys = results.map(({ clinicKey, resultId }) => ({ clinicKey, id: resultId }));
  const among = isOneOf('clinic_key', 'result_id', keys);
  const signed = await tx.read<LabReviewRow>(
    `SELECT * FROM lab_review WHERE ${among.sql} AND signed_off_at IS NOT NULL ${forUpdate(tx)}`,
    among.params,
  );
  if (signed.length === 0) return;
  const signedAt = new Map(signed.map((row) => [toRowKey(row.clinic_key, row.result_id), row.signed_off_at ?? at]));
  await tx.run(`UPDATE lab_review SET signed_off_by = NULL, signed_off_at = NULL WHERE ${among.sql}`, among.params);
  const lost = results.flatMap((result) => {
    const since = signedAt.get(toRowKey(result.clinicKey, result.resultId));
    return since === undefined
      ? []
      : [{ ...result, action: 'SIGN_OFF_LOST' as const, userId: null, at: since > at ? since : at }];
  });
  await putReviewEvents(tx, lost, lostSequence);
}

/** Hands notes, sharing, sign-off and history of one result to the one that has taken its place; nothing may be there yet. */
export async function moveReviews(
  tx: Transaction,
  { clinicKey, from, to }: { clinicKey: string; from: string; to: string },
): Promise<void> {
  for (const table of ['lab_review', 'lab_note', 'lab_review_event']) {
    await tx.run(`UPDATE ${table} SET result_id = ? WHERE clinic_key = ? AND result_id = ?`, [to, clinicKey, from]);
  }
}
