import { forUpdate, readJson } from './conditions.ts';
import type { AccountReading } from './account-row.ts';
import type { Database } from './database.ts';
import type { AccountRow } from './entities/account.ts';
import { insertRevokedTokens } from './revoked-tokens.ts';
import { UndecryptableError, type Secrets } from './secrets.ts';

/** What Fullscript hands out for one authorization. */
export interface NewTokens {
  accessToken: string;
  refreshToken: string;
  /** When the access token ends. */
  expiresAt: string;
  scopes: readonly string[];
}

/** The tokens of an account; `version` counts their changes, for compare-and-set. */
export interface StoredTokens {
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
  scopes: string[];
  version: number;
}

/** The store's side of keeping tokens fresh; the room that speaks to Fullscript declares the same port. */
export interface AccountTokens {
  /**
   * The tokens of an ACTIVE account; null when it is unknown, revoked or withdrawn. Tokens that no configured key opens are logged as an
   * error and give null; the account is RECONNECT_REQUIRED to this process then, and stays as it is in the database.
   */
  find(accountId: string): Promise<StoredTokens | null>;
  /** The version of an ACTIVE account's tokens, and until when somebody has the right to refresh them; null as for `find`. */
  findRefresh(accountId: string): Promise<{ version: number; leasedUntil: string | null } | null>;
  /**
   * Takes the right to refresh for `leaseMs`, if it is still the one that was seen to end at `seenUntil` (null: nobody's); false when somebody took or
   * prolonged it meanwhile, or when the account is not ACTIVE.
   */
  acquireLease(accountId: string, owner: string, leaseMs: number, seenUntil: string | null): Promise<boolean>;
  /** Lets the right last for another `leaseMs` from now, if `owner` still holds it. */
  prolongLease(accountId: string, owner: string, leaseMs: number): Promise<void>;
  /** Gives the right back, if `owner` still holds it. */
  releaseLease(accountId: string, owner: string): Promise<void>;
  /**
   * Stores a new pair if the version is still `expectedVersion` and the account ACTIVE. `closed` when the account is revoked (then the pair is queued for
   * revocation) or unknown, `superseded` in all other cases.
   */
  saveRefreshed(
    accountId: string,
    expectedVersion: number,
    pair: NewTokens,
  ): Promise<'saved' | 'superseded' | 'closed'>;
  /** Marks the authorization RECONNECT_REQUIRED, if the version is still `expectedVersion` and the account ACTIVE; false when it was not. */
  markWithdrawn(accountId: string, expectedVersion: number, reason: string): Promise<boolean>;
  /** Notes that a 403 showed `scope` to be missing. */
  markDenied(accountId: string, scope: string): Promise<void>;
  /**
   * Notes that Fullscript accepted the authorization at `at`; older instants change nothing. With the version of the pair that was used: when it came of a
   * refresh, all pairs before it have ended.
   */
  markVerified(accountId: string, at: string, version?: number): Promise<void>;
  /**
   * Takes a live pair that nobody uses: it is queued for revocation at once when the account is closed, otherwise as soon as it is
   * closed or connected again.
   */
  keepForRevocation(accountId: string, pair: Pick<NewTokens, 'accessToken'>): Promise<void>;
}

