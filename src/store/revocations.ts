import type { Revocation } from '../domain/revocation.ts';
import { claimDue } from './claim.ts';
import { forUpdate, isIn, toChunks } from './conditions.ts';
import type { Database } from './database.ts';
import type { RevocationRow } from './entities/revocation.ts';
import type { RevokedTokenRow } from './entities/revoked-token.ts';
import { decryptOrNull, type Secrets } from './secrets.ts';

/** A token that Fullscript is still to revoke. */
export interface RevokedToken {
  id: string;
  /** Null when nobody asked for it: the old token of an account that was connected again, or one that became no account. */
  revocationId: string | null;
  /** Null for a token that never belonged to an account. */
  accountId: string | null;
  organizationId: string;
  userId: string;
  /** Null when no configured key opens it: it can never be revoked from here. */
  token: string | null;
  /** With it a pair can be had whose use ends all others of the authorization; null when there are none that nobody knows. */
  refreshToken: string | null;
  /** Which attempt this is, 1 for the first. */
  attempts: number;
}

export interface StoredRevocation extends Revocation {
  scope: 'own' | 'user' | 'organization' | 'all';
  reason: string | null;
}

export interface Revocations {
  /** A revocation of the organization, with how far it has come. */
  find(organizationId: string, id: string): Promise<StoredRevocation | null>;
  /** Takes up to `limit` tokens that are due, each for `leaseMs`. */
  claim(limit: number, leaseMs: number): Promise<RevokedToken[]>;
  /** Fullscript has confirmed: the tokens are wiped, and a revocation finished with its last one. Confirming twice is harmless. */
  confirm(ids: readonly string[], at: string): Promise<void>;
  /** Puts a newer pair of the same authorization in the place of a token that is not confirmed yet. */
  replace(id: string, pair: { accessToken: string; refreshToken: string }): Promise<void>;
  /** Puts it back until `runAt`; `error` is an operator's word, without the token. */
  retryAt(id: string, runAt: string, error: string): Promise<void>;
  /** Puts claimed ones back that nobody has sent, due at `runAt`: the claim does not count as an attempt. */
  giveBack(ids: readonly string[], runAt: string): Promise<void>;
  /**
   * Makes due at once what waits for another try, in one organization or (null) in all; gives how many tokens are to be confirmed there. One that
   * is being sent at this moment may be sent twice, which does no harm.
   */
  makeDue(organizationId: string | null): Promise<number>;
  /**
   * How many tokens Fullscript has not confirmed, how many of them it was asked in vain, and since when the oldest waits; of one organization, or without one
   * of all.
   */
  depth(organizationId?: string): Promise<{ pending: number; failing: number; oldestPendingAt: string | null }>;
  /** Deletes at most `limit` tokens that were confirmed before `before`, wiped as they are; gives how many. Their revocations stay. */
  prune(before: string, limit: number): Promise<number>;
}

