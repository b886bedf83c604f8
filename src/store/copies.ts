import { isOneOf, toChunks } from './conditions.ts';
import type { Database, SqlValue, Transaction } from './database.ts';
import type { CopySyncRow } from './entities/copy-sync.ts';
import { toClinicKey, type ClinicRef } from './keys.ts';

/** A part of the stored copy that is compared with Fullscript as a whole; `subject` is the Fullscript patient. */
export interface CopyKey {
  clinicKey: string;
  kind: 'plans' | 'labs';
  subject: string;
}

/** What is stored about the age of a part. */
export interface StoredCopyAge {
  /** When it was last compared with Fullscript. */
  syncedAt: string;
  /** When the last finished sweep of its clinic began; null before the first. */
  sweptAt: string | null;
  /** When it was called into question since it was compared; null when it was not. */
  expiredAt: string | null;
}

/** When each part of the copy was last compared with Fullscript, joined with its clinic's last finished sweep. */
export interface Copies {
  /** Keyed by `toCopyKey`; a part never compared is missing from the map. One statement. */
  findMany(keys: readonly CopyKey[]): Promise<Map<string, StoredCopyAge>>;
  /** One part, also when it was called into question before it was ever compared: that concerns what was read singly. Null when neither was done. */
  find(key: CopyKey): Promise<(Omit<StoredCopyAge, 'syncedAt'> & { syncedAt: string | null }) | null>;
  /** Notes a comparison that began at `syncedAt`; an older one changes nothing. */
  set(clinic: ClinicRef, kind: CopyKey['kind'], subject: string, syncedAt: string): Promise<void>;
  setMany(clinic: ClinicRef, kind: CopyKey['kind'], subjects: readonly string[], syncedAt: string): Promise<void>;
  /**
   * Makes the part not current, so that the next reader refreshes it; what is stored stays. A comparison that began before this
   * moment does not make it current again, not even the first one ever.
   */
  expire(key: CopyKey): Promise<void>;
  /**
   * The same, for the time of an own write of which no event will tell, so that nothing is lost should this process die in the middle. Gives what takes it
   * back, once what was written is stored: `settle` does nothing where the part was called into question again meanwhile.
   */
  expireFor(key: CopyKey): Promise<Expiry>;
  settle(expiry: Expiry): Promise<void>;
  /** Forgets that the part was ever compared. */
  forget(key: CopyKey): Promise<void>;
  /** Expires everything of a clinic, or everything of one kind, also for patients of whom only single plans or lab orders were read. */
  expireClinic(clinicKey: string, kind?: CopyKey['kind']): Promise<void>;
}

/** A part that was called into question at `at`, and since when it was so before; null when it was not. */
export interface Expiry {
  key: CopyKey;
  at: string;
  before: string | null;
}

/** Makes one text of a copy's key, for maps. */
export function toCopyKey(key: CopyKey): string {
  return `${key.clinicKey}:${key.kind}:${key.subject}`;
}

