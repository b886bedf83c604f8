import { isIn, placeholders, toChunks } from './conditions.ts';
import type { Database, SqlValue, Transaction } from './database.ts';
import type { RefreshClaimRow } from './entities/refresh-claim.ts';
import { createId } from './ids.ts';
import { toClinicKey, type ClinicRef } from './keys.ts';

/** Copies of one kind that somebody wants to refresh; without a clinic those of the catalogue, which belongs to none. */
export interface RefreshSubjects {
  clinic: ClinicRef | null;
  /** The kind of copy, in up to 32 characters. */
  kind: string;
  subjects: readonly string[];
}

/** What came of taking claims. */
export interface RefreshClaim {
  /** Names this claim towards `release` and `postpone`. */
  owner: string;
  /** The subjects that are now ours, with how often in a row their refresh has failed before. */
  taken: Map<string, { failures: number }>;
  /** The others, with the instant until which somebody else holds them or nobody is to try. */
  heldUntil: Map<string, string>;
}

/**
 * Sees to it that of all processes only one at a time refreshes a copy behind an answer, and that a refresh that failed is left alone for a while. A claim
 * ends by itself, so that a killed process keeps nobody waiting.
 */
export interface RefreshClaims {
  /** Takes those that nobody holds, for `leaseMs`; two statements for up to a thousand subjects. */
  take(request: RefreshSubjects & { leaseMs: number }): Promise<RefreshClaim>;
  /** Gives subjects back that were refreshed, or need no refresh any more. One statement for up to a thousand. */
  release(owner: string, request: RefreshSubjects): Promise<void>;
  /** Notes a failure of each subject and keeps everybody from trying again before `until`. One statement for up to a thousand. */
  postpone(owner: string, request: RefreshSubjects & { until: string }): Promise<void>;
  /** Deletes claims that ended before `before`, as those of killed processes and of copies that nobody reads any more; gives how many. */
  prune(before: string): Promise<number>;
}

/** The clinic key of the catalogue. */
const noClinic = '';

const subjectsPerStatement = 1000;

/** Builds the queries on claims to refresh. */
export function createRefreshClaims(db: Database, needs: { now: () => Date }): RefreshClaims {
  const toKey = (clinic: ClinicRef | null): string =>
    clinic === null ? noClinic : toClinicKey(clinic.organizationId, clinic.clinicId);
  // Everybody in the same order, so that two takers do not wait for each other crosswise.
  const toOrder = (subjects: readonly string[]): string[][] =>
    toChunks([...new Set(subjects)].toSorted(), subjectsPerStatement);

  return {
    async take({ clinic, kind, subjects, leaseMs }) {
      const owner = createId();
      const at = needs.now();
      const until = new Date(at.getTime() + leaseMs).toISOString();
      const clinicKey = toKey(clinic);
      const claim: RefreshClaim = { owner, taken: new Map(), heldUntil: new Map() };
      if (subjects.length === 0) return claim;
      const rows = await db.write(async (tx) => {
        const found: Pick<RefreshClaimRow, 'subject' | 'owner' | 'held_until' | 'failures'>[] = [];
        for (const chunk of toOrder(subjects)) {
          await tx.run(toTakeSql(tx, chunk.length), [
            ...chunk.flatMap((subject): SqlValue[] => [
              clinicKey,
              kind,
              subject,
              clinic?.organizationId ?? '',
              clinic?.clinicId ?? '',
              owner,
              until,
            ]),
            at.toISOString(),
            at.toISOString(),
          ]);
          const among = isIn('subject', chunk);
          found.push(
            ...(await tx.read<(typeof found)[number]>(
              `SELECT subject, owner, held_until, failures FROM refresh_claim
                WHERE clinic_key = ? AND kind = ? AND ${among.sql}`,
              [clinicKey, kind, ...among.params],
            )),
          );
        }
        return found;
      });
      for (const row of rows) {
        if (row.owner === owner) claim.taken.set(row.subject, { failures: row.failures });
        else claim.heldUntil.set(row.subject, row.held_until);
      }
      return claim;
    },

    async release(owner, { clinic, kind, subjects }) {
      if (subjects.length === 0) return;
      await db.write(async (tx) => {
        for (const chunk of toOrder(subjects)) {
          const among = isIn('subject', chunk);
          await tx.run(`DELETE FROM refresh_claim WHERE clinic_key = ? AND kind = ? AND ${among.sql} AND owner = ?`, [
            toKey(clinic),
            kind,
            ...among.params,
            owner,
          ]);
        }
      });
    },

    async postpone(owner, { clinic, kind, subjects, until }) {
      if (subjects.length === 0) return;
      await db.write(async (tx) => {
        for (const chunk of toOrder(subjects)) {
          const among = isIn('subject', chunk);
          await tx.run(
            `UPDATE refresh_claim SET held_until = ?, failures = failures + 1
              WHERE clinic_key = ? AND kind = ? AND ${among.sql} AND owner = ?`,
            [until, toKey(clinic), kind, ...among.params, owner],
          );
        }
      });
    },

    prune: (before) => db.write((tx) => tx.run('DELETE FROM refresh_claim WHERE held_until < ?', [before])),
  };
}

/** MySQL assigns from left to right and a later column sees what an earlier one got, so the end of the claim, which decides, comes last. */
function toTakeSql(tx: Transaction, count: number): string {
  const isSqlite = tx.engine === 'sqlite';
  const offered = (column: string): string => (isSqlite ? `excluded.${column}` : `VALUES(${column})`);
  const stored = (column: string): string => (isSqlite ? `refresh_claim.${column}` : column);
  const values = Array.from({ length: count }, () => `(${placeholders(7)},0)`).join(',');
  const keep = (column: string): string =>
    `${column} = CASE WHEN ${stored('held_until')} <= ? THEN ${offered(column)} ELSE ${stored(column)} END`;
  return `INSERT INTO refresh_claim (clinic_key, kind, subject, organization_id, clinic_id, owner, held_until, failures)
    VALUES ${values}
    ${isSqlite ? 'ON CONFLICT(clinic_key, kind, subject) DO UPDATE SET' : 'ON DUPLICATE KEY UPDATE'}
      ${keep('owner')}, ${keep('held_until')}`;
}
