import { readLabOrderStatus, type LabOrder } from '../domain/lab-order.ts';
import type { Transaction } from './database.ts';
import { toClinicKey, type ClinicRef } from './keys.ts';
import { putLabDocuments, type NewLabDocument } from './lab-documents.ts';
import type { LabResultChange } from './lab-results.ts';
import { clearSignOff } from './lab-reviews.ts';
import { upsert } from './upsert.ts';
import { writeLabResults } from './write-lab-results.ts';

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
  const detailed = orders.filter((order) => order.isDetailed !== false);
  const thin = orders.filter((order) => order.isDetailed === false);
  // Writing the orders first also locks them, so that others who bring the same results wait.
  await upsertOrders(tx, clinic, clinicKey, detailed, syncedAt, []);
  await upsertOrders(tx, clinic, clinicKey, thin, syncedAt, ['tests']);
  const changes = await writeLabResults(tx, clinic, clinicKey, detailed, syncedAt, eventAt);
  const amended = changes.filter((change) => change.kind === 'amended');
  await clearSignOff(
    tx,
    amended.map(({ result }) => ({ clinicKey, id: result.id })),
  );
  if (changes.length > 0) await putLabDocuments(tx, toDocuments(changes));
  return changes;
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
