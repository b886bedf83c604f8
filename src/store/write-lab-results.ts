import { isAmendedWord, readLabOrderStatus, toLabStage, type LabOrder, type LabResult } from '../domain/lab-order.ts';
import { forUpdate, isIn } from './conditions.ts';
import type { PlainRow, SqlValue, Transaction } from './database.ts';
import type { LabOrderRow } from './entities/lab-order.ts';
import type { LabResultRow } from './entities/lab-result.ts';
import type { ClinicRef } from './keys.ts';
import { findReplaced, keepVersions, supersede, type Replaced } from './lab-result-versions.ts';
import { toResult, type LabResultChange } from './lab-results.ts';
import { upsert } from './upsert.ts';

type ResultRow = PlainRow<LabResultRow>;

/** What an order was before it was written, as far as it tells that something has moved. */
export type OrderBefore = Pick<LabOrderRow, 'id' | 'raw_status' | 'updated_at'>;

export interface NewLabResults {
  clinic: ClinicRef;
  clinicKey: string;
  /** Orders that were just written, each with its tests and results. */
  orders: readonly LabOrder[];
  /** The same orders as they were before, by id. */
  before: ReadonlyMap<string, OrderBefore>;
  syncedAt: string;
  eventAt: string | null;
}

/**
 * Stores the results of orders that were just written, unless a newer copy of the order won, and keeps what they replace. Gives the results
 * that became ready, were amended or took another one's place now.
 */
export async function writeLabResults(tx: Transaction, written: NewLabResults): Promise<LabResultChange[]> {
  const { clinicKey, syncedAt, eventAt } = written;
  const { winners, patients } = await findWinners(tx, written);
  if (winners.length === 0) return [];
  const at = eventAt ?? syncedAt;
  const among = isIn(
    'lab_order_id',
    winners.map((order) => order.id),
  );
  const known = await tx.read<LabResultRow>(
    `SELECT * FROM lab_result WHERE clinic_key = ? AND ${among.sql} ${forUpdate(tx)}`,
    [clinicKey, ...among.params],
  );
  const changes: LabResultChange[] = [];
  const rows: ResultRow[] = [];
  const outdated: LabResultRow[] = [];
  const gone: LabResultRow[] = [];
  const replaced: Replaced[] = [];
  for (const order of winners) {
    const ofOrder = known.filter((row) => row.lab_order_id === order.id);
    const knownById = new Map(ofOrder.map((row) => [row.id, row]));
    const offered = new Set(order.results.map(({ id }) => id));
    const missing = ofOrder.filter((row) => !offered.has(row.id) && row.superseded_at === null);
    const predecessors = findReplaced(
      missing.filter((row) => row.available_at !== null),
      order.results.filter(({ id }) => !knownById.has(id)),
    );
    gone.push(...missing);
    const amendedIds = findAmended(order);
    const renewedIds = findRenewed(order, written.before.get(order.id), ofOrder, amendedIds, eventAt);
    for (const [position, result] of order.results.entries()) {
      const earlier = knownById.get(result.id);
      const predecessor = predecessors.get(result.id);
      const isReady = isResultReady(order, result);
      const isAmended = amendedIds.has(result.id);
      const becomesReady = isReady && (earlier?.available_at ?? null) === null;
      const isRenewed = earlier !== undefined && renewedIds.has(result.id);
      const version = (earlier?.version ?? (predecessor ? predecessor.version + 1 : 1)) + (isRenewed ? 1 : 0);
      const row: ResultRow = {
        clinic_key: clinicKey,
        id: result.id,
        organization_id: written.clinic.organizationId,
        clinic_id: written.clinic.clinicId,
        lab_order_id: order.id,
        fullscript_patient_id: patients.get(order.id) ?? null,
        position,
        name: result.name,
        raw_status: result.rawStatus,
        has_file: result.fileUrl === null ? 0 : 1,
        available_at: isToldLater(earlier, eventAt) ? eventAt : (earlier?.available_at ?? (isReady ? at : null)),
        amended: isAmended || earlier?.amended === 1 ? 1 : 0,
        amended_now: isAmended ? 1 : 0,
        version,
        synced_at: syncedAt,
        // What an answer does not tell is not news.
        artifact_id: result.artifactId ?? earlier?.artifact_id ?? null,
        file_updated_at: result.updatedAt ?? earlier?.file_updated_at ?? null,
        changed_at: becomesReady || isRenewed ? at : (earlier?.changed_at ?? null),
        seen_at: becomesReady || isRenewed ? syncedAt : (earlier?.seen_at ?? null),
        superseded_at: null,
        superseded_by: null,
      };
      rows.push(row);
      if (isRenewed) outdated.push(earlier);
      if (predecessor) replaced.push({ predecessor, successorId: result.id });
      if (becomesReady) changes.push({ result: toResult(row), kind: 'ready' });
      else if (isRenewed) changes.push({ result: toResult(row), kind: isAmended ? 'amended' : 'replaced' });
    }
  }
  await upsertRows(tx, rows);
  await keepVersions(tx, outdated, at);
  await supersede(tx, { clinicKey, gone, replaced, at, seenAt: syncedAt });
  return changes;
}

