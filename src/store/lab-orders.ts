import {
  isAmendedWord,
  isFinalLabStatus,
  readLabOrderStatus,
  toLabStage,
  type LabOrder,
  type LabOrderStatus,
  type LabResult,
} from '../domain/lab-order.ts';
import type { Page, PageRequest, Position } from '../domain/page.ts';
import type { LabTest } from '../domain/treatment-plan.ts';
import { forUpdate, isIn, isOneOf, readJson, toChunks, toGroups } from './conditions.ts';
import type { Database, PlainRow, SqlValue, Transaction } from './database.ts';
import type { LabOrderRow } from './entities/lab-order.ts';
import type { LabResultRow } from './entities/lab-result.ts';
import { toClinicKey, toRowKey, type ClinicRef, type ClinicRowKey } from './keys.ts';
import { putLabDocuments, type NewLabDocument } from './lab-documents.ts';
import { clearSignOff } from './lab-reviews.ts';
import { toPages, toPageSql, type PagedRow, type PageQuery } from './paging.ts';
import type { PatientKey } from './plans.ts';
import { removeMissing } from './remove-missing.ts';
import { upsert } from './upsert.ts';

export interface StoredLabOrder extends Omit<LabOrder, 'results' | 'tests'> {
  clinicKey: string;
  organizationId: string;
  clinicId: string;
  status: LabOrderStatus;
  tests: readonly LabTest[];
  syncedAt: string;
}

export interface StoredLabResult {
  id: string;
  clinicKey: string;
  organizationId: string;
  clinicId: string;
  labOrderId: string;
  /** The Fullscript patient of its order. */
  fullscriptPatientId: string | null;
  name: string | null;
  rawStatus: string | null;
  hasFile: boolean;
  /** The time of the event that reported it, else when it was first seen ready; never changed afterwards. */
  availableAt: string | null;
  /** True from the first time it is seen amended. */
  amended: boolean;
  /** Counts amendments: 1, then 2 once amended. */
  version: number;
}

/** A result that became ready or was amended by an upsert. */
export interface LabResultChange {
  result: StoredLabResult;
  kind: 'ready' | 'amended';
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
  /** Results of orders in Fullscript's order, keyed by `toRowKey(clinicKey, labOrderId)`. One statement. */
  findResults(orderKeys: readonly ClinicRowKey[]): Promise<Map<string, StoredLabResult[]>>;
  /** Results of the organization by id; one held for several clinics comes once for each. One statement. */
  findResultsByIds(organizationId: string, ids: readonly string[]): Promise<Map<string, StoredLabResult[]>>;
  findResultById(organizationId: string, id: string): Promise<StoredLabResult | null>;
  /** Orders of a clinic that are not final, least recently compared with Fullscript first. */
  findOpen(
    clinicKey: string,
    limit: number,
  ): Promise<{ id: string; fullscriptPatientId: string | null; syncedAt: string }[]>;
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

function toResult(row: PlainRow<LabResultRow>): StoredLabResult {
  return {
    clinicKey: row.clinic_key,
    id: row.id,
    organizationId: row.organization_id,
    clinicId: row.clinic_id,
    labOrderId: row.lab_order_id,
    fullscriptPatientId: row.fullscript_patient_id,
    name: row.name,
    rawStatus: row.raw_status,
    hasFile: row.has_file === 1,
    availableAt: row.available_at,
    amended: row.amended === 1,
    version: row.version,
  };
}

/** The place of an order in lists: its Fullscript date, empty (behind all others) when Fullscript does not tell it. */
export function toLabOrderPosition(order: Pick<StoredLabOrder, 'createdAt' | 'id'>): Position {
  return { at: order.createdAt ?? '', id: order.id };
}

/** Builds the queries on lab orders and results. */
export function createLabOrders(db: Database): LabOrders {
  return {
    async upsertMany(clinic, orders, syncedAt, eventAt = null, toDocuments = () => []) {
      if (orders.length === 0) return [];
      const clinicKey = toClinicKey(clinic.organizationId, clinic.clinicId);
      return db.write(async (tx) => {
        const detailed = orders.filter((order) => order.isDetailed !== false);
        const thin = orders.filter((order) => order.isDetailed === false);
        // Writing the orders first also locks them, so that others who bring the same results wait.
        await upsertOrders(tx, clinic, clinicKey, detailed, syncedAt, []);
        await upsertOrders(tx, clinic, clinicKey, thin, syncedAt, ['tests']);
        const changes = await upsertResults(tx, clinic, clinicKey, detailed, syncedAt, eventAt);
        const amended = changes.filter((change) => change.kind === 'amended');
        await clearSignOff(
          tx,
          amended.map(({ result }) => ({ clinicKey, id: result.id })),
        );
        if (changes.length > 0) await putLabDocuments(tx, toDocuments(changes));
        return changes;
      });
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

    async findResults(orderKeys) {
      if (orderKeys.length === 0) return new Map();
      const among = isOneOf('clinic_key', 'lab_order_id', orderKeys);
      const rows = await db.read<LabResultRow>(
        `SELECT * FROM lab_result WHERE ${among.sql} ORDER BY position, id`,
        among.params,
      );
      return toGroups(rows.map(toResult), (result) => toRowKey(result.clinicKey, result.labOrderId));
    },

    async findResultsByIds(organizationId, ids) {
      if (ids.length === 0) return new Map();
      const among = isIn('id', ids);
      const rows = await db.read<LabResultRow>(
        `SELECT * FROM lab_result WHERE organization_id = ? AND ${among.sql} ORDER BY clinic_key`,
        [organizationId, ...among.params],
      );
      return toGroups(rows.map(toResult), (result) => result.id);
    },

    async findResultById(organizationId, id) {
      const [row] = await db.read<LabResultRow>(
        'SELECT * FROM lab_result WHERE organization_id = ? AND id = ? ORDER BY clinic_key LIMIT 1',
        [organizationId, id],
      );
      return row === undefined ? null : toResult(row);
    },

    async findOpen(clinicKey, limit) {
      const rows = await db.read<Pick<LabOrderRow, 'id' | 'fullscript_patient_id' | 'synced_at'>>(
        `SELECT id, fullscript_patient_id, synced_at FROM lab_order WHERE clinic_key = ? AND status NOT IN (${finalStatuses})
          ORDER BY synced_at, id LIMIT ${String(Math.max(1, Math.trunc(limit)))}`,
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

async function upsertResults(
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
