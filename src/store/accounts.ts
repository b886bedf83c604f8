import type { Account, AuthorizationState, FullscriptEnvironment, FullscriptUserType } from '../domain/account.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import { forUpdate, isIn, placeholders, readJson, toChunks, toGroups } from './conditions.ts';
import type { Database, SqlValue, Transaction } from './database.ts';
import { isDuplicate } from './database-failure.ts';
import type { AccountRow } from './entities/account.ts';
import { createId } from './ids.ts';
import { toClinicKey, toRowKey, type ClinicRef } from './keys.ts';
import { insertMetadataTask } from './metadata-tasks.ts';
import { insertRevokedTokens, releaseKeptTokens, takeKeptAuthorizations } from './revoked-tokens.ts';
import { decryptOrNull, UndecryptableError, type Secrets } from './secrets.ts';

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
   * The tokens of an ACTIVE account; null when it is unknown, revoked or withdrawn. Tokens that no configured key opens make
   * the account RECONNECT_REQUIRED, log an error and give null.
   */
  find(accountId: string): Promise<StoredTokens | null>;
  /** Takes the right to refresh for `leaseMs`; false while somebody else holds it or the account is not ACTIVE. */
  acquireLease(accountId: string, owner: string, leaseMs: number): Promise<boolean>;
  /** Gives the right back, if `owner` still holds it. */
  releaseLease(accountId: string, owner: string): Promise<void>;
  /** Stores a new pair if the version is still `expectedVersion` and the account ACTIVE; false when somebody was faster. */
  saveRefreshed(accountId: string, expectedVersion: number, pair: NewTokens): Promise<boolean>;
  /** Marks the authorization RECONNECT_REQUIRED, if the version is still `expectedVersion` and the account ACTIVE. */
  markWithdrawn(accountId: string, expectedVersion: number, reason: string): Promise<void>;
  /** Notes that a 403 showed `scope` to be missing. */
  markDenied(accountId: string, scope: string): Promise<void>;
  /** Notes that Fullscript accepted the authorization at `at`; older instants change nothing. */
  markVerified(accountId: string, at: string): Promise<void>;
  /**
   * Takes a live pair that nobody uses: it is queued for revocation at once when the account is closed, otherwise as soon as it is
   * closed or connected again.
   */
  keepForRevocation(accountId: string, pair: Pick<NewTokens, 'accessToken'>): Promise<void>;
}

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
}

/** Thrown by `connect` when its state was used up meanwhile; the new token is queued for revocation then. */
export class ConnectStateUsedError extends Error {
  constructor() {
    super('The connect state was used up before the account was stored');
    this.name = 'ConnectStateUsedError';
  }
}

/**
 * Which live authorizations to close; nothing given means all organizations. What connect states keep has no account and no clinic yet, so
 * it is closed along with a user, an organization or all, not with one clinic or account.
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
}

/** What `close` did. */
export interface Closed {
  /** Authorizations closed, each of which Fullscript must confirm. */
  total: number;
  accounts: readonly Pick<Account, 'id' | 'organizationId' | 'userId' | 'clinicId'>[];
}

