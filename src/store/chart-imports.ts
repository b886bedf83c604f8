import type { ChartImport, ChartItem, ImportedPlan } from '../domain/chart.ts';
import type { Dosage } from '../domain/treatment-plan.ts';
import { claimDue } from './claim.ts';
import { isIn, placeholders, readJson, toGroups } from './conditions.ts';
import type { Database, SqlValue, Transaction } from './database.ts';
import { isDuplicate } from './database-failure.ts';
import type { ChartImportItemRow } from './entities/chart-import-item.ts';
import type { ChartImportRow } from './entities/chart-import.ts';
import { toClinicKey, toHash } from './keys.ts';

/** An import that the EMR may or may not have taken yet. */
export interface PendingChartImport extends ChartImport {
  /** How often somebody else than its own request has tried to finish it, this try included. */
  attempts: number;
}

export type NewChartImport = Omit<ChartImport, 'importedAt' | 'items'> & {
  /** When it began; the moment the EMR has taken it becomes `importedAt`. */
  startedAt: string;
  /** From when on `claim` may take it: its own request has given up by then. */
  runAt: string;
  items: readonly Omit<ChartItem, 'emrItemId'>[];
};

/** Makes the key that lets one recommendation of one plan into one chart only once. */
export function toChartItemKey(
  organizationId: string,
  chartId: string,
  planId: string,
  recommendationId: string,
): string {
  return toHash([organizationId, chartId, planId, recommendationId]);
}

export type BeginImportOutcome =
  | { kind: 'begun' }
  /** These recommendations are in the chart, or on the way, already; nothing was stored. */
  | { kind: 'exists'; recommendationIds: readonly string[] };

export interface ChartImports {
  /** Stores an import before the EMR is asked; of two at the same moment with a common item, one begins and the other is told. */
  begin(chartImport: NewChartImport): Promise<BeginImportOutcome>;
  /** The EMR has taken it: `emrItemIds` by our item id. Completing twice is harmless; true for the one call that did. */
  complete(id: string, emrItemIds: ReadonlyMap<string, string>, at: string): Promise<boolean>;
  /**
   * Forgets an unfinished import, so that its items may be imported again under a new key. Only for one of which the EMR itself has said that it did not
   * take it and never will: its refusal of one person says nothing of what it took from another. Does nothing to a finished one.
   */
  abandon(id: string): Promise<void>;
  /** The same, for whoever began it and was refused: does nothing either when somebody else has tried to finish it meanwhile. */
  abandonUntried(id: string): Promise<void>;
  /** Finished imports by chart id, in import order. One statement. */
  findByCharts(organizationId: string, chartIds: readonly string[]): Promise<Map<string, ChartImport[]>>;
  /** Finished imports by plan id, in import order. One statement. */
  findByPlans(organizationId: string, planIds: readonly string[]): Promise<Map<string, ChartImport[]>>;
  findById(organizationId: string, id: string): Promise<ChartImport | null>;
  /** Imports of a plan into a chart that began and did not finish, parked ones among them. */
  findPending(organizationId: string, chartId: string, planId: string): Promise<PendingChartImport[]>;
  /** Takes up to `limit` unfinished imports of all organizations that are due, each for `leaseMs`, and counts the attempt. Parked ones are not due. */
  claim(limit: number, leaseMs: number): Promise<PendingChartImport[]>;
  /** Counts an attempt that is about to be made, `claim` aside. False when there is nothing left to finish. */
  countAttempt(id: string): Promise<boolean>;
  /** Lets `claim` take it again from `runAt` on. */
  retryAt(id: string, runAt: string): Promise<void>;
  /** No longer due, visibly; whoever imports the plan into the chart again still finishes it. */
  park(id: string): Promise<void>;
  depth(): Promise<{ pending: number; parked: number }>;
}

/** How often a beginning is tried again after somebody else took one of its items first. */
const beginAttempts = 3;

type ImportRow = ChartImportRow & Omit<ChartImportItemRow, 'id' | 'chart_import_id'> & { item_id: string };

