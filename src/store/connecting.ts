import type { Account, FullscriptEnvironment, FullscriptUserType } from '../domain/account.ts';
import { accountColumns, type AccountReading, type ReadAccountRow } from './account-row.ts';
import type { NewTokens } from './account-tokens.ts';
import { insertAuditEntries } from './audit.ts';
import { forUpdate, placeholders } from './conditions.ts';
import type { Database } from './database.ts';
import { isDuplicate } from './database-failure.ts';
import { settleDefault } from './default-account.ts';
import type { AccountRow } from './entities/account.ts';
import { createId } from './ids.ts';
import { toClinicKey } from './keys.ts';
import { insertMetadataTask } from './metadata-tasks.ts';
import { insertRevokedTokens, releaseKeptTokens } from './revoked-tokens.ts';
import { decryptOrNull, type Secrets } from './secrets.ts';

export interface NewConnection {
  organizationId: string;
  userId: string;
  practitionerId: string | null;
  environment: FullscriptEnvironment;
  fullscriptUserId: string;
  userType: FullscriptUserType;
  clinicId: string;
  tokens: NewTokens;
  /** The connect state that this completes, used up in the same transaction; without one nothing is checked. */
  stateHash?: string | undefined;
  /** Our id of the practitioner, to be written to Fullscript; the task is stored in the same transaction. */
  metadataId?: string | null | undefined;
  /** The request in which they connected: the row of the audit, with the account as its subject, is stored in the same transaction. */
  requestId?: string | undefined;
}

/** Thrown by `connect` when its state was used up meanwhile; the new token is queued for revocation then. */
export class ConnectStateUsedError extends Error {
  constructor() {
    super('The connect state was used up before the account was stored');
    this.name = 'ConnectStateUsedError';
  }
}

/** How often a write is begun again after somebody else inserted the same row first. */
const insertAttempts = 3;

/** Makes the step that stores a fresh authorization. */
export function createConnect(
  db: Database,
  needs: { secrets: Secrets; now: () => Date; reading: AccountReading },
): (connection: NewConnection) => Promise<{ account: Account; replacedToken: boolean }> {
  const { secrets } = needs;
  const now = (): string => needs.now().toISOString();

  async function connectOnce(connection: NewConnection, access: string, refresh: string) {
    const at = now();
    const { organizationId, userId, clinicId } = connection;
    return db.write(async (tx) => {
      const [known] = await tx.read<
        Pick<AccountRow, 'id' | 'access_token' | 'refresh_token' | 'refreshing_version' | 'token_key_id'>
      >(
        `SELECT id, access_token, refresh_token, refreshing_version, token_key_id FROM account
          WHERE organization_id = ? AND user_id = ? AND clinic_id = ? ${forUpdate(tx)}`,
        [organizationId, userId, clinicId],
      );
      const usedUp =
        connection.stateHash !== undefined &&
        (await tx.run(
          `UPDATE connect_state SET used_at = ?, exchanged = NULL, exchanged_token = NULL, exchanged_key_id = NULL
            WHERE state_hash = ? AND used_at IS NULL`,
          [at, connection.stateHash],
        )) === 0;
      const isSameToken =
        known !== undefined &&
        known.access_token !== null &&
        (await decryptOrNull(secrets, known.access_token)) === connection.tokens.accessToken;
      if (usedUp) {
        if (!isSameToken) {
          await insertRevokedTokens(tx, null, at, [
            { accountId: known?.id ?? null, organizationId, userId, token: access, keyId: secrets.currentKeyId },
          ]);
        }
        return null;
      }
      const id = known?.id ?? createId();
      const values = {
        practitioner_id: connection.practitionerId,
        environment: connection.environment,
        fullscript_user_id: connection.fullscriptUserId,
        user_type: connection.userType,
        scopes: JSON.stringify(connection.tokens.scopes),
        denied_scopes: '[]',
        state: 'ACTIVE',
        state_reason: null,
        connected_at: at,
        verified_at: at,
        closed_at: null,
        access_token: access,
        refresh_token: refresh,
        token_key_id: secrets.currentKeyId,
        access_expires_at: connection.tokens.expiresAt,
        refreshing_version: null,
        lease_owner: null,
        lease_until: null,
        updated_at: at,
      };
      if (known === undefined) {
        const columns = [
          ...Object.keys(values),
          'id',
          'organization_id',
          'user_id',
          'clinic_id',
          'clinic_key',
          'is_default',
          'token_version',
        ];
        await tx.run(`INSERT INTO account (${columns.join(', ')}) VALUES (${placeholders(columns.length)})`, [
          ...Object.values(values),
          id,
          organizationId,
          userId,
          clinicId,
          toClinicKey(organizationId, clinicId),
          0,
          1,
        ]);
      } else {
        const set = Object.keys(values).map((column) => `${column} = ?`);
        await tx.run(`UPDATE account SET ${set.join(', ')}, token_version = token_version + 1 WHERE id = ?`, [
          ...Object.values(values),
          id,
        ]);
      }
      if (typeof connection.metadataId === 'string') {
        await insertMetadataTask(
          tx,
          {
            organizationId,
            clinicId,
            kind: 'practitioner',
            fullscriptId: connection.fullscriptUserId,
            value: connection.metadataId,
            runAt: at,
          },
          at,
        );
      }
      const replacedToken = known !== undefined && known.access_token !== null && !isSameToken;
      if (replacedToken) {
        await insertRevokedTokens(tx, null, at, [
          {
            accountId: id,
            organizationId,
            userId,
            token: known.access_token,
            refreshToken: known.refreshing_version === null ? null : known.refresh_token,
            keyId: known.token_key_id,
          },
        ]);
        await releaseKeptTokens(tx, null, [id], at);
      }
      if (connection.requestId !== undefined) {
        await insertAuditEntries(tx, [
          {
            organizationId,
            at,
            userId,
            action: 'connect',
            patientId: null,
            subject: id,
            outcome: 'ok',
            requestId: connection.requestId,
          },
        ]);
      }
      await settleDefault(tx, organizationId, userId);
      const [row] = await tx.read<ReadAccountRow>(`SELECT ${accountColumns} FROM account WHERE id = ?`, [id]);
      if (row === undefined) throw new Error('The account that was just stored is not there');
      return { account: needs.reading.read(row), replacedToken };
    });
  }

  return async (connection) => {
    const access = await secrets.encrypt(connection.tokens.accessToken);
    const refresh = await secrets.encrypt(connection.tokens.refreshToken);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const connected = await connectOnce(connection, access, refresh);
        if (connected === null) throw new ConnectStateUsedError();
        return connected;
      } catch (error) {
        // The same user connected the same clinic in another request at this moment: now the row is there.
        if (!isDuplicate(error) || attempt >= insertAttempts) throw error;
      }
    }
  };
}
