import { readLabOrderStatus, type LabOrder } from '../domain/lab-order.ts';
import { isIn } from './conditions.ts';
import type { Transaction } from './database.ts';
import { toClinicKey, type ClinicRef } from './keys.ts';
import { putLabDocuments, type NewLabDocument } from './lab-documents.ts';
import type { LabResultChange } from './lab-results.ts';
import { clearSignOff } from './lab-review-history.ts';
import { upsert } from './upsert.ts';
import { writeLabResults, type OrderBefore } from './write-lab-results.ts';

/** Orders of one clinic to be stored; see `LabOrders.upsertMany`. */
export interface NewLabOrders {
  clinic: ClinicRef;
  orders: readonly (LabOrder & { isDetailed?: boolean })[];
  syncedAt: string;
  eventAt: string | null;
  toDocuments: (changes: readonly LabResultChange[]) => readonly NewLabDocument[];
}

/** As `LabOrders.upsertMany`, inside a transaction. */
export async function writeLabOrders(
  tx: Transaction,
  { clinic, orders, syncedAt, eventAt, toDocuments }: NewLabOrders,
): Promise<LabResultChange[]> {
  const clinicKey = toClinicKey(clinic.organizationId, clinic.clinicId);
  const before = await findBefore(tx, clinicKey, orders);
  // List rows do not tell when an order changed: then it counts as unchanged in that, and the time of reading decides.
  const told = orders.map((order) => ({
    ...order,
    updatedAt: order.updatedAt ?? before.get(order.id)?.updated_at ?? null,
  }));
  const detailed = told.filter((order) => order.isDetailed !== false);
  const thin = told.filter((order) => order.isDetailed === false);
  // Writing the orders first also locks them, so that others who bring the same results wait.
  await upsertOrders(tx, clinic, clinicKey, detailed, syncedAt, []);
  await upsertOrders(tx, clinic, clinicKey, thin, syncedAt, ['tests']);
  const changes = await writeLabResults(tx, { clinic, clinicKey, orders: detailed, before, syncedAt, eventAt });
  const renewed = changes.filter(({ kind }) => kind !== 'ready');
  await clearSignOff(
    tx,
    renewed.map(({ result: { organizationId, id, version } }) => ({
      clinicKey,
      organizationId,
      resultId: id,
      version: version - 1,
    })),
    syncedAt,
  );
  if (changes.length > 0) await putLabDocuments(tx, toDocuments(changes));
  return changes;
}

async function findBefore(
  tx: Transaction,
  clinicKey: string,
  orders: readonly LabOrder[],
): Promise<Map<string, OrderBefore>> {
  if (orders.length === 0) return new Map();
  const among = isIn(
    'id',
    orders.map((order) => order.id),
  );
  const rows = await tx.read<OrderBefore>(
    `SELECT id, raw_status, updated_at FROM lab_order WHERE clinic_key = ? AND ${among.sql}`,
    [clinicKey, ...among.params],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

async function upsertOrders(
  tx: Transaction,
  clinic: ClinicRef,
  clinicKey: string,
  orders: readonly LabOrder[],
  syncedAt: string,
  kept: readonly string[],
): Promise<void> {
  if (orders.length === 0) return;
  await upsert(tx, {
    table: 'lab_order',
    keys: ['clinic_key', 'id'],
    columns: [
      'clinic_key',
      'id',
      'organization_id',
      'clinic_id',
      'fullscript_patient_id',
      'fullscript_practitioner_id',
      'treatment_plan_id',
      'name',
      'raw_status',
      'status',
      'tests',
      'created_at',
      'updated_at',
      'synced_at',
    ],
    rows: orders.map((order) => [
      clinicKey,
      order.id,
      clinic.organizationId,
      clinic.clinicId,
      order.fullscriptPatientId,
      order.fullscriptPractitionerId,
      order.treatmentPlanId,
      order.name,
      order.rawStatus,
      readLabOrderStatus(order.rawStatus),
      JSON.stringify(order.tests),
      order.createdAt ?? '',
      order.updatedAt,
      syncedAt,
    ]),
    kept,
    keptWhenNull: ['fullscript_patient_id', 'fullscript_practitioner_id', 'treatment_plan_id'],
    newerBy: ['updated_at', 'synced_at'],
  });
}