export interface Accounts extends AccountTokens {
  /** A user's accounts, revoked ones left out: the default first, then the oldest. */
  findByUser(organizationId: string, userId: string): Promise<Account[]>;
  /** The same for several users at once, by user id; users without any are missing from the map. One statement. */
  findByUsers(organizationId: string, userIds: readonly string[]): Promise<Map<string, Account[]>>;
  /** The accounts of EMR practitioners, revoked ones left out, by practitioner id: the default first, then the oldest. One statement. */
  findByPractitioners(organizationId: string, practitionerIds: readonly string[]): Promise<Map<string, Account[]>>;
  /**
   * The EMR practitioners behind Fullscript users, known from their connections, revoked ones too; keyed by `toRowKey(clinicId, fullscriptUserId)`.
   * One statement.
   */
  findPractitionerIds(
    organizationId: string,
    users: readonly { clinicId: string; fullscriptUserId: string }[],
  ): Promise<Map<string, string>>;
  /** An account of the organization, a revoked one too. */
  findById(organizationId: string, id: string): Promise<Account | null>;
  /** Accounts of the organization by id, revoked ones too; unknown ids are missing from the map. One statement. */
  findByIds(organizationId: string, ids: readonly string[]): Promise<Map<string, Account>>;
  /** Accounts of the organization that are not revoked, newest connection first. */
  list(
    organizationId: string,
    options: { page: PageRequest; states?: readonly AuthorizationState[] | undefined },
  ): Promise<Page<Account>>;
  /** Every account of the organization that is not revoked, newest connection first, at most `limit`. */
  listAll(organizationId: string, limit: number): Promise<Account[]>;
  /** ACTIVE accounts of a clinic, the one that Fullscript accepted last first. */
  findLiveByClinic(clinicKey: string): Promise<Account[]>;
  /** Every (organization, clinic) that has an ACTIVE account. */
  listLiveClinics(): Promise<(ClinicRef & { clinicKey: string })[]>;
  /** ACTIVE accounts, of all organizations, that Fullscript has not accepted since `before`; those waiting longest first. */
  findUnverifiedSince(before: string, limit: number): Promise<Account[]>;
  /** How many accounts are in each state, over all organizations, for metrics. */
  countByState(): Promise<Record<AuthorizationState, number>>;
  /**
   * Stores a fresh authorization. Connecting again to the same clinic keeps the account's id and queues the old access token
   * for revocation (`replacedToken`). The user's first account becomes the default. Throws `ConnectStateUsedError` when a state is
   * given that was used up.
   */
  connect(connection: NewConnection): Promise<{ account: Account; replacedToken: boolean }>;
  /** Makes the clinic the user's default; false when the user has no account there (revoked counts as none). */
  setDefault(organizationId: string, userId: string, clinicId: string): Promise<boolean>;
  /**
   * Closes every live authorization selected, in one transaction, also those that connect states still keep: a revocation with one token each to be confirmed, tokens and
   * leases gone from the accounts, the default handed to the oldest one that is left. With none to close the revocation is finished at once.
   */
  close(selection: CloseSelection, revocation: NewRevocation): Promise<Closed>;
  /** Forgets every scope noted as missing, since Fullscript has accepted the authorization for all it asks. */
  clearDenied(accountId: string): Promise<void>;
  /** Encrypts again, with the first key, up to `limit` rows that another key holds; gives how many it did, 0 when nothing is left. */
  reencrypt(limit: number): Promise<number>;
}

/** How often a write is begun again after somebody else inserted the same row first. */
const insertAttempts = 3;

const accountColumns = `id, organization_id, user_id, practitioner_id, environment, fullscript_user_id, user_type, clinic_id, state,
  state_reason, is_default, scopes, denied_scopes, connected_at, verified_at, token_key_id`;

type ReadAccountRow = Pick<
  AccountRow,
  | 'id'
  | 'organization_id'
  | 'user_id'
  | 'practitioner_id'
  | 'environment'
  | 'fullscript_user_id'
  | 'user_type'
  | 'clinic_id'
  | 'state'
  | 'state_reason'
  | 'is_default'
  | 'scopes'
  | 'denied_scopes'
  | 'connected_at'
  | 'verified_at'
  | 'token_key_id'
>;

/** Why an account is withdrawn whose tokens no configured key opens. */
const undecryptable = 'The stored tokens cannot be decrypted: an encryption key is missing';

function toAccount(row: ReadAccountRow): Account {
  return {
    id: row.id,
    organizationId: row.organization_id,
    userId: row.user_id,
    practitionerId: row.practitioner_id,
    environment: row.environment as FullscriptEnvironment,
    fullscriptUserId: row.fullscript_user_id,
    userType: row.user_type as FullscriptUserType,
    clinicId: row.clinic_id,
    state: row.state as AuthorizationState,
    stateReason: row.state_reason,
    isDefault: row.is_default === 1,
    scopes: readJson(row.scopes) as string[],
    deniedScopes: readJson(row.denied_scopes) as string[],
    connectedAt: row.connected_at,
    verifiedAt: row.verified_at,
  };
}

