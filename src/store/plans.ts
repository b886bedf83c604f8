import type { Page, PageRequest } from '../domain/page.ts';
import type { PlanState, TreatmentPlan } from '../domain/treatment-plan.ts';
import { toHash, type ClinicRef, type ClinicRowKey } from './keys.ts';

export interface StoredPlan extends TreatmentPlan {
  clinicKey: string;
  organizationId: string;
  clinicId: string;
  /** See `toPlanVersion`. */
  version: string;
  /** The EMR chart it was started from. */
  chartId: string | null;
  syncedAt: string;
}

/** Enough of a stored plan to see whether it is behind. */
export interface StoredPlanRow {
  id: string;
  state: PlanState;
  updatedAt: string;
  syncedAt: string;
}

/** A Fullscript patient of a clinic. */
export interface PatientKey {
  clinicKey: string;
  fullscriptPatientId: string;
}

/** The SHA-256 in hex of what an import takes from a plan: when it differs, the plan has moved on. */
export function toPlanVersion(plan: Pick<TreatmentPlan, 'updatedAt' | 'state' | 'recommendations'>): string {
  return toHash([plan.updatedAt, plan.state, plan.recommendations]);
}

/** The stored copy of treatment plans. */
export interface Plans {
  /**
   * Stores plans of one clinic as read at `syncedAt`. The newer `updatedAt` wins, then the later read; what is older changes
   * nothing. The chart a plan was started from stays.
   */
  upsertMany(clinic: ClinicRef, plans: readonly TreatmentPlan[], syncedAt: string): Promise<void>;
  /**
   * Deletes the patient's plans that Fullscript's list of `listedAt` no longer had; plans read after that moment stay. Gives the ids that went.
   */
  removeMissing(
    clinicKey: string,
    fullscriptPatientId: string,
    keptIds: readonly string[],
    listedAt: string,
  ): Promise<string[]>;
  remove(key: ClinicRowKey): Promise<void>;
  /**
   * Each patient's page, newest first, keyed by `toRowKey(clinicKey, fullscriptPatientId)`; a patient without plans has an empty page.
   * One statement for any number of patients.
   */
  pagesByPatients(request: {
    keys: readonly PatientKey[];
    states?: readonly PlanState[] | undefined;
    page: PageRequest;
  }): Promise<Map<string, Page<StoredPlan>>>;
  /** Plans of one Fullscript practitioner of the clinics given (one pair each), newest first. One statement. */
  pageByPractitioner(request: {
    practitioners: readonly { clinicKey: string; fullscriptPractitionerId: string }[];
    states?: readonly PlanState[] | undefined;
    page: PageRequest;
  }): Promise<Page<StoredPlan>>;
  /** Plans of the organization by Fullscript's id, by id; a plan held for several clinics comes once for each. One statement. */
  findByIds(organizationId: string, ids: readonly string[]): Promise<Map<string, StoredPlan[]>>;
  find(key: ClinicRowKey): Promise<StoredPlan | null>;
  /** What is stored of each patient's plans, keyed by `toRowKey(clinicKey, fullscriptPatientId)`. One statement. */
  rowsByPatients(keys: readonly PatientKey[]): Promise<Map<string, StoredPlanRow[]>>;
  /** Notes the chart a plan was started from; false when the plan is not stored. */
  setChart(key: ClinicRowKey, chartId: string): Promise<boolean>;
  /** The versions stored now of plans of the organization, by plan id. One statement. */
  findVersions(organizationId: string, ids: readonly string[]): Promise<Map<string, string>>;
}
