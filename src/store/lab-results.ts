import { isIn, isOneOf, toGroups } from './conditions.ts';
import type { Database, PlainRow } from './database.ts';
import type { LabResultRow } from './entities/lab-result.ts';
import { toRowKey, type ClinicRowKey } from './keys.ts';
import { findVersions, type LabResultVersion } from './lab-result-versions.ts';

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
  /** Counts its files: 1, then one more with each amendment and each file that takes the place of another. */
  version: number;
  /** Since when the present version is known: the time of the event that told of it, else when it was first seen. */
  changedAt: string | null;
  /** When Fullscript was first seen to list it no more; null while it does. */
  supersededAt: string | null;
  /** The result that has taken its place. */
  supersededBy: string | null;
}

/** A result that became ready, was amended, or was given another file without being called amended, by what was just stored. */
export interface LabResultChange {
  result: StoredLabResult;
  kind: 'ready' | 'amended' | 'replaced';
}

/** The stored results of lab orders; they are written together with their orders. */
export interface LabResults {
  /** The results that orders list now, in Fullscript's order, keyed by `toRowKey(clinicKey, labOrderId)`. One statement. */
  findByOrders(orderKeys: readonly ClinicRowKey[]): Promise<Map<string, StoredLabResult[]>>;
  /** What orders listed once and do no more, without another result in its place; keyed in the same way. One statement. */
  findWithdrawn(orderKeys: readonly ClinicRowKey[]): Promise<Map<string, StoredLabResult[]>>;
  /** Earlier versions of results, keyed by `toRowKey(clinicKey, resultId)`, oldest first. One statement. */
  findVersions(keys: readonly ClinicRowKey[]): Promise<Map<string, LabResultVersion[]>>;
  /**
   * Results of the organization by id, also those that are listed no more; one held for several clinics comes once for each. One statement.
   */
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
    changedAt: row.changed_at,
    supersededAt: row.superseded_at,
    supersededBy: row.superseded_by,
  };
}

/** Builds the queries on lab results. */
export function createLabResults(db: Database): LabResults {
  async function findOfOrders(
    orderKeys: readonly ClinicRowKey[],
    which: string,
  ): Promise<Map<string, StoredLabResult[]>> {
    if (orderKeys.length === 0) return new Map();
    const among = isOneOf('clinic_key', 'lab_order_id', orderKeys);
    const rows = await db.read<LabResultRow>(
      `SELECT * FROM lab_result WHERE ${among.sql} AND ${which} ORDER BY position, id`,
      among.params,
    );
    return toGroups(rows.map(toResult), (result) => toRowKey(result.clinicKey, result.labOrderId));
  }

  return {
    findByOrders: (orderKeys) => findOfOrders(orderKeys, 'superseded_at IS NULL'),
    findWithdrawn: (orderKeys) => findOfOrders(orderKeys, 'superseded_at IS NOT NULL AND superseded_by IS NULL'),
    findVersions: (keys) => findVersions(db, keys),

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