/** Builds the queries on accounts and their tokens. */
export function createAccounts(
  db: Database,
  needs: {
    secrets: Secrets;
    now: () => Date;
    onError?: ((message: string, details: Readonly<Record<string, string>>) => void) | undefined;
  },
): Accounts {
  const { secrets } = needs;
  const now = (): string => needs.now().toISOString();
  const keyIds = new Set([secrets.currentKeyId, ...secrets.olderKeyIds]);
  const reported = new Set<string>();

  function reportUndecryptable(accountId: string): void {
    needs.onError?.('The tokens of a Fullscript account cannot be decrypted: an encryption key is missing', {
      accountId,
    });
  }

  /** An authorization whose key is not configured is worth nothing here, for as long as that is so; told once per process and account. */
  function readAccount(row: ReadAccountRow): Account {
    const account = toAccount(row);
    if (account.state !== 'ACTIVE' || row.token_key_id === null || keyIds.has(row.token_key_id)) return account;
    if (!reported.has(account.id)) {
      reported.add(account.id);
      reportUndecryptable(account.id);
    }
    return { ...account, state: 'RECONNECT_REQUIRED', stateReason: undecryptable };
  }

  async function findLive(column: string, organizationId: string, values: readonly string[]): Promise<Account[]> {
    if (values.length === 0) return [];
    const among = isIn(column, values);
    const rows = await db.read<ReadAccountRow>(
      `SELECT ${accountColumns} FROM account WHERE organization_id = ? AND ${among.sql} AND state <> 'REVOKED'
        ORDER BY is_default DESC, connected_at, id`,
      [organizationId, ...among.params],
    );
    return rows.map(readAccount);
  }

  /** Makes sure that a user with accounts has exactly one default; waits for others who change the same user's. */
  async function settleDefault(tx: Transaction, organizationId: string, userId: string): Promise<void> {
    const rows = await tx.read<Pick<AccountRow, 'id' | 'state' | 'is_default'>>(
      `SELECT id, state, is_default FROM account WHERE organization_id = ? AND user_id = ? AND state <> 'REVOKED'
        ORDER BY connected_at, id ${forUpdate(tx)}`,
      [organizationId, userId],
    );
    const chosen = rows.find((row) => row.is_default === 1) ?? rows.find((row) => row.state === 'ACTIVE') ?? rows[0];
    for (const row of rows) {
      const isDefault = row === chosen ? 1 : 0;
      if (row.is_default !== isDefault) {
        await tx.run('UPDATE account SET is_default = ? WHERE id = ?', [isDefault, row.id]);
      }
    }
  }

  async function connectOnce(connection: NewConnection, access: string, refresh: string) {
    const at = now();
    const { organizationId, userId, clinicId } = connection;
    return db.write(async (tx) => {
      const [known] = await tx.read<Pick<AccountRow, 'id' | 'access_token' | 'token_key_id'>>(
        `SELECT id, access_token, token_key_id FROM account
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
          { accountId: id, organizationId, userId, token: known.access_token, keyId: known.token_key_id },
        ]);
        await releaseKeptTokens(tx, [id], at);
      }
      await settleDefault(tx, organizationId, userId);
      const [row] = await tx.read<ReadAccountRow>(`SELECT ${accountColumns} FROM account WHERE id = ?`, [id]);
      if (row === undefined) throw new Error('The account that was just stored is not there');
      return { account: readAccount(row), replacedToken };
    });
  }

  /** Marks an account whose tokens no key opens; the version guards against a connection made meanwhile. */
  async function markUndecryptable(accountId: string, version: number): Promise<void> {
    reportUndecryptable(accountId);
    await tokens.markWithdrawn(accountId, version, undecryptable);
  }

  const tokens: AccountTokens = {
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
        await markUndecryptable(accountId, row.token_version);
        return null;
      }
    },

    async acquireLease(accountId, owner, leaseMs) {
      const at = needs.now();
      const changed = await db.write((tx) =>
        tx.run(
          `UPDATE account SET lease_owner = ?, lease_until = ?
            WHERE id = ? AND state = 'ACTIVE' AND (lease_until IS NULL OR lease_until <= ? OR lease_owner = ?)`,
          [owner, new Date(at.getTime() + leaseMs).toISOString(), accountId, at.toISOString(), owner],
        ),
      );
      return changed === 1;
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
        if (changed === 1) return true;
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
        return false;
      });
    },

    async markWithdrawn(accountId, expectedVersion, reason) {
      await db.write((tx) =>
        tx.run(
          `UPDATE account SET state = 'RECONNECT_REQUIRED', state_reason = ?, updated_at = ?
            WHERE id = ? AND state = 'ACTIVE' AND token_version = ?`,
          [reason, now(), accountId, expectedVersion],
        ),
      );
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

    async markVerified(accountId, at) {
      await db.write((tx) =>
        tx.run('UPDATE account SET verified_at = ? WHERE id = ? AND (verified_at IS NULL OR verified_at < ?)', [
          at,
          accountId,
          at,
        ]),
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

  return {
    ...tokens,

    findByUser: (organizationId, userId) => findLive('user_id', organizationId, [userId]),

    async findByUsers(organizationId, userIds) {
      return toGroups(await findLive('user_id', organizationId, userIds), (account) => account.userId);
    },

    async findByPractitioners(organizationId, practitionerIds) {
      const accounts = await findLive('practitioner_id', organizationId, practitionerIds);
      return toGroups(accounts, (account) => account.practitionerId ?? '');
    },

    async findPractitionerIds(organizationId, users) {
      if (users.length === 0) return new Map();
      const among = isIn(
        'fullscript_user_id',
        users.map(({ fullscriptUserId }) => fullscriptUserId),
      );
      const rows = await db.read<{ clinic_id: string; fullscript_user_id: string; practitioner_id: string }>(
        `SELECT clinic_id, fullscript_user_id, practitioner_id FROM account
          WHERE organization_id = ? AND ${among.sql} AND practitioner_id IS NOT NULL`,
        [organizationId, ...among.params],
      );
      return new Map(rows.map((row) => [toRowKey(row.clinic_id, row.fullscript_user_id), row.practitioner_id]));
    },

    async findById(organizationId, id) {
      const [row] = await db.read<ReadAccountRow>(
        `SELECT ${accountColumns} FROM account WHERE id = ? AND organization_id = ?`,
        [id, organizationId],
      );
      return row === undefined ? null : readAccount(row);
    },

    async findByIds(organizationId, ids) {
      if (ids.length === 0) return new Map();
      const among = isIn('id', ids);
      const rows = await db.read<ReadAccountRow>(
        `SELECT ${accountColumns} FROM account WHERE ${among.sql} AND organization_id = ?`,
        [...among.params, organizationId],
      );
      return new Map(rows.map((row) => [row.id, readAccount(row)]));
    },

    async list(organizationId, { page, states = ['ACTIVE', 'RECONNECT_REQUIRED'] }) {
      if (states.length === 0) return { rows: [], hasNextPage: false, hasPreviousPage: false, totalCount: 0 };
      const among = isIn('state', states);
      const [counted] = await db.read<{ total: number }>(
        `SELECT COUNT(*) AS total FROM account WHERE organization_id = ? AND ${among.sql}`,
        [organizationId, ...among.params],
      );
      const behind = page.after === null ? '' : 'AND (connected_at < ? OR (connected_at = ? AND id < ?))';
      const rows = await db.read<ReadAccountRow>(
        `SELECT ${accountColumns} FROM account WHERE organization_id = ? AND ${among.sql} ${behind}
          ORDER BY connected_at DESC, id DESC LIMIT ${String(page.first + 1)}`,
        [
          organizationId,
          ...among.params,
          ...(page.after === null ? [] : [page.after.at, page.after.at, page.after.id]),
        ],
      );
      return {
        rows: rows.slice(0, page.first).map(readAccount),
        hasNextPage: rows.length > page.first,
        hasPreviousPage: page.after !== null,
        totalCount: counted?.total ?? 0,
      };
    },

    async listAll(organizationId, limit) {
      const rows = await db.read<ReadAccountRow>(
        `SELECT ${accountColumns} FROM account WHERE organization_id = ? AND state <> 'REVOKED'
          ORDER BY connected_at DESC, id DESC LIMIT ${String(Math.max(1, Math.trunc(limit)))}`,
        [organizationId],
      );
      return rows.map(readAccount);
    },

    async findLiveByClinic(clinicKey) {
      const rows = await db.read<ReadAccountRow>(
        `SELECT ${accountColumns} FROM account WHERE clinic_key = ? AND state = 'ACTIVE' ORDER BY verified_at DESC, id`,
        [clinicKey],
      );
      return rows.map(readAccount);
    },

    async listLiveClinics() {
      const rows = await db.read<Pick<AccountRow, 'organization_id' | 'clinic_id' | 'clinic_key'>>(
        "SELECT DISTINCT organization_id, clinic_id, clinic_key FROM account WHERE state = 'ACTIVE' ORDER BY clinic_key",
      );
      return rows.map((row) => ({
        organizationId: row.organization_id,
        clinicId: row.clinic_id,
        clinicKey: row.clinic_key,
      }));
    },

    async findUnverifiedSince(before, limit) {
      const rows = await db.read<ReadAccountRow>(
        `SELECT ${accountColumns} FROM account WHERE state = 'ACTIVE' AND verified_at < ?
          ORDER BY verified_at, id LIMIT ${String(Math.max(1, Math.trunc(limit)))}`,
        [before],
      );
      return rows.map(readAccount);
    },

    async countByState() {
      const rows = await db.read<{ state: AuthorizationState; total: number }>(
        'SELECT state, COUNT(*) AS total FROM account GROUP BY state',
      );
      const counts: Record<AuthorizationState, number> = { ACTIVE: 0, RECONNECT_REQUIRED: 0, REVOKED: 0 };
      for (const row of rows) counts[row.state] = row.total;
      return counts;
    },

    async connect(connection) {
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
    },

    setDefault(organizationId, userId, clinicId) {
      return db.write(async (tx) => {
        const rows = await tx.read<Pick<AccountRow, 'id' | 'clinic_id'>>(
          `SELECT id, clinic_id FROM account WHERE organization_id = ? AND user_id = ? AND state <> 'REVOKED'
            ORDER BY id ${forUpdate(tx)}`,
          [organizationId, userId],
        );
        const chosen = rows.find((row) => row.clinic_id === clinicId);
        if (chosen === undefined) return false;
        for (const row of rows) {
          await tx.run('UPDATE account SET is_default = ? WHERE id = ?', [row === chosen ? 1 : 0, row.id]);
        }
        return true;
      });
    },

    close(selection, revocation) {
      const conditions: [string, string][] = [];
      if (selection.organizationId !== undefined) conditions.push(['organization_id = ?', selection.organizationId]);
      if (selection.userId !== undefined) conditions.push(['user_id = ?', selection.userId]);
      if (selection.clinicId !== undefined) conditions.push(['clinic_id = ?', selection.clinicId]);
      if (selection.accountId !== undefined) conditions.push(['id = ?', selection.accountId]);
      const whole = selection.clinicId === undefined && selection.accountId === undefined;
      const at = now();
      return db.write(async (tx) => {
        const rows = await tx.read<
          Pick<
            AccountRow,
            'id' | 'organization_id' | 'user_id' | 'clinic_id' | 'access_token' | 'token_key_id' | 'is_default'
          >
        >(
          `SELECT id, organization_id, user_id, clinic_id, access_token, token_key_id, is_default FROM account
            WHERE ${["state <> 'REVOKED'", ...conditions.map(([sql]) => sql)].join(' AND ')} ORDER BY id ${forUpdate(tx)}`,
          conditions.map(([, value]) => value),
        );
        const kept = whole
          ? await takeKeptAuthorizations(
              tx,
              {
                sql: ['1 = 1', ...conditions.map(([sql]) => sql)].join(' AND '),
                params: conditions.map(([, value]) => value),
              },
              at,
            )
          : [];
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
            keyId: row.token_key_id,
          })),
          ...kept,
        ]);
        for (const chunk of toChunks(rows, 1000)) {
          const among = isIn(
            'id',
            chunk.map((row) => row.id),
          );
          await tx.run(
            `UPDATE account SET state = 'REVOKED', state_reason = NULL, access_token = NULL, refresh_token = NULL,
                token_key_id = NULL, access_expires_at = NULL, lease_owner = NULL, lease_until = NULL, is_default = 0,
                closed_at = ?, updated_at = ?, token_version = token_version + 1
              WHERE ${among.sql}`,
            [at, at, ...among.params],
          );
          await releaseKeptTokens(
            tx,
            chunk.map((row) => row.id),
            at,
          );
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
    },

    async clearDenied(accountId) {
      await db.write((tx) => tx.run("UPDATE account SET denied_scopes = '[]' WHERE id = ?", [accountId]));
    },

    async reencrypt(limit) {
      if (secrets.olderKeyIds.length === 0) return 0;
      let done = 0;
      for (const place of encryptedPlaces) {
        if (done >= limit) break;
        const among = isIn(place.keyColumn, secrets.olderKeyIds);
        const rows = await db.read<Record<string, string | null>>(
          `SELECT ${place.idColumn} AS id, ${place.columns.join(', ')} FROM ${place.table}
            WHERE ${among.sql} ORDER BY ${place.idColumn} LIMIT ${String(Math.max(1, Math.trunc(limit - done)))}`,
          among.params,
        );
        for (const row of rows) {
          if (await reencryptRow(db, secrets, place, row)) done += 1;
        }
      }
      return done;
    },
  };
}

/** Where encrypted texts are kept. */
const encryptedPlaces = [
  { table: 'account', idColumn: 'id', keyColumn: 'token_key_id', columns: ['access_token', 'refresh_token'] },
  { table: 'revoked_token', idColumn: 'id', keyColumn: 'token_key_id', columns: ['token'] },
  {
    table: 'connect_state',
    idColumn: 'state_hash',
    keyColumn: 'exchanged_key_id',
    columns: ['exchanged', 'exchanged_token'],
  },
] as const;

async function reencryptRow(
  db: Database,
  secrets: Secrets,
  place: (typeof encryptedPlaces)[number],
  row: Record<string, string | null>,
): Promise<boolean> {
  const set: string[] = [];
  const unchanged: string[] = [];
  const fresh: SqlValue[] = [];
  const old: SqlValue[] = [];
  for (const column of place.columns) {
    const text = row[column];
    if (text === null || text === undefined) continue;
    try {
      fresh.push(await secrets.encrypt(await secrets.decrypt(text)));
    } catch (error) {
      if (error instanceof UndecryptableError) return false;
      throw error;
    }
    set.push(`${column} = ?`);
    unchanged.push(`${column} = ?`);
    old.push(text);
  }
  // What changed meanwhile was encrypted with the first key then.
  const changed = await db.write((tx) =>
    tx.run(
      `UPDATE ${place.table} SET ${[...set, `${place.keyColumn} = ?`].join(', ')}
        WHERE ${[`${place.idColumn} = ?`, ...unchanged].join(' AND ')}`,
      [...fresh, secrets.currentKeyId, row['id'] ?? null, ...old],
    ),
  );
  return changed === 1;
}
