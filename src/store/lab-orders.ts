import type { LabOrder, LabOrderStatus } from '../domain/lab-order.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import type { LabTest } from '../domain/treatment-plan.ts';
import type { ClinicRef, ClinicRowKey } from './keys.ts';
import type { PatientKey } from './plans.ts';

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
   * Gives the results that became ready or were amended now, each once.
   */
  upsertMany(
    clinic: ClinicRef,
    orders: readonly (LabOrder & { isDetailed?: boolean })[],
    syncedAt: string,
    eventAt?: string | null,
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
  /** As `Plans.pageByPractitioner`. */
  pageByPractitioner(request: {
    practitioners: readonly { clinicKey: string; fullscriptPractitionerId: string }[];
    statuses?: readonly LabOrderStatus[] | undefined;
    page: PageRequest;
  }): Promise<Page<StoredLabOrder>>;
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