/** The orders whose copy is now the one that was just written, with the patients they are of: what lost against a newer one brings no results either. */
async function findWinners(
  tx: Transaction,
  { clinicKey, orders, syncedAt }: NewLabResults,
): Promise<{ winners: LabOrder[]; patients: Map<string, string | null> }> {
  if (orders.length === 0) return { winners: [], patients: new Map() };
  const among = isIn(
    'id',
    orders.map((order) => order.id),
  );
  const stored = await tx.read<Pick<LabOrderRow, 'id' | 'fullscript_patient_id' | 'synced_at' | 'updated_at'>>(
    `SELECT id, fullscript_patient_id, synced_at, updated_at FROM lab_order WHERE clinic_key = ? AND ${among.sql}`,
    [clinicKey, ...among.params],
  );
  const storedById = new Map(stored.map((row) => [row.id, row]));
  const winners = orders.filter((order) => {
    const row = storedById.get(order.id);
    return row !== undefined && row.synced_at === syncedAt && row.updated_at === order.updatedAt;
  });
  return { winners, patients: new Map(stored.map((row) => [row.id, row.fullscript_patient_id])) };
}

async function upsertRows(tx: Transaction, rows: readonly ResultRow[]): Promise<void> {
  const [sample] = rows;
  if (sample === undefined) return;
  await upsert(tx, {
    table: 'lab_result',
    keys: ['clinic_key', 'id'],
    columns: Object.keys(sample),
    rows: rows.map((row) => Object.values(row) as SqlValue[]),
  });
}

/** A result is there when it has a file, or its own state says so, or it has no state of its own and the order's says so. */
function isResultReady(order: LabOrder, result: LabResult): boolean {
  if (result.fileUrl !== null) return true;
  const own = result.rawStatus === null ? 'OTHER' : readLabOrderStatus(result.rawStatus);
  return toLabStage(own === 'OTHER' ? readLabOrderStatus(order.rawStatus) : own) === 'RESULTS_READY';
}

/** Whether somebody came upon the result before its event, which now tells since when it has been there. */
function isToldLater(earlier: LabResultRow | undefined, eventAt: string | null): eventAt is string {
  if (earlier === undefined || earlier.available_at === null || eventAt === null) return false;
  return earlier.available_at === earlier.seen_at && earlier.version === 1 && eventAt < earlier.available_at;
}

/** The results that say they are amended; when the order does and none of them tells, all of them. */
function findAmended(order: LabOrder): Set<string> {
  const own = order.results.filter((result) => isAmendedWord(result.rawStatus));
  const amended = own.length > 0 || readLabOrderStatus(order.rawStatus) !== 'RESULTS_AMENDED' ? own : order.results;
  return new Set(amended.map((result) => result.id));
}

/**
 * The results, available before, of which there is a new version. The word for it tells once: amended, and not amended before. That one is amended
 * again shows in its own time of change; in another file, when order or event say that something has moved; and where nothing as fine as that is
 * told, in a further event about an amended order: then every result that is called amended counts, because it may be the one.
 */
function findRenewed(
  order: LabOrder,
  before: OrderBefore | undefined,
  known: readonly LabResultRow[],
  amendedIds: ReadonlySet<string>,
  eventAt: string | null,
): Set<string> {
  const available = new Map(known.filter((row) => row.available_at !== null).map((row) => [row.id, row]));
  const renewed = new Set<string>();
  const again: string[] = [];
  for (const result of order.results) {
    const earlier = available.get(result.id);
    if (!earlier) continue;
    const isAmended = amendedIds.has(result.id);
    // What had happened by the time this version was first read is in it.
    const isLaterEvent = eventAt !== null && eventAt > (earlier.seen_at ?? '');
    const hasMoved =
      isLaterEvent ||
      before?.raw_status !== order.rawStatus ||
      before.updated_at !== order.updatedAt ||
      earlier.raw_status !== result.rawStatus;
    if (isAmended && (earlier.amended_now === 0 || isLater(result.updatedAt, earlier.file_updated_at)))
      renewed.add(result.id);
    else if (hasMoved && differs(result.artifactId, earlier.artifact_id)) renewed.add(result.id);
    else if (isAmended && isLaterEvent) again.push(result.id);
  }
  const isAmendedEvent = readLabOrderStatus(order.rawStatus) === 'RESULTS_AMENDED';
  if (renewed.size === 0 && isAmendedEvent) for (const id of again) renewed.add(id);
  return renewed;
}

/** True when both are told and the first is later; also by a different spelling it is the same instant, since both were read alike. */
function isLater(told: string | null | undefined, known: string | null): boolean {
  return typeof told === 'string' && known !== null && told > known;
}

function differs(told: string | null | undefined, known: string | null): boolean {
  return typeof told === 'string' && known !== null && told !== known;
}
