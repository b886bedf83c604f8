import type { Account, AuthorizationState, ConnectionStatus } from '../domain/account.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import { accountColumns, createAccountReading, type ReadAccountRow } from './account-row.ts';
import { createAccountTokens, type AccountTokens } from './account-tokens.ts';
import { closeAccounts, type Closed, type CloseSelection, type NewRevocation } from './closing.ts';
import { isIn, toGroups, type Condition } from './conditions.ts';
import { createConnect, type NewConnection } from './connecting.ts';
import type { Database } from './database.ts';
import { setDefault } from './default-account.ts';
import type { AccountRow } from './entities/account.ts';
import { toRowKey } from './keys.ts';
import { createLiveAccounts, isSwitchedOn, type LiveAccounts } from './live-accounts.ts';
import type { Secrets } from './secrets.ts';

/** Which accounts of an organization are asked for; what is left out does not matter. */
export interface AccountFilter {
  userId?: string | undefined;
  clinicId?: string | undefined;
}

/** The statuses that are asked for, among which missing scopes are told by what the deployment needs. */
export interface StatusFilter {
  statuses: readonly ConnectionStatus[];
  neededScopes: readonly string[];
}

/** The queries on accounts and their tokens. */
export interface Accounts extends AccountTokens, LiveAccounts {
  /** A user's accounts, revoked ones left out: the default first, then the oldest. */
  findByUser(organizationId: string, userId: string): Promise<Account[]>;
  /** As `findByUser` for several users, by user id. One statement. */
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
    options: AccountFilter & { page: PageRequest; states?: readonly AuthorizationState[] | undefined },
  ): Promise<Page<Account>>;
  /**
   * Every account of the organization that is not revoked, newest connection first, at most `limit`. With `status` those that cannot have one of these
   * statuses are left out; some of the others may have another one all the same.
   */
  listAll(organizationId: string, limit: number, filter?: AccountFilter, status?: StatusFilter): Promise<Account[]>;
  /** The ids of all organizations that have an account which is not revoked. */
  listOrganizations(): Promise<string[]>;
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
   * Closes every live authorization selected, in one transaction, also those that connect states still keep, and uses up all open attempts to
   * connect of a user, an organization or all: a revocation with one token each to be confirmed, tokens and
   * leases gone from the accounts, the default handed to the oldest one that is left. With none to close the revocation is finished at once.
   */
  close(selection: CloseSelection, revocation: NewRevocation): Promise<Closed>;
}

/** What a filter adds to a condition. */
function toFilterCondition({ userId, clinicId }: AccountFilter): Condition {
  const wanted = Object.entries({ user_id: userId, clinic_id: clinicId }).filter(([, value]) => value !== undefined);
  return {
    sql: wanted.map(([column]) => `AND ${column} = ?`).join(' '),
    params: wanted.map(([, value]) => value ?? null),
  };
}

/** What accounts fulfil that may have one of the statuses; null when none can. */
function toStatusCondition({ statuses, neededScopes }: StatusFilter, unreadable: Condition | null): Condition | null {
  const wanted = new Set(statuses);
  const alternatives: Condition[] = [];
  if (wanted.has('DISABLED')) alternatives.push({ sql: `NOT ${isSwitchedOn}`, params: [] });
  if (wanted.has('CONNECTED')) alternatives.push({ sql: `(state = 'ACTIVE' AND ${isSwitchedOn})`, params: [] });
  if (wanted.has('RECONNECT_REQUIRED')) {
    const lacks = neededScopes.flatMap(() => ['INSTR(scopes, ?) = 0', 'INSTR(denied_scopes, ?) > 0']);
    const reasons = ["state <> 'ACTIVE'", ...lacks, ...(unreadable ? [unreadable.sql] : ['1 = 1'])];
    alternatives.push({
      sql: `((${reasons.join(' OR ')}) AND ${isSwitchedOn})`,
      params: [
        ...neededScopes.flatMap((scope) => [JSON.stringify(scope), JSON.stringify(scope)]),
        ...(unreadable?.params ?? []),
      ],
    });
  }
  if (alternatives.length === 0) return null;
  return {
    sql: `AND (${alternatives.map(({ sql }) => sql).join(' OR ')})`,
    params: alternatives.flatMap(({ params }) => params),
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
  const reading = createAccountReading(needs);
  const readAccount = (row: ReadAccountRow): Account => reading.read(row);

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

  return {
    ...createAccountTokens(db, { ...needs, reading }),
    ...createLiveAccounts(db, { reading }),

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

    async list(organizationId, { page, states = ['ACTIVE', 'RECONNECT_REQUIRED'], ...filter }) {
      if (states.length === 0) return { rows: [], hasNextPage: false, hasPreviousPage: false, totalCount: 0 };
      const among = isIn('state', states);
      const only = toFilterCondition(filter);
      const [counted] = await db.read<{ total: number }>(
        `SELECT COUNT(*) AS total FROM account WHERE organization_id = ? AND ${among.sql} ${only.sql}`,
        [organizationId, ...among.params, ...only.params],
      );
      const behind = page.after === null ? '' : 'AND (connected_at < ? OR (connected_at = ? AND id < ?))';
      const rows = await db.read<ReadAccountRow>(
        `SELECT ${accountColumns} FROM account WHERE organization_id = ? AND ${among.sql} ${only.sql} ${behind}
          ORDER BY connected_at DESC, id DESC LIMIT ${String(page.first + 1)}`,
        [
          organizationId,
          ...among.params,
          ...only.params,
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

    async listAll(organizationId, limit, filter = {}, status) {
      const only = toFilterCondition(filter);
      const narrowed = status ? toStatusCondition(status, reading.toUnreadable()) : { sql: '', params: [] };
      if (narrowed === null) return [];
      const rows = await db.read<ReadAccountRow>(
        `SELECT ${accountColumns} FROM account WHERE organization_id = ? AND state <> 'REVOKED' ${only.sql} ${narrowed.sql}
          ORDER BY connected_at DESC, id DESC LIMIT ${String(Math.max(1, Math.trunc(limit)))}`,
        [organizationId, ...only.params, ...narrowed.params],
      );
      return rows.map(readAccount);
    },

    async listOrganizations() {
      const rows = await db.read<Pick<AccountRow, 'organization_id'>>(
        "SELECT DISTINCT organization_id FROM account WHERE state <> 'REVOKED' ORDER BY organization_id",
      );
      return rows.map((row) => row.organization_id);
    },

    async countByState() {
      const rows = await db.read<{ state: AuthorizationState; total: number }>(
        'SELECT state, COUNT(*) AS total FROM account GROUP BY state',
      );
      const counts: Record<AuthorizationState, number> = { ACTIVE: 0, RECONNECT_REQUIRED: 0, REVOKED: 0 };
      for (const row of rows) counts[row.state] = row.total;
      return counts;
    },

    connect: createConnect(db, { ...needs, reading }),
    setDefault: (organizationId, userId, clinicId) => setDefault(db, organizationId, userId, clinicId),
    close: (selection, revocation) => closeAccounts(db, needs.now().toISOString(), selection, revocation),
  };
}
