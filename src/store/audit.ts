import type { AuditAction, AuditEntry, AuditOutcome } from '../domain/audit.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import { placeholders, toChunks } from './conditions.ts';
import type { Database, SqlValue, Transaction } from './database.ts';
import type { AuditEventRow } from './entities/audit-event.ts';
import { createSortableId } from './ids.ts';

export interface StoredAuditEntry extends AuditEntry {
  id: string;
}

export interface Audit {
  insertMany(entries: readonly AuditEntry[]): Promise<void>;
  /** Entries of the organization, newest first; positions are (at, id). */
  page(
    organizationId: string,
    request: { userId?: string | undefined; patientId?: string | undefined; page: PageRequest },
  ): Promise<Omit<Page<StoredAuditEntry>, 'totalCount'>>;
}

/** Writes rows of the audit along with what they tell of. */
export async function insertAuditEntries(tx: Transaction, entries: readonly AuditEntry[]): Promise<void> {
  for (const chunk of toChunks(entries, 500)) {
    await tx.run(
      `INSERT INTO audit_event (id, organization_id, at, user_id, action, patient_id, subject, outcome, request_id)
        VALUES ${chunk.map(() => `(${placeholders(9)})`).join(',')}`,
      chunk.flatMap((entry, index) => [
        createSortableId(new Date(entry.at), index),
        entry.organizationId,
        entry.at,
        entry.userId,
        entry.action,
        entry.patientId,
        entry.subject,
        entry.outcome,
        entry.requestId,
      ]),
    );
  }
}

/** Builds the queries on the audit. */
export function createAudit(db: Database): Audit {
  return {
    async insertMany(entries) {
      if (entries.length > 0) await db.write((tx) => insertAuditEntries(tx, entries));
    },

    async page(organizationId, { userId, patientId, page }) {
      const conditions = ['organization_id = ?'];
      const params: SqlValue[] = [organizationId];
      if (userId !== undefined) {
        conditions.push('user_id = ?');
        params.push(userId);
      }
      if (patientId !== undefined) {
        conditions.push('patient_id = ?');
        params.push(patientId);
      }
      if (page.after !== null) {
        conditions.push('(at < ? OR (at = ? AND id < ?))');
        params.push(page.after.at, page.after.at, page.after.id);
      }
      const rows = await db.read<AuditEventRow>(
        `SELECT * FROM audit_event WHERE ${conditions.join(' AND ')}
          ORDER BY at DESC, id DESC LIMIT ${String(page.first + 1)}`,
        params,
      );
      return {
        rows: rows.slice(0, page.first).map((row) => ({
          id: row.id,
          organizationId: row.organization_id,
          at: row.at,
          userId: row.user_id,
          action: row.action as AuditAction,
          patientId: row.patient_id,
          subject: row.subject,
          outcome: row.outcome as AuditOutcome,
          requestId: row.request_id,
        })),
        hasNextPage: rows.length > page.first,
        hasPreviousPage: page.after !== null,
      };
    },
  };
}
