import { isFinalLabStatus, type LabOrder, type LabOrderStatus } from '../domain/lab-order.ts';
import type { Page, PageRequest, Position } from '../domain/page.ts';
import type { LabTest } from '../domain/treatment-plan.ts';
import { findChangedLabOrders, readLabOrdersBefore } from './changed-objects.ts';
import { writeChanges, type ChangeWriting } from './changes.ts';
import { isIn, isOneOf, readJson, toChunks, toGroups } from './conditions.ts';
import type { Database } from './database.ts';
import type { LabOrderRow } from './entities/lab-order.ts';
import { toClinicKey, toRowKey, type ClinicRef, type ClinicRowKey } from './keys.ts';
import type { NewLabDocument } from './lab-documents.ts';
import type { LabResultChange } from './lab-results.ts';
import { toPages, toPageSql, type PagedRow, type PageQuery } from './paging.ts';
import type { PatientKey } from './plans.ts';
import { removeMissing } from './remove-missing.ts';
import { writeLabOrders } from './write-lab-orders.ts';

export interface StoredLabOrder extends Omit<LabOrder, 'results' | 'tests'> {
  clinicKey: string;
  organizationId: string;
  clinicId: string;
  status: LabOrderStatus;
  tests: readonly LabTest[];
  syncedAt: string;
}

/** The stored copy of lab orders and their results. */
export interface LabOrders {
  /**
   * Stores orders of one clinic as read at `syncedAt`; newer wins. `eventAt` is the time of the event that made us look, used
   * for results that are seen ready for the first time. A thin row (`isDetailed` false) leaves results and tests as they are stored.
   * An answer that does not name patient, practitioner or plan leaves those that are stored.
   * Gives the results that became ready or were amended now, each once. In the same transaction amended results lose their sign-off, and the
   * documents that `toDocuments` makes of the changes are queued, so that no crash comes between.
   */
  upsertMany(
    clinic: ClinicRef,
    orders: readonly (LabOrder & { isDetailed?: boolean })[],
    syncedAt: string,
    eventAt?: string | null,
    toDocuments?: (changes: readonly LabResultChange[]) => readonly NewLabDocument[],
  ): Promise<LabResultChange[]>;
  /** As `Plans.removeMissing`. */
  removeMissing(
    clinicKey: string,
    fullscriptPatientId: string,
    keptIds: readonly string[],
    listedAt: string,
  ): Promise<string[]>;
  remove(key: ClinicRowKey): Promise<void>;
  /** As `Plans.pagesByPatients`. */
  pagesByPatients(request: {
    keys: readonly PatientKey[];
    statuses?: readonly LabOrderStatus[] | undefined;
    page: PageRequest;
  }): Promise<Map<string, Page<StoredLabOrder>>>;
  /** As `Plans.findByIds`. */
  findByIds(organizationId: string, ids: readonly string[]): Promise<Map<string, StoredLabOrder[]>>;
  /** The orders of plans, keyed by `toRowKey(clinicKey, planId)`, newest first. One statement. */
  findByPlans(keys: readonly ClinicRowKey[]): Promise<Map<string, StoredLabOrder[]>>;
  find(key: ClinicRowKey): Promise<StoredLabOrder | null>;
  /** All orders of a clinic that are not final, least recently compared with Fullscript first. */
  findOpen(clinicKey: string): Promise<{ id: string; fullscriptPatientId: string | null; syncedAt: string }[]>;
  /** Which of these Fullscript patients have an order that is not final, as `toRowKey(clinicKey, fullscriptPatientId)`. One statement. */
  findPatientsWithOpen(keys: readonly PatientKey[]): Promise<Set<string>>;
}

const orderColumns = `t.clinic_key, t.id, t.organization_id, t.clinic_id, t.fullscript_patient_id, t.fullscript_practitioner_id,
  t.treatment_plan_id, t.name, t.raw_status, t.status, t.tests, t.created_at, t.updated_at, t.synced_at`;

function toOrder(row: LabOrderRow): StoredLabOrder {
  return {
    clinicKey: row.clinic_key,
    id: row.id,
    organizationId: row.organization_id,
    clinicId: row.clinic_id,
    name: row.name,
    rawStatus: row.raw_status,
    status: row.status as LabOrderStatus,
    fullscriptPatientId: row.fullscript_patient_id,
    fullscriptPractitionerId: row.fullscript_practitioner_id,
    treatmentPlanId: row.treatment_plan_id,
    tests: readJson(row.tests) as LabTest[],
    createdAt: row.created_at === '' ? null : row.created_at,
    updatedAt: row.updated_at,
    syncedAt: row.synced_at,
  };
}

/** The place of an order in lists: its Fullscript date, empty (behind all others) when Fullscript does not tell it. */
export function toLabOrderPosition(order: Pick<StoredLabOrder, 'createdAt' | 'id'>): Position {
  return { at: order.createdAt ?? '', id: order.id };
}

