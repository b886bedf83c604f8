import type { Page, PageRequest } from '../domain/page.ts';
import type { PlanState, TreatmentPlan } from '../domain/treatment-plan.ts';
import { findChangedPlans, readPlansBefore } from './changed-objects.ts';
import { writeChanges, type ChangeWriting } from './changes.ts';
import { isIn, isOneOf, readJson, toGroups } from './conditions.ts';
import type { Database } from './database.ts';
import type { TreatmentPlanRow } from './entities/treatment-plan.ts';
import { toClinicKey, toHash, toRowKey, type ClinicRef, type ClinicRowKey } from './keys.ts';
import { toPages, toPageSql, type PagedRow, type PageQuery } from './paging.ts';
import { removeMissing } from './remove-missing.ts';
import { upsert } from './upsert.ts';

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
   * nothing. The chart a plan was started from stays. Plans that are new or differ are noted in the feed of changes in the same transaction.
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

/** Named as the plan's own fields are, so that a row becomes the plan without being copied: a page has hundreds of them. */
const planColumns = `t.clinic_key AS clinicKey, t.id AS id, t.organization_id AS organizationId, t.clinic_id AS clinicId,
  t.fullscript_patient_id AS fullscriptPatientId, t.fullscript_practitioner_id AS fullscriptPractitionerId, t.state AS state,
  t.created_at AS createdAt, t.updated_at AS updatedAt, t.available_on AS availableOn, t.personal_message AS personalMessage,
  t.invitation_url AS invitationUrl, t.metadata_id AS metadataId, t.recommendations AS recommendations,
  t.lab_recommendations AS labRecommendations, t.version AS version, t.chart_id AS chartId, t.synced_at AS syncedAt`;

type ReadPlanRow = Omit<StoredPlan, 'recommendations' | 'labRecommendations'> & {
  recommendations: unknown;
  labRecommendations: unknown;
};

function toPlan(row: ReadPlanRow): StoredPlan {
  row.recommendations = readJson(row.recommendations);
  row.labRecommendations = readJson(row.labRecommendations);
  return row as StoredPlan;
}

