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

/** When each part of the copy was last compared with Fullscript, joined with its clinic's last finished sweep. */
export interface Copies {
  /**
   * Keyed by `toCopyKey`; a part never compared is missing from the map, an expired one has a null `syncedAt`. One statement.
   */
  findMany(keys: readonly CopyKey[]): Promise<Map<string, { syncedAt: string | null; sweptAt: string | null }>>;
  /** Notes a comparison that began at `syncedAt`; an older one changes nothing. */
  set(clinic: ClinicRef, kind: CopyKey['kind'], subject: string, syncedAt: string): Promise<void>;
  setMany(clinic: ClinicRef, kind: CopyKey['kind'], subjects: readonly string[], syncedAt: string): Promise<void>;
  /**
   * Makes the part not current, so that the next reader refreshes it; what is stored stays. A comparison that began before this
   * moment does not make it current again.
   */
  expire(key: CopyKey): Promise<void>;
  /** Forgets that the part was ever compared. */
  forget(key: CopyKey): Promise<void>;
  /** Expires everything of a clinic. */
  expireClinic(clinicKey: string): Promise<void>;
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

  return {
    setMany,
    set: (clinic, kind, subject, syncedAt) => setMany(clinic, kind, [subject], syncedAt),

    async findMany(keys) {
      const ages = new Map<string, { syncedAt: string | null; sweptAt: string | null }>();
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
        ages.set(toCopyKey({ clinicKey: row.clinic_key, kind: row.kind, subject: row.subject }), {
          syncedAt: row.expired_at === null ? row.synced_at : null,
          sweptAt: row.swept_at,
        });
      }
      return ages;
    },

    async expire(key) {
      await db.write((tx) =>
        tx.run('UPDATE copy_sync SET expired_at = ? WHERE clinic_key = ? AND kind = ? AND subject = ?', [
          needs.now().toISOString(),
          key.clinicKey,
          key.kind,
          key.subject,
        ]),
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

    async expireClinic(clinicKey) {
      await db.write((tx) =>
        tx.run('UPDATE copy_sync SET expired_at = ? WHERE clinic_key = ?', [needs.now().toISOString(), clinicKey]),
      );
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