/** Builds the queries on chart imports. */
export function createChartImports(db: Database, needs: { now: () => Date }): ChartImports {
  async function findWhere(where: string, params: readonly SqlValue[]): Promise<PendingChartImport[]> {
    const rows = await db.read<ImportRow>(
      `SELECT i.*, m.id AS item_id, m.recommendation_id, m.variant_id, m.name, m.brand, m.dosage, m.take_with,
          m.units_to_purchase, m.refills, m.emr_item_id
        FROM chart_import i JOIN chart_import_item m ON m.chart_import_id = i.id
        WHERE ${where} ORDER BY COALESCE(i.imported_at, i.started_at), i.started_at, i.id, m.position`,
      params,
    );
    const imports = new Map<string, PendingChartImport & { items: ChartItem[] }>();
    for (const row of rows) {
      let found = imports.get(row.id);
      if (found === undefined) {
        found = {
          id: row.id,
          organizationId: row.organization_id,
          clinicId: row.clinic_id,
          chartId: row.chart_id,
          planId: row.plan_id,
          planVersion: row.plan_version,
          planRecord: readJson(row.plan_record) as ImportedPlan,
          patientId: row.patient_id,
          importedBy: row.imported_by,
          importedAt: row.imported_at ?? row.started_at,
          attempts: row.attempts,
          items: [],
        };
        imports.set(row.id, found);
      }
      found.items.push({
        id: row.item_id,
        recommendationId: row.recommendation_id,
        variantId: row.variant_id,
        name: row.name,
        brand: row.brand,
        dosage: row.dosage === null ? null : (readJson(row.dosage) as Dosage),
        takeWith: row.take_with,
        unitsToPurchase: row.units_to_purchase,
        refills: row.refills,
        emrItemId: row.emr_item_id,
      });
    }
    return [...imports.values()];
  }

  async function forget(id: string, where: string): Promise<void> {
    await db.write(async (tx) => {
      const changed = await tx.run(`DELETE FROM chart_import WHERE id = ? AND ${where}`, [id]);
      if (changed > 0) await tx.run('DELETE FROM chart_import_item WHERE chart_import_id = ?', [id]);
    });
  }

  async function findDone(
    column: 'chart_id' | 'plan_id',
    organizationId: string,
    ids: readonly string[],
  ): Promise<ChartImport[]> {
    if (ids.length === 0) return [];
    const among = isIn(`i.${column}`, ids);
    const found = await findWhere(`i.organization_id = ? AND ${among.sql} AND i.state = 'DONE'`, [
      organizationId,
      ...among.params,
    ]);
    return found;
  }

  return {
    async begin(chartImport) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await db.write((tx) => beginInside(tx, chartImport));
        } catch (error) {
          // Somebody imported one of the items at this moment: now it is there to be told.
          if (!isDuplicate(error) || attempt >= beginAttempts) throw error;
        }
      }
    },

    async complete(id, emrItemIds, at) {
      return await db.write(async (tx) => {
        const changed = await tx.run(
          "UPDATE chart_import SET state = 'DONE', imported_at = ? WHERE id = ? AND state <> 'DONE'",
          [at, id],
        );
        if (changed === 0) return false;
        for (const [itemId, emrItemId] of emrItemIds) {
          await tx.run('UPDATE chart_import_item SET emr_item_id = ? WHERE id = ? AND chart_import_id = ?', [
            emrItemId,
            itemId,
            id,
          ]);
        }
        return true;
      });
    },

    abandon: (id) => forget(id, "state <> 'DONE'"),

    abandonUntried: (id) => forget(id, "state <> 'DONE' AND attempts = 0"),

    async findByCharts(organizationId, chartIds) {
      return toGroups(await findDone('chart_id', organizationId, chartIds), (found) => found.chartId);
    },

    async findByPlans(organizationId, planIds) {
      return toGroups(await findDone('plan_id', organizationId, planIds), (found) => found.planId);
    },

    async findById(organizationId, id) {
      const [found] = await findWhere('i.id = ? AND i.organization_id = ?', [id, organizationId]);
      return found ?? null;
    },

    findPending: (organizationId, chartId, planId) =>
      findWhere("i.organization_id = ? AND i.chart_id = ? AND i.plan_id = ? AND i.state <> 'DONE'", [
        organizationId,
        chartId,
        planId,
      ]),

    async claim(limit, leaseMs) {
      const rows = await claimDue<Pick<ChartImportRow, 'id'>>(db, {
        table: 'chart_import',
        index: 'chart_import_due',
        where: "state = 'PENDING'",
        params: [],
        key: 'id',
        columns: 'id',
        now: needs.now(),
        limit,
        leaseMs,
      });
      if (rows.length === 0) return [];
      const among = isIn(
        'i.id',
        rows.map((row) => row.id),
      );
      return findWhere(`${among.sql} AND i.state = 'PENDING'`, among.params);
    },

    async countAttempt(id) {
      const changed = await db.write((tx) =>
        tx.run("UPDATE chart_import SET attempts = attempts + 1 WHERE id = ? AND state <> 'DONE'", [id]),
      );
      return changed > 0;
    },

    async retryAt(id, runAt) {
      await db.write((tx) =>
        tx.run("UPDATE chart_import SET run_at = ? WHERE id = ? AND state = 'PENDING'", [runAt, id]),
      );
    },

    async park(id) {
      await db.write((tx) =>
        tx.run("UPDATE chart_import SET state = 'PARKED' WHERE id = ? AND state = 'PENDING'", [id]),
      );
    },

    async depth() {
      const rows = await db.read<{ state: string; total: number }>(
        "SELECT state, COUNT(*) AS total FROM chart_import WHERE state IN ('PENDING', 'PARKED') GROUP BY state",
      );
      const totals = new Map(rows.map((row) => [row.state, row.total]));
      return { pending: totals.get('PENDING') ?? 0, parked: totals.get('PARKED') ?? 0 };
    },
  };
}

