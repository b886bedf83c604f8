import { isIn, isOneOf, toGroups } from './conditions.ts';
import type { Database, PlainRow } from './database.ts';
import type { LabResultRow } from './entities/lab-result.ts';
import { toRowKey, type ClinicRowKey } from './keys.ts';

/** A result file of a lab order, as it is stored. */
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

/** A result that became ready or was amended by what was just stored. */
export interface LabResultChange {
  result: StoredLabResult;
  kind: 'ready' | 'amended';
}

/** The stored results of lab orders; they are written together with their orders. */
export interface LabResults {
  /** Results of orders in Fullscript's order, keyed by `toRowKey(clinicKey, labOrderId)`. One statement. */
  findByOrders(orderKeys: readonly ClinicRowKey[]): Promise<Map<string, StoredLabResult[]>>;
  /** Results of the organization by id; one held for several clinics comes once for each. One statement. */
  findByIds(organizationId: string, ids: readonly string[]): Promise<Map<string, StoredLabResult[]>>;
}

/** The result that a row holds. */
export function toResult(row: PlainRow<LabResultRow>): StoredLabResult {
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

/** Builds the queries on lab results. */
export function createLabResults(db: Database): LabResults {
  return {
    async findByOrders(orderKeys) {
      if (orderKeys.length === 0) return new Map();
      const among = isOneOf('clinic_key', 'lab_order_id', orderKeys);
      const rows = await db.read<LabResultRow>(
        `SELECT * FROM lab_result WHERE ${among.sql} ORDER BY position, id`,
        among.params,
      );
      return toGroups(rows.map(toResult), (result) => toRowKey(result.clinicKey, result.labOrderId));
    },

    async findByIds(organizationId, ids) {
      if (ids.length === 0) return new Map();
      const among = isIn('id', ids);
      const rows = await db.read<LabResultRow>(
        `SELECT * FROM lab_result WHERE organization_id = ? AND ${among.sql} ORDER BY clinic_key`,
        [organizationId, ...among.params],
      );
      return toGroups(rows.map(toResult), (result) => result.id);
    },
  };
}
