import { isAmendedWord, readLabOrderStatus, toLabStage, type LabOrder, type LabResult } from '../domain/lab-order.ts';
import { forUpdate, isIn } from './conditions.ts';
import type { PlainRow, SqlValue, Transaction } from './database.ts';
import type { LabOrderRow } from './entities/lab-order.ts';
import type { LabResultRow } from './entities/lab-result.ts';
import type { ClinicRef } from './keys.ts';
import { toResult, type LabResultChange } from './lab-results.ts';
import { upsert } from './upsert.ts';

/**
 * Stores the results of orders that were just written, unless a newer copy of the order won. Gives the results that became ready or
 * were amended now.
 */
export async function writeLabResults(
  tx: Transaction,
  clinic: ClinicRef,
  clinicKey: string,
  orders: readonly LabOrder[],
  syncedAt: string,
  eventAt: string | null,
): Promise<LabResultChange[]> {
  if (orders.length === 0) return [];
  const amongOrders = isIn(
    'id',
    orders.map((order) => order.id),
  );
  const stored = await tx.read<Pick<LabOrderRow, 'id' | 'fullscript_patient_id' | 'synced_at' | 'updated_at'>>(
    `SELECT id, fullscript_patient_id, synced_at, updated_at FROM lab_order WHERE clinic_key = ? AND ${amongOrders.sql}`,
    [clinicKey, ...amongOrders.params],
  );
  const storedById = new Map(stored.map((row) => [row.id, row]));
  // An order that lost against a newer copy brings no results either.
  const winners = orders.filter((order) => {
    const row = storedById.get(order.id);
    return row !== undefined && row.synced_at === syncedAt && row.updated_at === order.updatedAt;
  });
  if (winners.length === 0) return [];
  const among = isIn(
    'lab_order_id',
    winners.map((order) => order.id),
  );
  const known = await tx.read<LabResultRow>(
    `SELECT * FROM lab_result WHERE clinic_key = ? AND ${among.sql} ${forUpdate(tx)}`,
    [clinicKey, ...among.params],
  );
  const knownById = new Map(known.map((row) => [row.id, row]));
  const changes: LabResultChange[] = [];
  const rows: PlainRow<LabResultRow>[] = [];
  for (const order of winners) {
    const amendedIds = findAmended(order);
    for (const [position, result] of order.results.entries()) {
      const before = knownById.get(result.id);
      knownById.delete(result.id);
      const isReady = isResultReady(order, result);
      const isAmended = amendedIds.has(result.id);
      const becomesReady = isReady && (before?.available_at ?? null) === null;
      const becomesAmended =
        before !== undefined && before.available_at !== null && isAmended && before.amended_now === 0;
      const row: PlainRow<LabResultRow> = {
        clinic_key: clinicKey,
        id: result.id,
        organization_id: clinic.organizationId,
        clinic_id: clinic.clinicId,
        lab_order_id: order.id,
        fullscript_patient_id: storedById.get(order.id)?.fullscript_patient_id ?? null,
        position,
        name: result.name,
        raw_status: result.rawStatus,
        has_file: result.fileUrl === null ? 0 : 1,
        available_at: before?.available_at ?? (isReady ? (eventAt ?? syncedAt) : null),
        amended: isAmended || before?.amended === 1 ? 1 : 0,
        amended_now: isAmended ? 1 : 0,
        version: (before?.version ?? 1) + (becomesAmended ? 1 : 0),
        synced_at: syncedAt,
      };
      rows.push(row);
      if (becomesReady) changes.push({ result: toResult(row), kind: 'ready' });
      else if (becomesAmended) changes.push({ result: toResult(row), kind: 'amended' });
    }
  }
  const [sample] = rows;
  if (sample !== undefined) {
    await upsert(tx, {
      table: 'lab_result',
      keys: ['clinic_key', 'id'],
      columns: Object.keys(sample),
      rows: rows.map((row) => Object.values(row) as SqlValue[]),
    });
  }
  const gone = [...knownById.keys()];
  if (gone.length > 0) {
    const amongGone = isIn('id', gone);
    await tx.run(`DELETE FROM lab_result WHERE clinic_key = ? AND ${amongGone.sql}`, [clinicKey, ...amongGone.params]);
  }
  return changes;
}

/** A result is there when it has a file, or its own state says so, or it has no state of its own and the order's says so. */
function isResultReady(order: LabOrder, result: LabResult): boolean {
  if (result.fileUrl !== null) return true;
  const own = result.rawStatus === null ? 'OTHER' : readLabOrderStatus(result.rawStatus);
  return toLabStage(own === 'OTHER' ? readLabOrderStatus(order.rawStatus) : own) === 'RESULTS_READY';
}

/** The results that say they are amended; when the order does and none of them tells, all of them. */
function findAmended(order: LabOrder): Set<string> {
  const own = order.results.filter((result) => isAmendedWord(result.rawStatus));
  const amended = own.length > 0 || readLabOrderStatus(order.rawStatus) !== 'RESULTS_AMENDED' ? own : order.results;
  return new Set(amended.map((result) => result.id));
}