/** Builds the queries on accounts' tokens. */
export function createAccountTokens(
  db: Database,
  needs: { secrets: Secrets; now: () => Date; reading: AccountReading },
): AccountTokens {
  const { secrets } = needs;
  const now = (): string => needs.now().toISOString();
  const toLeaseEnd = (leaseMs: number): string => new Date(needs.now().getTime() + leaseMs).toISOString();

  return {
    async find(accountId) {
      const [row] = await db.read<
        Pick<AccountRow, 'access_token' | 'refresh_token' | 'access_expires_at' | 'scopes' | 'token_version'>
      >(
        `SELECT access_token, refresh_token, access_expires_at, scopes, token_version FROM account
          WHERE id = ? AND state = 'ACTIVE'`,
        [accountId],
      );
      if (row === undefined || row.access_token === null || row.refresh_token === null) return null;
      try {
        return {
          accessToken: await secrets.decrypt(row.access_token),
          refreshToken: await secrets.decrypt(row.refresh_token),
          expiresAt: row.access_expires_at ?? '1970-01-01T00:00:00.000Z',
          scopes: readJson(row.scopes) as string[],
          version: row.token_version,
        };
      } catch (error) {
        if (!(error instanceof UndecryptableError)) throw error;
        needs.reading.noteUndecryptable({ id: accountId, token_version: row.token_version });
        return null;
      }
    },

    async findRefresh(accountId) {
      const [row] = await db.read<Pick<AccountRow, 'token_version' | 'lease_until'>>(
        "SELECT token_version, lease_until FROM account WHERE id = ? AND state = 'ACTIVE'",
        [accountId],
      );
      return row === undefined ? null : { version: row.token_version, leasedUntil: row.lease_until };
    },

    async acquireLease(accountId, owner, leaseMs, seenUntil) {
      const changed = await db.write((tx) =>
        tx.run(
          `UPDATE account SET lease_owner = ?, lease_until = ?, refreshing_version = token_version
            WHERE id = ? AND state = 'ACTIVE' AND ${seenUntil === null ? 'lease_until IS NULL' : 'lease_until = ?'}`,
          [owner, toLeaseEnd(leaseMs), accountId, ...(seenUntil === null ? [] : [seenUntil])],
        ),
      );
      return changed === 1;
    },

    async prolongLease(accountId, owner, leaseMs) {
      await db.write((tx) =>
        tx.run('UPDATE account SET lease_until = ? WHERE id = ? AND lease_owner = ?', [
          toLeaseEnd(leaseMs),
          accountId,
          owner,
        ]),
      );
    },

    async releaseLease(accountId, owner) {
      await db.write((tx) =>
        tx.run('UPDATE account SET lease_owner = NULL, lease_until = NULL WHERE id = ? AND lease_owner = ?', [
          accountId,
          owner,
        ]),
      );
    },

    async saveRefreshed(accountId, expectedVersion, pair) {
      const at = now();
      const access = await secrets.encrypt(pair.accessToken);
      const refresh = await secrets.encrypt(pair.refreshToken);
      return db.write(async (tx) => {
        const changed = await tx.run(
          `UPDATE account SET access_token = ?, refresh_token = ?, token_key_id = ?, access_expires_at = ?, scopes = ?,
              token_version = token_version + 1, verified_at = ?, updated_at = ?
            WHERE id = ? AND state = 'ACTIVE' AND token_version = ?`,
          [
            access,
            refresh,
            secrets.currentKeyId,
            pair.expiresAt,
            JSON.stringify(pair.scopes),
            at,
            at,
            accountId,
            expectedVersion,
          ],
        );
        if (changed === 1) return 'saved';
        // Closed while Fullscript was making this pair: it is alive there, so it has to be revoked as well.
        const [row] = await tx.read<Pick<AccountRow, 'organization_id' | 'user_id' | 'state'>>(
          'SELECT organization_id, user_id, state FROM account WHERE id = ?',
          [accountId],
        );
        if (row?.state === 'REVOKED') {
          await insertRevokedTokens(tx, null, at, [
            {
              accountId,
              organizationId: row.organization_id,
              userId: row.user_id,
              token: access,
              keyId: secrets.currentKeyId,
            },
          ]);
        }
        return row === undefined || row.state === 'REVOKED' ? 'closed' : 'superseded';
      });
    },

    async markWithdrawn(accountId, expectedVersion, reason) {
      const changed = await db.write((tx) =>
        tx.run(
          `UPDATE account SET state = 'RECONNECT_REQUIRED', state_reason = ?, updated_at = ?
            WHERE id = ? AND state = 'ACTIVE' AND token_version = ?`,
          [reason, now(), accountId, expectedVersion],
        ),
      );
      return changed === 1;
    },

    async markDenied(accountId, scope) {
      await db.write(async (tx) => {
        const [row] = await tx.read<Pick<AccountRow, 'denied_scopes'>>(
          `SELECT denied_scopes FROM account WHERE id = ? ${forUpdate(tx)}`,
          [accountId],
        );
        if (row === undefined) return;
        const denied = readJson(row.denied_scopes) as string[];
        if (denied.includes(scope)) return;
        await tx.run('UPDATE account SET denied_scopes = ?, updated_at = ? WHERE id = ?', [
          JSON.stringify([...denied, scope]),
          now(),
          accountId,
        ]);
      });
    },

    async markVerified(accountId, at, version = 0) {
      await db.write((tx) =>
        tx.run(
          `UPDATE account SET verified_at = CASE WHEN verified_at IS NULL OR verified_at < ? THEN ? ELSE verified_at END,
              refreshing_version = CASE WHEN refreshing_version < ? THEN NULL ELSE refreshing_version END
            WHERE id = ? AND (verified_at IS NULL OR verified_at < ? OR refreshing_version < ?)`,
          [at, at, version, accountId, at, version],
        ),
      );
    },

    async keepForRevocation(accountId, pair) {
      const at = now();
      const token = await secrets.encrypt(pair.accessToken);
      await db.write(async (tx) => {
        const [row] = await tx.read<Pick<AccountRow, 'organization_id' | 'user_id' | 'state'>>(
          `SELECT organization_id, user_id, state FROM account WHERE id = ? ${forUpdate(tx)}`,
          [accountId],
        );
        if (row === undefined) return;
        await insertRevokedTokens(
          tx,
          null,
          at,
          [
            {
              accountId,
              organizationId: row.organization_id,
              userId: row.user_id,
              token,
              keyId: secrets.currentKeyId,
            },
          ],
          row.state === 'REVOKED' ? 'PENDING' : 'KEPT',
        );
      });
    },
  };
}
