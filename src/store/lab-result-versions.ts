import type { LabResult } from '../domain/lab-order.ts';
import { isIn, isOneOf, toGroups } from './conditions.ts';
import type { Database, Transaction } from './database.ts';
import type { LabResultRow } from './entities/lab-result.ts';
import type { LabResultVersionRow } from './entities/lab-result-version.ts';
import { toRowKey, type ClinicRowKey } from './keys.ts';
import { clearSignOff, moveReviews } from './lab-review-history.ts';
import { insertMissing } from './upsert.ts';

/** What a lab result was before it was amended or replaced. Fullscript keeps the newest file only, so there is no file to it. */
export interface LabResultVersion {
  /** Counted from 1. */
  version: number;
  name: string | null;
  rawStatus: string | null;
  /** When this version was there first. */
  availableAt: string | null;
  /** When the next version took its place. */
  supersededAt: string;
}

/** A result that Fullscript's order no longer lists, and the one that has taken its place. */
export interface Replaced {
  predecessor: LabResultRow;
  successorId: string;
}

/** Earlier versions of results, keyed by `toRowKey(clinicKey, resultId)`, oldest first. One statement. */
export async function findVersions(
  db: Pick<Database, 'read'>,
  keys: readonly ClinicRowKey[],
): Promise<Map<string, LabResultVersion[]>> {
  if (keys.length === 0) return new Map();
  const among = isOneOf('clinic_key', 'result_id', keys);
  const rows = await db.read<LabResultVersionRow>(
    `SELECT * FROM lab_result_version WHERE ${among.sql} ORDER BY version`,
    among.params,
  );
  const groups = toGroups(rows, (row) => toRowKey(row.clinic_key, row.result_id));
  return new Map(
    [...groups].map(([key, group]) => [
      key,
      group.map((row) => ({
        version: row.version,
        name: row.name,
        rawStatus: row.raw_status,
        availableAt: row.available_at,
        supersededAt: row.superseded_at,
      })),
    ]),
  );
}

/** Keeps results as they were until `at`, each under its present id; what is kept already stays. */
export async function keepVersions(tx: Transaction, earlier: readonly LabResultRow[], at: string): Promise<void> {
  await insertVersions(
    tx,
    earlier.map((row) => ({ row, resultId: row.id })),
    at,
  );
}

/**
 * Which new result stands where one stood that Fullscript lists no more, by the new one's id: the one of its name, or the only new one for the only
 * one that went. Whatever is not certain is no replacement.
 */
export function findReplaced(gone: readonly LabResultRow[], added: readonly LabResult[]): Map<string, LabResultRow> {
  const found = new Map<string, LabResultRow>();
  const [onlyGone, anotherGone] = gone;
  const [onlyAdded, anotherAdded] = added;
  if (onlyGone && onlyAdded && !anotherGone && !anotherAdded) return found.set(onlyAdded.id, onlyGone);
  const byName = toGroups(gone, (row) => toPlainName(row.name));
  for (const [name, group] of toGroups(added, (result) => toPlainName(result.name))) {
    const [before, secondBefore] = byName.get(name) ?? [];
    const [after, secondAfter] = group;
    if (name !== '' && before && after && !secondBefore && !secondAfter) found.set(after.id, before);
  }
  return found;
}

function toPlainName(name: string | null): string {
  return (name ?? '').trim().toLowerCase();
}

/**
 * Marks results that Fullscript lists no more: those that were available are kept as history, the others are dropped. Those with a successor hand it their
 * versions, notes, sharing and history; a sign-off falls.
 */
export async function supersede(
  tx: Transaction,
  {
    clinicKey,
    gone,
    replaced,
    at,
    seenAt,
  }: {
    clinicKey: string;
    gone: readonly LabResultRow[];
    replaced: readonly Replaced[];
    at: string;
    /** When Fullscript was read, which may be later than `at`, the time of the event that made us. */
    seenAt: string;
  },
): Promise<void> {
  if (gone.length === 0) return;
  const never = gone.filter((row) => row.available_at === null).map(({ id }) => id);
  if (never.length > 0) {
    const among = isIn('id', never);
    await tx.run(`DELETE FROM lab_result WHERE clinic_key = ? AND ${among.sql}`, [clinicKey, ...among.params]);
  }
  const kept = gone.filter((row) => row.available_at !== null).map(({ id }) => id);
  if (kept.length > 0) {
    const among = isIn('id', kept);
    await tx.run(`UPDATE lab_result SET superseded_at = ?, has_file = 0 WHERE clinic_key = ? AND ${among.sql}`, [
      at,
      clinicKey,
      ...among.params,
    ]);
  }
  for (const { predecessor, successorId } of replaced) {
    const place = [successorId, clinicKey, predecessor.id];
    await tx.run('UPDATE lab_result_version SET result_id = ? WHERE clinic_key = ? AND result_id = ?', place);
    await tx.run('UPDATE lab_result SET superseded_by = ? WHERE clinic_key = ? AND superseded_by = ?', place);
    await tx.run('UPDATE lab_result SET superseded_by = ? WHERE clinic_key = ? AND id = ?', place);
    await moveReviews(tx, { clinicKey, from: predecessor.id, to: successorId });
  }
  const signed = replaced.map(({ predecessor, successorId }) => ({
    clinicKey,
    organizationId: predecessor.organization_id,
    resultId: successorId,
    version: predecessor.version,
  }));
  await clearSignOff(tx, signed, seenAt);
  await insertVersions(
    tx,
    replaced.map(({ predecessor, successorId }) => ({ row: predecessor, resultId: successorId })),
    at,
  );
}

async function insertVersions(
  tx: Transaction,
  versions: readonly { row: LabResultRow; resultId: string }[],
  at: string,
): Promise<void> {
  await insertMissing(tx, {
    table: 'lab_result_version',
    keys: ['clinic_key', 'result_id', 'version'],
    columns: [
      'clinic_key',
      'result_id',
      'version',
      'organization_id',
      'clinic_id',
      'own_id',
      'name',
      'raw_status',
      'artifact_id',
      'available_at',
      'superseded_at',
    ],
    rows: versions.map(({ row, resultId }) => [
      row.clinic_key,
      resultId,
      row.version,
      row.organization_id,
      row.clinic_id,
      row.id,
      row.name,
      row.raw_status,
      row.artifact_id,
      row.changed_at ?? row.available_at,
      at,
    ]),
  });
}