/** Builds the queries on lab orders and results. */
export function createLabOrders(db: Database, needs: ChangeWriting): LabOrders {
  return {
    async upsertMany(clinic, orders, syncedAt, eventAt = null, toDocuments = () => []) {
      if (orders.length === 0) return [];
      const clinicKey = toClinicKey(clinic.organizationId, clinic.clinicId);
      const { results, changed } = await db.write(async (tx) => {
        const before = await readLabOrdersBefore(tx, clinicKey, orders);
        const results = await writeLabOrders(tx, { clinic, orders, syncedAt, eventAt, toDocuments });
        const changes = findChangedLabOrders(before, orders, syncedAt, results);
        await writeChanges(tx, clinic, 'lab_order', changes, needs.now());
        return { results, changed: changes.length > 0 };
      });
      if (changed) needs.onChanges?.();
      return results;
    },

    removeMissing: (clinicKey, fullscriptPatientId, keptIds, listedAt) =>
      db.write(async (tx) => {
        const ids = await removeMissing(tx, 'lab_order', { clinicKey, fullscriptPatientId, keptIds, listedAt });
        for (const chunk of toChunks(ids, 1000)) {
          const among = isIn('lab_order_id', chunk);
          await tx.run(`DELETE FROM lab_result WHERE clinic_key = ? AND ${among.sql}`, [clinicKey, ...among.params]);
        }
        return ids;
      }),

    async remove(key) {
      await db.write(async (tx) => {
        await tx.run('DELETE FROM lab_order WHERE clinic_key = ? AND id = ?', [key.clinicKey, key.id]);
        await tx.run('DELETE FROM lab_result WHERE clinic_key = ? AND lab_order_id = ?', [key.clinicKey, key.id]);
      });
    },

    async pagesByPatients(request) {
      const query = toOrderQuery(
        'fullscript_patient_id',
        request.keys.map((key) => ({ clinicKey: key.clinicKey, id: key.fullscriptPatientId })),
        request,
      );
      if (query.keys.length === 0 || query.filter?.values.length === 0) return toPages(query, [], toOrder);
      const { sql, params } = toPageSql(query);
      return toPages(query, await db.read<PagedRow & LabOrderRow>(sql, params), toOrder);
    },

    async findByIds(organizationId, ids) {
      if (ids.length === 0) return new Map();
      const among = isIn('t.id', ids);
      const rows = await db.read<LabOrderRow>(
        `SELECT ${orderColumns} FROM lab_order t WHERE t.organization_id = ? AND ${among.sql} ORDER BY t.clinic_key`,
        [organizationId, ...among.params],
      );
      return toGroups(rows.map(toOrder), (order) => order.id);
    },

    async findByPlans(keys) {
      if (keys.length === 0) return new Map();
      const among = isOneOf('t.clinic_key', 't.treatment_plan_id', keys);
      const rows = await db.read<LabOrderRow>(
        `SELECT ${orderColumns} FROM lab_order t WHERE ${among.sql} ORDER BY t.created_at DESC, t.id DESC`,
        among.params,
      );
      return toGroups(rows.map(toOrder), (order) => toRowKey(order.clinicKey, order.treatmentPlanId ?? ''));
    },

    async find(key) {
      const [row] = await db.read<LabOrderRow>(
        `SELECT ${orderColumns} FROM lab_order t WHERE t.clinic_key = ? AND t.id = ?`,
        [key.clinicKey, key.id],
      );
      return row === undefined ? null : toOrder(row);
    },

    async findOpen(clinicKey) {
      const rows = await db.read<Pick<LabOrderRow, 'id' | 'fullscript_patient_id' | 'synced_at'>>(
        `SELECT id, fullscript_patient_id, synced_at FROM lab_order WHERE clinic_key = ? AND status NOT IN (${finalStatuses})
          ORDER BY synced_at, id`,
        [clinicKey],
      );
      return rows.map((row) => ({
        id: row.id,
        fullscriptPatientId: row.fullscript_patient_id,
        syncedAt: row.synced_at,
      }));
    },

    async findPatientsWithOpen(keys) {
      if (keys.length === 0) return new Set();
      const among = isOneOf(
        'clinic_key',
        'fullscript_patient_id',
        keys.map((key) => ({ clinicKey: key.clinicKey, id: key.fullscriptPatientId })),
      );
      const rows = await db.read<Pick<LabOrderRow, 'clinic_key' | 'fullscript_patient_id'>>(
        `SELECT DISTINCT clinic_key, fullscript_patient_id FROM lab_order
          WHERE ${among.sql} AND status NOT IN (${finalStatuses})`,
        among.params,
      );
      return new Set(rows.map((row) => toRowKey(row.clinic_key, row.fullscript_patient_id ?? '')));
    },
  };
}

/** The states after which Fullscript changes nothing silently, as SQL. */
const finalStatuses = (['INTERPRETATION_SHARED'] satisfies LabOrderStatus[])
  .filter((status) => isFinalLabStatus(status))
  .map((status) => `'${status}'`)
  .join(', ');

function toOrderQuery(
  subject: string,
  keys: readonly ClinicRowKey[],
  request: { statuses?: readonly LabOrderStatus[] | undefined; page: PageRequest },
): PageQuery {
  return {
    table: 'lab_order',
    subject,
    keys,
    filter: request.statuses === undefined ? null : { column: 'status', values: request.statuses },
    page: request.page,
    columns: orderColumns,
  };
}
