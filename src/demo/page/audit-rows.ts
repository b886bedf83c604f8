/** One entry of the audit trail. */
export interface AuditEvent {
  id: string;
  at: string;
  userId: string;
  action: string;
  patientId: string | null;
  subject: string | null;
  outcome: string;
  requestId: string | null;
}

/** Entries that one request left behind and that differ in the patient only; the newest of them stands for all. */
export interface AuditRow {
  newest: AuditEvent;
  patientIds: string[];
}

/**
 * The trail with neighbours of the same request put into one row: a page of fifty patients leaves fifty entries, behind
 * which everything else would be out of sight. The order stays.
 */
export function toAuditRows(events: readonly AuditEvent[]): AuditRow[] {
  const rows: AuditRow[] = [];
  for (const event of events) {
    const last = rows.at(-1);
    const patientIds = event.patientId === null ? [] : [event.patientId];
    if (last && patientIds.length > 0 && isSameButPatient(last.newest, event)) last.patientIds.push(...patientIds);
    else rows.push({ newest: event, patientIds });
  }
  return rows;
}

function isSameButPatient(one: AuditEvent, other: AuditEvent): boolean {
  return (
    one.requestId !== null &&
    one.patientId !== null &&
    one.requestId === other.requestId &&
    one.userId === other.userId &&
    one.action === other.action &&
    one.outcome === other.outcome &&
    one.subject === other.subject
  );
}
