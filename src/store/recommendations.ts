import { forUpdate, placeholders } from './conditions.ts';
import type { Database, PlainRow, SqlValue } from './database.ts';
import { isDuplicate } from './database-failure.ts';
import type { RecommendationRow } from './entities/recommendation.ts';
import { createId } from './ids.ts';
import { toClinicKey, toHash } from './keys.ts';

/**
 * How far a recommendation has come: STARTED before Fullscript was asked for a draft, ASKED from then on (there may be a draft, of which nobody has heard),
 * DRAFTED once the draft is known, DONE at the end.
 */
export type RecommendationState = 'STARTED' | 'ASKED' | 'DRAFTED' | 'DONE';

export interface StoredRecommendation {
  id: string;
  organizationId: string;
  userId: string;
  idempotencyKey: string | null;
  /** SHA-256 of the whole input, to tell another input under the same key. */
  inputHash: string;
  patientId: string;
  clinicId: string;
  clinicKey: string;
  state: RecommendationState;
  planId: string | null;
  /** Whom the draft was asked for; null before that, and for somebody whom Fullscript was to make. */
  fullscriptPatientId: string | null;
  createdPatient: boolean;
  itemsApplied: boolean;
  chartId: string | null;
  createdAt: string;
  expiresAt: string;
}

export type NewRecommendation = Pick<
  StoredRecommendation,
  'organizationId' | 'userId' | 'idempotencyKey' | 'inputHash' | 'patientId' | 'clinicId' | 'chartId' | 'expiresAt'
>;

export interface Recommendations {
  /**
   * Starts one, or finds the one under the same (organization, user, idempotency key) that has not expired; of two at the same
   * moment one starts and the other finds it. Without a key the one with equal input is found, as long as it is not DONE.
   */
  begin(recommendation: NewRecommendation): Promise<StoredRecommendation>;
  /** What is left out stays. One without a key is not found by `begin` any more once it is DONE. */
  update(
    id: string,
    change: Partial<
      Pick<StoredRecommendation, 'state' | 'planId' | 'fullscriptPatientId' | 'createdPatient' | 'itemsApplied'>
    >,
  ): Promise<void>;
  find(id: string): Promise<StoredRecommendation | null>;
  /** Forgets one, so that the same key may start anew. */
  remove(id: string): Promise<void>;
  /** Deletes what expired before `before`; gives how many. */
  prune(before: string): Promise<number>;
}

/** How often a beginning is tried again after somebody else used the same key first. */
const beginAttempts = 3;

function toRecommendation(row: PlainRow<RecommendationRow>): StoredRecommendation {
  return {
    id: row.id,
    organizationId: row.organization_id,
    userId: row.user_id,
    idempotencyKey: row.idempotency_key,
    inputHash: row.input_hash,
    patientId: row.patient_id,
    clinicId: row.clinic_id,
    clinicKey: row.clinic_key,
    state: row.state as RecommendationState,
    planId: row.plan_id,
    fullscriptPatientId: row.fullscript_patient_id,
    createdPatient: row.created_patient === 1,
    itemsApplied: row.items_applied === 1,
    chartId: row.chart_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

const changeColumns = {
  state: 'state',
  planId: 'plan_id',
  fullscriptPatientId: 'fullscript_patient_id',
  createdPatient: 'created_patient',
  itemsApplied: 'items_applied',
} as const;

/** Builds the queries on recommendations. */
export function createRecommendations(db: Database, needs: { now: () => Date }): Recommendations {
  function beginOnce(recommendation: NewRecommendation): Promise<StoredRecommendation> {
    const { organizationId, userId, idempotencyKey, inputHash } = recommendation;
    const at = needs.now().toISOString();
    // A key may be longer than an index takes.
    const keyHash = idempotencyKey === null ? toHash(['without a key', inputHash]) : toHash([idempotencyKey]);
    return db.write(async (tx) => {
      const [known] = await tx.read<RecommendationRow>(
        `SELECT * FROM recommendation WHERE organization_id = ? AND user_id = ? AND key_hash = ? ${forUpdate(tx)}`,
        [organizationId, userId, keyHash],
      );
      if (known !== undefined && known.expires_at > at) return toRecommendation(known);
      if (known !== undefined) await tx.run('DELETE FROM recommendation WHERE id = ?', [known.id]);
      const row: PlainRow<RecommendationRow> = {
        id: createId(),
        organization_id: organizationId,
        user_id: userId,
        idempotency_key: idempotencyKey,
        key_hash: keyHash,
        input_hash: inputHash,
        patient_id: recommendation.patientId,
        clinic_id: recommendation.clinicId,
        clinic_key: toClinicKey(organizationId, recommendation.clinicId),
        chart_id: recommendation.chartId,
        state: 'STARTED',
        plan_id: null,
        fullscript_patient_id: null,
        created_patient: 0,
        items_applied: 0,
        created_at: at,
        expires_at: recommendation.expiresAt,
      };
      const columns = Object.keys(row);
      await tx.run(
        `INSERT INTO recommendation (${columns.join(', ')}) VALUES (${placeholders(columns.length)})`,
        Object.values(row),
      );
      return toRecommendation(row);
    });
  }

  return {
    async begin(recommendation) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await beginOnce(recommendation);
        } catch (error) {
          // The same key was used at this moment: now it is there to be found.
          if (!isDuplicate(error) || attempt >= beginAttempts) throw error;
        }
      }
    },

    async update(id, change) {
      const set: string[] = [];
      const params: SqlValue[] = [];
      for (const [name, column] of Object.entries(changeColumns)) {
        const value = change[name as keyof typeof changeColumns];
        if (value === undefined) continue;
        set.push(`${column} = ?`);
        params.push(value);
      }
      if (change.state === 'DONE') set.push('key_hash = CASE WHEN idempotency_key IS NULL THEN NULL ELSE key_hash END');
      if (set.length === 0) return;
      await db.write((tx) => tx.run(`UPDATE recommendation SET ${set.join(', ')} WHERE id = ?`, [...params, id]));
    },

    async find(id) {
      const [row] = await db.read<RecommendationRow>('SELECT * FROM recommendation WHERE id = ?', [id]);
      return row === undefined ? null : toRecommendation(row);
    },

    async remove(id) {
      await db.write((tx) => tx.run('DELETE FROM recommendation WHERE id = ?', [id]));
    },

    prune: (before) => db.write((tx) => tx.run('DELETE FROM recommendation WHERE expires_at < ?', [before])),
  };
}
