import type { AuditEntry } from '../domain/audit.ts';
import type { Page, PageRequest } from '../domain/page.ts';

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
