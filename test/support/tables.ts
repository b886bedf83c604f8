import type { Deployment } from './deployment.ts';

/** One row of the database: the table's name and the row as JSON. */
export interface TableRow {
  table: string;
  row: string;
}

/** Every row of every table of the deployment's database, in an order that does not change by itself; `except` leaves tables out. */
export async function readTables(
  { app }: Pick<Deployment, 'app'>,
  except: readonly string[] = [],
): Promise<TableRow[]> {
  const { database } = app.parts;
  const names = database.dataSource.entityMetadatas.map(({ tableName }) => tableName).sort();
  const tables = await Promise.all(
    names
      .filter((name) => !except.includes(name))
      .map(async (table) => {
        const rows = await database.read<object>(`SELECT * FROM ${table}`);
        return rows
          .map((row) => JSON.stringify(row))
          .sort()
          .map((row) => ({ table, row }));
      }),
  );
  return tables.flat();
}

/** One row of the audit as it is stored. */
export interface AuditRow {
  organization_id: string;
  user_id: string;
  action: string;
  patient_id: string | null;
  subject: string | null;
  outcome: string;
}

/** What the audit holds of one request; rows of reads are written a moment after the answer. */
export async function readAuditOf({ app }: Pick<Deployment, 'app'>, requestId: string): Promise<AuditRow[]> {
  await app.parts.audit.flush();
  return await app.parts.database.read<AuditRow>(
    'SELECT organization_id, user_id, action, patient_id, subject, outcome FROM audit_event WHERE request_id = ?',
    [requestId],
  );
}