/** Builds the queries on revocations and their tokens. */
export function createRevocations(db: Database, needs: { secrets: Secrets; now: () => Date }): Revocations {
  async function claim(limit: number, leaseMs: number): Promise<RevokedToken[]> {
    const rows = await claimDue<
      Pick<
        RevokedTokenRow,
        'id' | 'revocation_id' | 'account_id' | 'organization_id' | 'user_id' | 'token' | 'refresh_token' | 'attempts'
      >
    >(db, {
      table: 'revoked_token',
      index: 'revoked_token_due',
      where: "state = 'PENDING'",
      params: [],
      key: 'id',
      columns: 'id, revocation_id, account_id, organization_id, user_id, token, refresh_token, attempts',
      now: needs.now(),
      limit,
      leaseMs,
    });
    return Promise.all(
      rows.map(async (row) => ({
        id: row.id,
        revocationId: row.revocation_id,
        accountId: row.account_id,
        organizationId: row.organization_id,
        userId: row.user_id,
        token: row.token === null ? null : await decryptOrNull(needs.secrets, row.token),
        refreshToken: row.refresh_token === null ? null : await decryptOrNull(needs.secrets, row.refresh_token),
        attempts: row.attempts + 1,
      })),
    );
  }

  return {
    async find(organizationId, id) {
      // An authorization counts once, however many of its pairs are to be revoked; what is confirmed may be deleted some day.
      const [row] = await db.read<RevocationRow & { pending: number }>(
        `SELECT r.*, (SELECT COUNT(DISTINCT COALESCE(t.account_id, t.id)) FROM revoked_token t
            WHERE t.revocation_id = r.id AND t.state = 'PENDING') AS pending
          FROM revocation r WHERE r.id = ? AND r.organization_id = ?`,
        [id, organizationId],
      );
      if (row === undefined) return null;
      return {
        id: row.id,
        organizationId: row.organization_id,
        requestedBy: row.requested_by,
        requestedAt: row.requested_at,
        finishedAt: row.finished_at,
        total: row.total,
        revoked: row.total - row.pending,
        scope: row.scope as StoredRevocation['scope'],
        reason: row.reason,
      };
    },

    claim,

    async confirm(ids, at) {
      if (ids.length === 0) return;
      const among = isIn('id', ids);
      await db.write(async (tx) => {
        const found = await tx.read<{ revocation_id: string }>(
          `SELECT DISTINCT revocation_id FROM revoked_token WHERE ${among.sql} AND revocation_id IS NOT NULL`,
          among.params,
        );
        const revocationIds = found.map((row) => row.revocation_id).sort();
        // Those who confirm tokens of one revocation take turns, so that the last one sees that it is the last.
        if (revocationIds.length > 0) {
          const whole = isIn('id', revocationIds);
          await tx.read(`SELECT id FROM revocation WHERE ${whole.sql} ORDER BY id ${forUpdate(tx)}`, whole.params);
        }
        await tx.run(
          `UPDATE revoked_token SET state = 'CONFIRMED', token = NULL, refresh_token = NULL, token_key_id = NULL, confirmed_at = ?,
              last_error = NULL
            WHERE ${among.sql} AND state = 'PENDING'`,
          [at, ...among.params],
        );
        for (const id of revocationIds) {
          // Asked by itself: inside of the UPDATE it would lock what other workers hold, and MariaDB would read everything that is pending.
          const [left] = await tx.read(
            "SELECT id FROM revoked_token WHERE revocation_id = ? AND state = 'PENDING' LIMIT 1",
            [id],
          );
          if (left !== undefined) continue;
          await tx.run('UPDATE revocation SET finished_at = ? WHERE id = ? AND finished_at IS NULL', [at, id]);
        }
      });
    },

    async replace(id, pair) {
      const token = await needs.secrets.encrypt(pair.accessToken);
      const refreshToken = await needs.secrets.encrypt(pair.refreshToken);
      await db.write((tx) =>
        tx.run(
          "UPDATE revoked_token SET token = ?, refresh_token = ?, token_key_id = ? WHERE id = ? AND state = 'PENDING'",
          [token, refreshToken, needs.secrets.currentKeyId, id],
        ),
      );
    },

    async retryAt(id, runAt, error) {
      await db.write((tx) =>
        tx.run("UPDATE revoked_token SET run_at = ?, last_error = ? WHERE id = ? AND state = 'PENDING'", [
          runAt,
          error,
          id,
        ]),
      );
    },

    async giveBack(ids, runAt) {
      if (ids.length === 0) return;
      const among = isIn('id', ids);
      await db.write((tx) =>
        tx.run(
          `UPDATE revoked_token SET run_at = ?, attempts = attempts - 1 WHERE ${among.sql} AND state = 'PENDING'`,
          [runAt, ...among.params],
        ),
      );
    },

    async makeDue(organizationId) {
      const ofOrganization = organizationId === null ? '' : 'AND organization_id = ?';
      const params = organizationId === null ? [] : [organizationId];
      const rows = await db.read<Pick<RevokedTokenRow, 'id'>>(
        `SELECT id FROM revoked_token WHERE state = 'PENDING' ${ofOrganization} ORDER BY id`,
        params,
      );
      const at = needs.now().toISOString();
      let due = 0;
      for (const chunk of toChunks(rows, 500)) {
        const among = isIn(
          'id',
          chunk.map((row) => row.id),
        );
        due += await db.write((tx) =>
          tx.run(`UPDATE revoked_token SET run_at = ? WHERE ${among.sql} AND state = 'PENDING'`, [at, ...among.params]),
        );
      }
      return due;
    },

    async depth(organizationId) {
      const [row] = await db.read<{ pending: number; failing: number; oldest: string | null }>(
        `SELECT COUNT(*) AS pending, COUNT(last_error) AS failing, MIN(created_at) AS oldest FROM revoked_token
          WHERE state = 'PENDING' ${organizationId === undefined ? '' : 'AND organization_id = ?'}`,
        organizationId === undefined ? [] : [organizationId],
      );
      return { pending: row?.pending ?? 0, failing: row?.failing ?? 0, oldestPendingAt: row?.oldest ?? null };
    },

    prune(before, limit) {
      return db.write(async (tx) => {
        const rows = await tx.read<Pick<RevokedTokenRow, 'id'>>(
          `SELECT id FROM revoked_token WHERE state = 'CONFIRMED' AND run_at < ? AND confirmed_at < ?
            ORDER BY run_at, id LIMIT ${String(Math.max(1, Math.trunc(limit)))}`,
          [before, before],
        );
        if (rows.length === 0) return 0;
        const among = isIn(
          'id',
          rows.map((row) => row.id),
        );
        return tx.run(`DELETE FROM revoked_token WHERE ${among.sql}`, among.params);
      });
    },
  };
}