/** Builds the queries on how current the copy is. */
export function createCopies(db: Database, needs: { now: () => Date }): Copies {
  async function setMany(
    clinic: ClinicRef,
    kind: CopyKey['kind'],
    subjects: readonly string[],
    syncedAt: string,
  ): Promise<void> {
    if (subjects.length === 0) return;
    const clinicKey = toClinicKey(clinic.organizationId, clinic.clinicId);
    await db.write(async (tx) => {
      for (const chunk of toChunks([...new Set(subjects)].toSorted(), 1000)) {
        await tx.run(
          toSetSql(tx, chunk.length),
          chunk.flatMap((subject): SqlValue[] => [
            clinicKey,
            kind,
            subject,
            clinic.organizationId,
            clinic.clinicId,
            syncedAt,
          ]),
        );
      }
    });
  }

  /** Without a moment it only sees to it that there is a row, which is ours until the transaction ends. */
  async function expireInside(tx: Transaction, key: CopyKey, at: string | null): Promise<void> {
    const isSqlite = tx.engine === 'sqlite';
    await tx.run(
      `INSERT INTO copy_sync (clinic_key, kind, subject, organization_id, clinic_id, synced_at, expired_at)
        SELECT k.clinic_key, ?, ?, k.organization_id, k.id, NULL, ? FROM clinic k WHERE k.clinic_key = ?
        ${isSqlite ? 'ON CONFLICT(clinic_key, kind, subject) DO UPDATE SET' : 'ON DUPLICATE KEY UPDATE'}
          expired_at = COALESCE(?, copy_sync.expired_at)`,
      [key.kind, key.subject, at, key.clinicKey, at],
    );
  }

  /** Patients of whom something was read singly and nothing was ever compared as a whole. */
  async function findSingles(clinicKey: string, kind: CopyKey['kind']): Promise<string[]> {
    const table = kind === 'plans' ? 'treatment_plan' : 'lab_order';
    const rows = await db.read<{ subject: string }>(
      `SELECT DISTINCT t.fullscript_patient_id AS subject FROM ${table} t
        LEFT JOIN copy_sync c ON c.clinic_key = t.clinic_key AND c.kind = ? AND c.subject = t.fullscript_patient_id
        WHERE t.clinic_key = ? AND t.fullscript_patient_id IS NOT NULL AND c.subject IS NULL`,
      [kind, clinicKey],
    );
    return rows.map((row) => row.subject).toSorted();
  }

  return {
    setMany,
    set: (clinic, kind, subject, syncedAt) => setMany(clinic, kind, [subject], syncedAt),

    async findMany(keys) {
      const ages = new Map<string, StoredCopyAge>();
      if (keys.length === 0) return ages;
      const parts: string[] = [];
      const params: SqlValue[] = [];
      for (const kind of ['plans', 'labs'] as const) {
        const ofKind = keys.filter((key) => key.kind === kind);
        if (ofKind.length === 0) continue;
        const among = isOneOf(
          'c.clinic_key',
          'c.subject',
          ofKind.map((key) => ({ clinicKey: key.clinicKey, id: key.subject })),
        );
        parts.push(`(c.kind = ? AND ${among.sql})`);
        params.push(kind, ...among.params);
      }
      const rows = await db.read<
        Pick<CopySyncRow, 'clinic_key' | 'subject' | 'synced_at' | 'expired_at'> & {
          kind: CopyKey['kind'];
          swept_at: string | null;
        }
      >(
        `SELECT c.clinic_key, c.kind, c.subject, c.synced_at, c.expired_at, k.swept_at
          FROM copy_sync c LEFT JOIN clinic k ON k.clinic_key = c.clinic_key WHERE ${parts.join(' OR ')}`,
        params,
      );
      for (const row of rows) {
        // Called into question before it was ever compared.
        if (row.synced_at === null) continue;
        ages.set(toCopyKey({ clinicKey: row.clinic_key, kind: row.kind, subject: row.subject }), {
          syncedAt: row.synced_at,
          sweptAt: row.swept_at,
          expiredAt: row.expired_at,
        });
      }
      return ages;
    },

    async find({ clinicKey, kind, subject }) {
      const [row] = await db.read<Pick<CopySyncRow, 'synced_at' | 'expired_at'> & { swept_at: string | null }>(
        `SELECT c.synced_at, c.expired_at, k.swept_at
          FROM copy_sync c LEFT JOIN clinic k ON k.clinic_key = c.clinic_key
          WHERE c.clinic_key = ? AND c.kind = ? AND c.subject = ?`,
        [clinicKey, kind, subject],
      );
      return row ? { syncedAt: row.synced_at, sweptAt: row.swept_at, expiredAt: row.expired_at } : null;
    },

    async expire(key) {
      await db.write((tx) => expireInside(tx, key, needs.now().toISOString()));
    },

    expireFor: (key) =>
      db.write(async (tx) => {
        // Two who write at the same moment take turns, or the one that is done first would take the other's doubt back.
        await expireInside(tx, key, null);
        const [row] = await tx.read<Pick<CopySyncRow, 'expired_at'>>(
          'SELECT expired_at FROM copy_sync WHERE clinic_key = ? AND kind = ? AND subject = ?',
          [key.clinicKey, key.kind, key.subject],
        );
        const before = row?.expired_at ?? null;
        const now = needs.now().toISOString();
        const at = before !== null && before >= now ? new Date(Date.parse(before) + 1).toISOString() : now;
        await expireInside(tx, key, at);
        return { key, at, before };
      }),

    async settle({ key, at, before }) {
      await db.write((tx) =>
        tx.run(
          'UPDATE copy_sync SET expired_at = ? WHERE clinic_key = ? AND kind = ? AND subject = ? AND expired_at = ?',
          [before, key.clinicKey, key.kind, key.subject, at],
        ),
      );
    },

    async forget(key) {
      await db.write((tx) =>
        tx.run('DELETE FROM copy_sync WHERE clinic_key = ? AND kind = ? AND subject = ?', [
          key.clinicKey,
          key.kind,
          key.subject,
        ]),
      );
    },

    async expireClinic(clinicKey, kind) {
      const at = needs.now().toISOString();
      await db.write((tx) =>
        tx.run(`UPDATE copy_sync SET expired_at = ? WHERE clinic_key = ?${kind === undefined ? '' : ' AND kind = ?'}`, [
          at,
          clinicKey,
          ...(kind === undefined ? [] : [kind]),
        ]),
      );
      for (const each of kind === undefined ? (['plans', 'labs'] as const) : [kind]) {
        for (const subjects of toChunks(await findSingles(clinicKey, each), 1000)) {
          await db.write(async (tx) => {
            for (const subject of subjects) await expireInside(tx, { clinicKey, kind: each, subject }, at);
          });
        }
      }
    },
  };
}

/** The two columns decide for themselves, so the order in which an engine assigns them does not matter. */
function toSetSql(tx: Transaction, count: number): string {
  const isSqlite = tx.engine === 'sqlite';
  const offered = isSqlite ? 'excluded.synced_at' : 'VALUES(synced_at)';
  return `INSERT INTO copy_sync (clinic_key, kind, subject, organization_id, clinic_id, synced_at)
    VALUES ${Array.from({ length: count }, () => '(?,?,?,?,?,?)').join(',')}
    ${isSqlite ? 'ON CONFLICT(clinic_key, kind, subject) DO UPDATE SET' : 'ON DUPLICATE KEY UPDATE'}
      expired_at = CASE WHEN ${offered} >= COALESCE(expired_at, '') THEN NULL ELSE expired_at END,
      synced_at = CASE WHEN ${offered} >= COALESCE(synced_at, '') THEN ${offered} ELSE synced_at END`;
}