async function beginInside(tx: Transaction, chartImport: NewChartImport): Promise<BeginImportOutcome> {
  const { organizationId, chartId, planId, items } = chartImport;
  const keys = items.map((item) => toChartItemKey(organizationId, chartId, planId, item.recommendationId));
  if (keys.length === 0) throw new TypeError('An import needs an item');
  const among = isIn('item_key', keys);
  const taken = await tx.read<Pick<ChartImportItemRow, 'recommendation_id'>>(
    `SELECT recommendation_id FROM chart_import_item WHERE ${among.sql} ORDER BY position`,
    among.params,
  );
  if (taken.length > 0) return { kind: 'exists', recommendationIds: taken.map((row) => row.recommendation_id) };
  await tx.run(
    `INSERT INTO chart_import (id, organization_id, clinic_id, clinic_key, chart_id, plan_id, plan_version, plan_record,
        patient_id, imported_by, state, started_at, attempts, run_at)
      VALUES (${placeholders(14)})`,
    [
      chartImport.id,
      organizationId,
      chartImport.clinicId,
      toClinicKey(organizationId, chartImport.clinicId),
      chartId,
      planId,
      chartImport.planVersion,
      JSON.stringify(chartImport.planRecord),
      chartImport.patientId,
      chartImport.importedBy,
      'PENDING',
      chartImport.startedAt,
      0,
      chartImport.runAt,
    ],
  );
  await tx.run(
    `INSERT INTO chart_import_item (id, chart_import_id, item_key, position, recommendation_id, variant_id, name, brand,
        dosage, take_with, units_to_purchase, refills)
      VALUES ${items.map(() => `(${placeholders(12)})`).join(',')}`,
    items.flatMap((item, position) => [
      item.id,
      chartImport.id,
      keys[position] ?? '',
      position,
      item.recommendationId,
      item.variantId,
      item.name,
      item.brand,
      item.dosage === null ? null : JSON.stringify(item.dosage),
      item.takeWith,
      item.unitsToPurchase,
      item.refills,
    ]),
  );
  return { kind: 'begun' };
}