/** Builds the queries on treatment plans. */
export function createPlans(db: Database, needs: ChangeWriting): Plans {
  return {
    async upsertMany(clinic, plans, syncedAt) {
      if (plans.length === 0) return;
      const clinicKey = toClinicKey(clinic.organizationId, clinic.clinicId);
      const versioned = plans.map((plan) => ({ ...plan, version: toPlanVersion(plan) }));
      const changed = await db.write(async (tx) => {
        const before = await readPlansBefore(tx, clinicKey, plans);
        await upsert(tx, {
          table: 'treatment_plan',
          keys: ['clinic_key', 'id'],
          columns: [
            'clinic_key',
            'id',
            'organization_id',
            'clinic_id',
            'fullscript_patient_id',
            'fullscript_practitioner_id',
            'state',
            'created_at',
            'updated_at',
            'available_on',
            'personal_message',
            'invitation_url',
            'metadata_id',
            'recommendations',
            'lab_recommendations',
            'version',
            'synced_at',
          ],
          rows: versioned.map((plan) => [
            clinicKey,
            plan.id,
            clinic.organizationId,
            clinic.clinicId,
            plan.fullscriptPatientId,
            plan.fullscriptPractitionerId,
            plan.state,
            plan.createdAt,
            plan.updatedAt,
            plan.availableOn,
            plan.personalMessage,
            plan.invitationUrl,
            plan.metadataId,
            JSON.stringify(plan.recommendations),
            JSON.stringify(plan.labRecommendations),
            plan.version,
            syncedAt,
          ]),
          newerBy: ['updated_at', 'synced_at'],
        });
        const changes = findChangedPlans(before, versioned, syncedAt);
        await writeChanges(tx, clinic, 'plan', changes, needs.now());
        return changes.length > 0;
      });
      if (changed) needs.onChanges?.();
    },

    removeMissing: (clinicKey, fullscriptPatientId, keptIds, listedAt) =>
      db.write((tx) => removeMissing(tx, 'treatment_plan', { clinicKey, fullscriptPatientId, keptIds, listedAt })),

    async remove(key) {
      await db.write((tx) =>
        tx.run('DELETE FROM treatment_plan WHERE clinic_key = ? AND id = ?', [key.clinicKey, key.id]),
      );
    },

    async pagesByPatients(request) {
      const query = toPlanQuery(
        'fullscript_patient_id',
        request.keys.map((key) => ({ clinicKey: key.clinicKey, id: key.fullscriptPatientId })),
        request,
      );
      if (query.keys.length === 0 || query.filter?.values.length === 0) return toPages(query, [], toPlan);
      const { sql, params } = toPageSql(query);
      return toPages(query, await db.read<PagedRow & ReadPlanRow>(sql, params), toPlan);
    },

    async findByIds(organizationId, ids) {
      if (ids.length === 0) return new Map();
      const among = isIn('t.id', ids);
      const rows = await db.read<ReadPlanRow>(
        `SELECT ${planColumns} FROM treatment_plan t WHERE t.organization_id = ? AND ${among.sql} ORDER BY t.clinic_key`,
        [organizationId, ...among.params],
      );
      return toGroups(rows.map(toPlan), (plan) => plan.id);
    },

    async find(key) {
      const [row] = await db.read<ReadPlanRow>(
        `SELECT ${planColumns} FROM treatment_plan t WHERE t.clinic_key = ? AND t.id = ?`,
        [key.clinicKey, key.id],
      );
      return row === undefined ? null : toPlan(row);
    },

    async rowsByPatients(keys) {
      const rowsByKey = new Map<string, StoredPlanRow[]>();
      if (keys.length === 0) return rowsByKey;
      for (const key of keys) rowsByKey.set(toRowKey(key.clinicKey, key.fullscriptPatientId), []);
      const among = isOneOf(
        'clinic_key',
        'fullscript_patient_id',
        keys.map((key) => ({ clinicKey: key.clinicKey, id: key.fullscriptPatientId })),
      );
      const rows = await db.read<
        Pick<TreatmentPlanRow, 'clinic_key' | 'fullscript_patient_id' | 'id' | 'state' | 'updated_at' | 'synced_at'>
      >(
        `SELECT clinic_key, fullscript_patient_id, id, state, updated_at, synced_at FROM treatment_plan
          WHERE ${among.sql} ORDER BY created_at DESC, id DESC`,
        among.params,
      );
      for (const row of rows) {
        rowsByKey.get(toRowKey(row.clinic_key, row.fullscript_patient_id))?.push({
          id: row.id,
          state: row.state as PlanState,
          updatedAt: row.updated_at,
          syncedAt: row.synced_at,
        });
      }
      return rowsByKey;
    },

    async setChart(key, chartId) {
      const changed = await db.write((tx) =>
        tx.run('UPDATE treatment_plan SET chart_id = ? WHERE clinic_key = ? AND id = ?', [
          chartId,
          key.clinicKey,
          key.id,
        ]),
      );
      return changed === 1;
    },

    async findVersions(organizationId, ids) {
      if (ids.length === 0) return new Map();
      const among = isIn('id', ids);
      const rows = await db.read<Pick<TreatmentPlanRow, 'id' | 'version'>>(
        `SELECT id, version FROM treatment_plan WHERE organization_id = ? AND ${among.sql}`,
        [organizationId, ...among.params],
      );
      return new Map(rows.map((row) => [row.id, row.version]));
    },
  };
}

function toPlanQuery(
  subject: string,
  keys: readonly ClinicRowKey[],
  request: { states?: readonly PlanState[] | undefined; page: PageRequest },
): PageQuery {
  return {
    table: 'treatment_plan',
    subject,
    keys,
    filter: request.states === undefined ? null : { column: 'state', values: request.states },
    page: request.page,
    columns: planColumns,
  };
}
