import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Account } from '../domain/account.ts';
import { insertAuditEntries } from './audit.ts';
import { forUpdate, isIn, placeholders, toChunks } from './conditions.ts';
import type { Database, Transaction } from './database.ts';
import { settleDefault } from './default-account.ts';
import type { AccountRow } from './entities/account.ts';
import { insertRevokedTokens, releaseKeptTokens, useUpConnectStates } from './revoked-tokens.ts';

/**
 * Which live authorizations to close; nothing given means all organizations. Attempts to connect have no account and no clinic yet, so they are
 * closed along with a user, an organization or all, not with one clinic or account.
 */
export interface CloseSelection {
  organizationId?: string | undefined;
  userId?: string | undefined;
  clinicId?: string | undefined;
  accountId?: string | undefined;
}

export interface NewRevocation {
  id: string;
  /** The organization of the requester, to which the revocation belongs even when it reaches over all. */
  organizationId: string;
  requestedBy: string;
  requestedAt: string;
  scope: 'own' | 'user' | 'organization' | 'all';
  reason: string | null;
  /**
   * The request in which it was asked for: with it, every other organization than the requester's that has lost something finds a row in its own audit, stored
   * in the same transaction.
   */
  requestId?: string | undefined;
}

/** What `close` did. */
export interface Closed {
  /** Authorizations closed, each of which Fullscript must confirm. */
  total: number;
  accounts: readonly Pick<Account, 'id' | 'organizationId' | 'userId' | 'clinicId'>[];
}

/**
 * Closes every live authorization selected, in one transaction; `at` is the instant of the closing. What becomes of them is told by
 * `Accounts.close`.
 */
export function closeAccounts(
  db: Database,
  at: string,
  selection: CloseSelection,
  revocation: NewRevocation,
): Promise<Closed> {
  const conditions: [string, string][] = [];
  if (selection.organizationId !== undefined) conditions.push(['organization_id = ?', selection.organizationId]);
  if (selection.userId !== undefined) conditions.push(['user_id = ?', selection.userId]);
  if (selection.clinicId !== undefined) conditions.push(['clinic_id = ?', selection.clinicId]);
  if (selection.accountId !== undefined) conditions.push(['id = ?', selection.accountId]);
  const whole = selection.clinicId === undefined && selection.accountId === undefined;
  return db.write(async (tx) => {
    const rows = await tx.read<
      Pick<
        AccountRow,
        | 'id'
        | 'organization_id'
        | 'user_id'
        | 'clinic_id'
        | 'access_token'
        | 'refresh_token'
        | 'refreshing_version'
        | 'token_key_id'
        | 'is_default'
      >
    >(
      `SELECT id, organization_id, user_id, clinic_id, access_token, refresh_token, refreshing_version, token_key_id, is_default
          FROM account
        WHERE ${["state <> 'REVOKED'", ...conditions.map(([sql]) => sql)].join(' AND ')} ORDER BY id ${forUpdate(tx)}`,
      conditions.map(([, value]) => value),
    );
    // Whoever is about to come back from Fullscript began before this, too; only those that keep an authorization already are counted.
    const { kept } = whole
      ? await useUpConnectStates(
          tx,
          {
            sql: ['1 = 1', ...conditions.map(([sql]) => sql)].join(' AND '),
            params: conditions.map(([, value]) => value),
          },
          at,
        )
      : { kept: [] };
    const total = rows.length + kept.length;
    await tx.run(
      `INSERT INTO revocation (id, organization_id, requested_by, requested_at, scope, reason, total, finished_at)
        VALUES (${placeholders(8)})`,
      [
        revocation.id,
        revocation.organizationId,
        revocation.requestedBy,
        revocation.requestedAt,
        revocation.scope,
        revocation.reason,
        total,
        total === 0 ? revocation.requestedAt : null,
      ],
    );
    await insertRevokedTokens(tx, revocation.id, at, [
      ...rows.map((row) => ({
        accountId: row.id,
        organizationId: row.organization_id,
        userId: row.user_id,
        token: row.access_token,
        refreshToken: row.refreshing_version === null ? null : row.refresh_token,
        keyId: row.token_key_id,
      })),
      ...kept,
    ]);
    await insertAuditOfOthers(tx, at, revocation, [
      ...rows.map((row) => row.organization_id),
      ...kept.map((token) => token.organizationId),
    ]);
    for (const chunk of toChunks(rows, 500)) {
      const among = isIn(
        'id',
        chunk.map((row) => row.id),
      );
      await tx.run(
        `UPDATE account SET state = 'REVOKED', state_reason = NULL, access_token = NULL, refresh_token = NULL,
            token_key_id = NULL, access_expires_at = NULL, refreshing_version = NULL, lease_owner = NULL, lease_until = NULL, is_default = 0,
            closed_at = ?, updated_at = ?, token_version = token_version + 1
          WHERE ${among.sql}`,
        [at, at, ...among.params],
      );
      await releaseKeptTokens(
        tx,
        revocation.id,
        chunk.map((row) => row.id),
        at,
      );
      // SQLite works in this thread: whoever reads must not wait for thousands.
      await letOthersRun();
    }
    // With all of a user's accounts closed there is nobody to hand the default to.
    if (selection.clinicId !== undefined || selection.accountId !== undefined) {
      for (const row of rows) {
        if (row.is_default === 1) await settleDefault(tx, row.organization_id, row.user_id);
      }
    }
    return {
      total,
      accounts: rows.map((row) => ({
        id: row.id,
        organizationId: row.organization_id,
        userId: row.user_id,
        clinicId: row.clinic_id,
      })),
    };
  });
}

/** A row in the audit of each organization concerned, for what its own audit would otherwise not know of. The requester's own is written by whoever asked. */
async function insertAuditOfOthers(
  tx: Transaction,
  at: string,
  revocation: NewRevocation,
  organizationIds: readonly string[],
): Promise<void> {
  const { requestId, requestedBy } = revocation;
  if (requestId === undefined) return;
  const others = [...new Set(organizationIds)].filter((id) => id !== revocation.organizationId).sort();
  await insertAuditEntries(
    tx,
    others.map((organizationId) => ({
      organizationId,
      at,
      userId: requestedBy,
      action: 'revoke_all' as const,
      patientId: null,
      subject: 'all organizations',
      outcome: 'ok' as const,
      requestId,
    })),
  );
}
