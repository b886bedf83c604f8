import type { Account } from '../domain/account.ts';
import { accountColumns, type AccountReading, type ReadAccountRow } from './account-row.ts';
import type { Database, SqlValue } from './database.ts';
import type { AccountRow } from './entities/account.ts';
import type { ClinicRef } from './keys.ts';

/**
 * The accounts that jobs may read with: ACTIVE ones whose user and organization are not switched off. To switch off means that nothing is
 * done with an authorization until it is switched on again.
 */
export interface LiveAccounts {
  /** Live accounts of a clinic, the one that Fullscript accepted last first. */
  findLiveByClinic(clinicKey: string): Promise<Account[]>;
  /** Every (organization, clinic) that has a live account. */
  listLiveClinics(): Promise<(ClinicRef & { clinicKey: string })[]>;
  /**
   * Live accounts, of all organizations, that Fullscript has not accepted since `before`; those waiting longest first. With `after`, the last one of
   * the page before, it goes on behind it.
   */
  findUnverifiedSince(
    before: string,
    limit: number,
    after?: Pick<Account, 'verifiedAt' | 'id'> | null,
  ): Promise<Account[]>;
  /** The clinic of an account whose authorization Fullscript no longer accepts, with how many live ones are left in it; null for any other account. */
  findForsakenClinic(accountId: string): Promise<(ClinicRef & { clinicKey: string; live: number }) | null>;
  /** How many clinics, of all organizations, have accounts that must be connected again and no live one. */
  countForsakenClinics(): Promise<number>;
  /**
   * When the sweep began that is the last finished one of the clinic which was left alone longest, of all organizations; a clinic that was never swept counts
   * from its first live connection. Null without a live account.
   */
  findOldestSweep(): Promise<string | null>;
}

/** Whether neither the user nor the organization of a row of `account` is switched off. */
export const isSwitchedOn = `NOT EXISTS (SELECT 1 FROM integration_switch
  WHERE integration_switch.organization_id = account.organization_id
    AND integration_switch.user_id IN ('', account.user_id) AND integration_switch.enabled = 0)`;

const isLive = `account.state = 'ACTIVE' AND ${isSwitchedOn}`;

/** Builds the queries on accounts that jobs may read with. */
export function createLiveAccounts(db: Database, needs: { reading: AccountReading }): LiveAccounts {
  async function find(rest: string, params: SqlValue[]): Promise<Account[]> {
    const rows = await db.read<ReadAccountRow>(`SELECT ${accountColumns} FROM account WHERE ${isLive} ${rest}`, params);
    return rows.map((row) => needs.reading.read(row));
  }

  return {
    findLiveByClinic: (clinicKey) => find('AND clinic_key = ? ORDER BY verified_at DESC, id', [clinicKey]),

    async listLiveClinics() {
      const rows = await db.read<Pick<AccountRow, 'organization_id' | 'clinic_id' | 'clinic_key'>>(
        `SELECT DISTINCT organization_id, clinic_id, clinic_key FROM account WHERE ${isLive} ORDER BY clinic_key`,
      );
      return rows.map((row) => ({
        organizationId: row.organization_id,
        clinicId: row.clinic_id,
        clinicKey: row.clinic_key,
      }));
    },

    findUnverifiedSince(before, limit, after = null) {
      const at = after?.verifiedAt ?? null;
      const behind = after === null || at === null ? [] : [at, at, after.id];
      return find(
        `AND verified_at < ? ${behind.length === 0 ? '' : 'AND (verified_at > ? OR (verified_at = ? AND id > ?))'}
          ORDER BY verified_at, id LIMIT ${String(Math.max(1, Math.trunc(limit)))}`,
        [before, ...behind],
      );
    },

    async findForsakenClinic(accountId) {
      const [row] = await db.read<Pick<AccountRow, 'organization_id' | 'clinic_id' | 'clinic_key'> & { live: number }>(
        `SELECT gone.organization_id, gone.clinic_id, gone.clinic_key,
            (SELECT COUNT(*) FROM account WHERE account.clinic_key = gone.clinic_key AND ${isLive}) AS live
          FROM account gone WHERE gone.id = ? AND gone.state = 'RECONNECT_REQUIRED'`,
        [accountId],
      );
      if (row === undefined) return null;
      const { organization_id: organizationId, clinic_id: clinicId, clinic_key: clinicKey } = row;
      return { organizationId, clinicId, clinicKey, live: row.live };
    },

    async countForsakenClinics() {
      const [row] = await db.read<{ clinics: number }>(
        `SELECT COUNT(DISTINCT gone.clinic_key) AS clinics FROM (
            SELECT clinic_key FROM account WHERE state = 'RECONNECT_REQUIRED' AND ${isSwitchedOn}
          ) gone WHERE NOT EXISTS (SELECT 1 FROM account WHERE account.clinic_key = gone.clinic_key AND ${isLive})`,
      );
      return row?.clinics ?? 0;
    },

    async findOldestSweep() {
      const [row] = await db.read<{ oldest: string | null }>(
        `SELECT MIN(COALESCE(clinic.swept_at, account.connected_at)) AS oldest
          FROM account LEFT JOIN clinic ON clinic.clinic_key = account.clinic_key WHERE ${isLive}`,
      );
      return row?.oldest ?? null;
    },
  };
}
