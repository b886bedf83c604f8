import type { Database, SqlValue } from './database.ts';

/** Whom this deployment has met: in a connection (ended ones too), a switch, or the audit. The EMR may have others. */
export interface Known {
  hasOrganization(organizationId: string): Promise<boolean>;
  hasUser(organizationId: string, userId: string): Promise<boolean>;
}

/** Builds the queries. */
export function createKnown(db: Database): Known {
  async function isIn(tables: readonly string[], condition: string, params: readonly SqlValue[]): Promise<boolean> {
    for (const table of tables) {
      const rows = await db.read(`SELECT 1 AS found FROM ${table} WHERE ${condition} LIMIT 1`, params);
      if (rows.length > 0) return true;
    }
    return false;
  }

  const tables = ['account', 'integration_switch', 'audit_event'];
  return {
    hasOrganization: (organizationId) => isIn([...tables, 'clinic'], 'organization_id = ?', [organizationId]),
    hasUser: (organizationId, userId) => isIn(tables, 'organization_id = ? AND user_id = ?', [organizationId, userId]),
  };
}
