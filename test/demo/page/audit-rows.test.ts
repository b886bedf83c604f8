import { describe, expect, it } from 'vitest';
import { toAuditRows, type AuditEvent } from '../../../src/demo/page/audit-rows.ts';

function toEvent(id: string, changes: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id,
    at: '2026-03-02T14:00:00.000Z',
    userId: 'u-ada',
    action: 'patient.read',
    patientId: `p-${id}`,
    subject: null,
    outcome: 'ok',
    requestId: 'request-1',
    ...changes,
  };
}

describe('toAuditRows', () => {
  it('puts the patients of one request into one row and keeps the order', () => {
    const rows = toAuditRows([
      toEvent('9', { action: 'revoke', patientId: null, requestId: 'request-2' }),
      toEvent('3'),
      toEvent('2'),
      toEvent('1'),
    ]);
    expect(rows.map((row) => [row.newest.id, row.patientIds])).toEqual([
      ['9', []],
      ['3', ['p-3', 'p-2', 'p-1']],
    ]);
  });

  it('keeps apart what differs in more than the patient, and what names no request or no patient', () => {
    const apart: Partial<AuditEvent>[] = [
      { requestId: 'request-2' },
      { userId: 'u-ben' },
      { action: 'lab.view' },
      { outcome: 'denied' },
      { subject: 'lr-1' },
      { patientId: null },
    ];
    for (const changes of apart) expect(toAuditRows([toEvent('2'), toEvent('1', changes)])).toHaveLength(2);
    expect(toAuditRows([toEvent('2', { requestId: null }), toEvent('1', { requestId: null })])).toHaveLength(2);
  });
});
