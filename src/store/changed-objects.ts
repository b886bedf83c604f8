import { readLabOrderStatus, type LabOrder } from '../domain/lab-order.ts';
import type { TreatmentPlan } from '../domain/treatment-plan.ts';
import type { NewChange } from './changes.ts';
import { isIn, toChunks } from './conditions.ts';
import type { Transaction } from './database.ts';
import type { LabOrderRow } from './entities/lab-order.ts';
import type { TreatmentPlanRow } from './entities/treatment-plan.ts';
import type { LabResultChange } from './lab-results.ts';

/** Of a stored plan, what tells whether a reader would see a difference. */
export type PlanBefore = Pick<
  TreatmentPlanRow,
  'id' | 'fullscript_patient_id' | 'version' | 'updated_at' | 'synced_at'
>;

/** The same of a lab order. */
export type LabOrderBefore = Pick<
  LabOrderRow,
  'id' | 'fullscript_patient_id' | 'treatment_plan_id' | 'name' | 'raw_status' | 'status' | 'updated_at' | 'synced_at'
>;

const idsPerStatement = 5000;

async function readBefore<T extends { id: string }>(
  tx: Transaction,
  { table, columns, clinicKey, ids }: { table: string; columns: string; clinicKey: string; ids: readonly string[] },
): Promise<Map<string, T>> {
  const before = new Map<string, T>();
  for (const chunk of toChunks([...new Set(ids)], idsPerStatement)) {
    const among = isIn('id', chunk);
    const rows = await tx.read<T>(`SELECT ${columns} FROM ${table} WHERE clinic_key = ? AND ${among.sql}`, [
      clinicKey,
      ...among.params,
    ]);
    for (const row of rows) before.set(row.id, row);
  }
  return before;
}

/** Plans as they are stored before they are written anew, by id. One statement. */
export function readPlansBefore(
  tx: Transaction,
  clinicKey: string,
  plans: readonly Pick<TreatmentPlan, 'id'>[],
): Promise<Map<string, PlanBefore>> {
  return readBefore(tx, {
    table: 'treatment_plan',
    columns: 'id, fullscript_patient_id, version, updated_at, synced_at',
    clinicKey,
    ids: plans.map(({ id }) => id),
  });
}

/** Lab orders as they are stored before they are written anew, by id. One statement. */
export function readLabOrdersBefore(
  tx: Transaction,
  clinicKey: string,
  orders: readonly Pick<LabOrder, 'id'>[],
): Promise<Map<string, LabOrderBefore>> {
  return readBefore(tx, {
    table: 'lab_order',
    columns: 'id, fullscript_patient_id, treatment_plan_id, name, raw_status, status, updated_at, synced_at',
    clinicKey,
    ids: orders.map(({ id }) => id),
  });
}

/** Which of the plans that were just stored are new or differ from what was there; the same once more, and what is older than that, is no change. */
export function findChangedPlans(
  before: ReadonlyMap<string, PlanBefore>,
  plans: readonly (Pick<TreatmentPlan, 'id' | 'fullscriptPatientId' | 'updatedAt'> & { version: string })[],
  syncedAt: string,
): NewChange[] {
  const changed = plans.filter((plan) => {
    const stored = before.get(plan.id);
    if (stored === undefined) return true;
    if (isOlder({ updatedAt: plan.updatedAt, syncedAt }, stored)) return false;
    return stored.version !== plan.version || stored.fullscript_patient_id !== plan.fullscriptPatientId;
  });
  return changed.map(({ id, fullscriptPatientId }) => ({ objectId: id, fullscriptPatientId }));
}

/**
 * The same for lab orders. What an answer does not tell is not compared. `results` are those that became ready or were amended by it: their orders have
 * changed too.
 */
export function findChangedLabOrders(
  before: ReadonlyMap<string, LabOrderBefore>,
  orders: readonly LabOrder[],
  syncedAt: string,
  results: readonly LabResultChange[],
): NewChange[] {
  const withResults = new Set(results.map(({ result }) => result.labOrderId));
  const changes: NewChange[] = [];
  for (const order of orders) {
    const stored = before.get(order.id);
    const fullscriptPatientId = order.fullscriptPatientId ?? stored?.fullscript_patient_id ?? null;
    // Nobody can follow an order that Fullscript has not named a patient for.
    if (fullscriptPatientId === null) continue;
    if (withResults.has(order.id) || stored === undefined || hasChanged(order, stored, syncedAt))
      changes.push({ objectId: order.id, fullscriptPatientId });
  }
  return changes;
}

function hasChanged(order: LabOrder, stored: LabOrderBefore, syncedAt: string): boolean {
  if (isOlder({ updatedAt: order.updatedAt, syncedAt }, stored)) return false;
  const isTold = (told: string | null, known: string | null): boolean => told !== null && told !== known;
  return (
    order.rawStatus !== stored.raw_status ||
    readLabOrderStatus(order.rawStatus) !== stored.status ||
    isTold(order.updatedAt, stored.updated_at) ||
    isTold(order.name, stored.name) ||
    isTold(order.treatmentPlanId, stored.treatment_plan_id) ||
    isTold(order.fullscriptPatientId, stored.fullscript_patient_id)
  );
}

/** Whether what is about to be written loses against the stored row: by the time of change, then by the time of reading. */
function isOlder(
  offered: { updatedAt: string | null; syncedAt: string },
  stored: { updated_at: string | null; synced_at: string },
): boolean {
  const offeredAt = offered.updatedAt ?? '';
  const storedAt = stored.updated_at ?? '';
  return offeredAt === storedAt ? offered.syncedAt < stored.synced_at : offeredAt < storedAt;
}
