import { isIn } from './conditions.ts';
import type { Database } from './database.ts';
import type { IntegrationSwitchRow } from './entities/integration-switch.ts';
import { upsert } from './upsert.ts';

/** Whether an admin has switched the integration off; everything is on until somebody says otherwise. */
export interface Switches {
  /** The organization's own switch, and those of the users asked for (missing: never touched). One statement. */
  find(
    organizationId: string,
    userIds: readonly string[],
  ): Promise<{ organization: boolean; users: Map<string, boolean> }>;
  /** Sets one user's switch, or the whole organization's with `userId` null; the one does not change the other. */
  set(change: {
    organizationId: string;
    userId: string | null;
    enabled: boolean;
    changedBy: string;
    changedAt: string;
  }): Promise<void>;
}

/** Builds the queries on switches. The organization's own row has an empty user id. */
export function createSwitches(db: Database): Switches {
  return {
    async find(organizationId, userIds) {
      const among = isIn('user_id', ['', ...userIds]);
      const rows = await db.read<Pick<IntegrationSwitchRow, 'user_id' | 'enabled'>>(
        `SELECT user_id, enabled FROM integration_switch WHERE organization_id = ? AND ${among.sql}`,
        [organizationId, ...among.params],
      );
      const users = new Map(rows.map((row) => [row.user_id, row.enabled === 1]));
      const organization = users.get('') ?? true;
      users.delete('');
      return { organization, users };
    },

    async set(change) {
      await db.write((tx) =>
        upsert(tx, {
          table: 'integration_switch',
          keys: ['organization_id', 'user_id'],
          columns: ['organization_id', 'user_id', 'enabled', 'changed_by', 'changed_at'],
          rows: [
            [change.organizationId, change.userId ?? '', change.enabled ? 1 : 0, change.changedBy, change.changedAt],
          ],
        }),
      );
    },
  };
}
