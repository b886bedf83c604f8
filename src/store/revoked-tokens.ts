import { setImmediate as letOthersRun } from 'node:timers/promises';
import { isIn, forUpdate, placeholders, toChunks, type Condition } from './conditions.ts';
import type { SqlValue, Transaction } from './database.ts';
import type { ConnectStateRow } from './entities/connect-state.ts';
import { createId } from './ids.ts';

/** A token, already encrypted, that nobody here uses any more and that Fullscript still honours. */
export interface UnusedToken {
  /** Null when it never belonged to an account. */
  accountId: string | null;
  organizationId: string;
  userId: string;
  token: string | null;
  /** Given when Fullscript may honour pairs of the same authorization that nobody knows: it ends them. Encrypted like `token`. */
  refreshToken?: string | null | undefined;
  keyId: string | null;
}

/** So few at once are one person's; they are due before the thousands that somebody may have queued during the last hour. */
const few = 10;
const aheadMs = 3_600_000;

/**
 * Queues tokens for being revoked at Fullscript; KEPT ones wait until their account is closed or connected again. A few go ahead of many: who revokes
 * their own must not wait until Fullscript has confirmed everybody's.
 */
export async function insertRevokedTokens(
  tx: Transaction,
  revocationId: string | null,
  at: string,
  tokens: readonly UnusedToken[],
  state: 'PENDING' | 'KEPT' = 'PENDING',
): Promise<void> {
  const columns =
    'id, revocation_id, account_id, organization_id, user_id, token, refresh_token, token_key_id, state, attempts, run_at, created_at';
  const runAt = tokens.length <= few ? new Date(Date.parse(at) - aheadMs).toISOString() : at;
  for (const chunk of toChunks(tokens, 500)) {
    await tx.run(
      `INSERT INTO revoked_token (${columns}) VALUES ${chunk.map(() => `(${placeholders(12)})`).join(',')}`,
      chunk.flatMap((token) => [
        createId(),
        revocationId,
        token.accountId,
        token.organizationId,
        token.userId,
        token.token,
        token.refreshToken ?? null,
        token.keyId,
        state,
        0,
        runAt,
        at,
      ]),
    );
    // SQLite works in this thread: whoever reads must not wait for thousands.
    await letOthersRun();
  }
}

/** Queues the tokens that were waiting for their accounts to be closed; as part of the revocation, if one closes them. */
export async function releaseKeptTokens(
  tx: Transaction,
  revocationId: string | null,
  accountIds: readonly string[],
  at: string,
): Promise<void> {
  const among = isIn('account_id', accountIds);
  await tx.run(
    `UPDATE revoked_token SET state = 'PENDING', run_at = ?, revocation_id = ? WHERE ${among.sql} AND state = 'KEPT'`,
    [at, revocationId, ...among.params],
  );
}

/**
 * Uses up the selected connect states that are still open, so that nobody can complete them any more. Gives how many, and the tokens of those that keep an
 * authorization which became no account: they have to be revoked.
 */
export async function useUpConnectStates(
  tx: Transaction,
  selection: Condition,
  usedAt: string,
): Promise<{ used: number; kept: UnusedToken[] }> {
  // First without locks, then the few by their keys: locking by anything else would stop everybody who is connecting.
  const found = await tx.read<Pick<ConnectStateRow, 'state_hash'>>(
    `SELECT state_hash FROM connect_state WHERE used_at IS NULL AND ${selection.sql} ORDER BY state_hash`,
    selection.params,
  );
  let used = 0;
  const kept: UnusedToken[] = [];
  for (const chunk of toChunks(found, 500)) {
    const among = isIn(
      'state_hash',
      chunk.map((row) => row.state_hash),
    );
    const rows = await tx.read<
      Pick<ConnectStateRow, 'organization_id' | 'user_id' | 'exchanged_token' | 'exchanged_key_id'>
    >(
      `SELECT organization_id, user_id, exchanged_token, exchanged_key_id FROM connect_state
        WHERE ${among.sql} AND used_at IS NULL ${forUpdate(tx)}`,
      among.params,
    );
    const params: SqlValue[] = [usedAt, ...among.params];
    await tx.run(
      `UPDATE connect_state SET used_at = ?, exchanged = NULL, exchanged_token = NULL, exchanged_key_id = NULL
        WHERE ${among.sql} AND used_at IS NULL`,
      params,
    );
    used += rows.length;
    for (const row of rows) {
      if (row.exchanged_token === null) continue;
      kept.push({
        accountId: null,
        organizationId: row.organization_id,
        userId: row.user_id,
        token: row.exchanged_token,
        keyId: row.exchanged_key_id,
      });
    }
  }
  return { used, kept };
}
