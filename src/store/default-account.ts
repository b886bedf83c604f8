import { forUpdate } from './conditions.ts';
import type { Database, Transaction } from './database.ts';
import type { AccountRow } from './entities/account.ts';

/** Makes sure that a user with accounts has exactly one default; waits for others who change the same user's. */
export async function settleDefault(tx: Transaction, organizationId: string, userId: string): Promise<void> {
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

/** Makes the clinic the user's default; false when the user has no account there (revoked counts as none). */
export function setDefault(db: Database, organizationId: string, userId: string, clinicId: string): Promise<boolean> {
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
}
