import { expect, test } from 'vitest';
import type { AuditEntry } from '../../src/domain/audit.ts';
import { createAuditTrail } from '../../src/operations/audit-trail.ts';
import { createMemoryLog } from '../support/fullscript-room.ts';

function buildRead(patientId: string): AuditEntry {
  return {
    organizationId: 'org',
    at: '2026-03-02T14:00:00.000Z',
    userId: 'user',
    action: 'patient.read',
    patientId,
    subject: null,
    outcome: 'ok',
    requestId: 'request',
  };
}

test('reads are refused while too many rows wait for an audit that cannot be written, and allowed again once they are written', async () => {
  const written: AuditEntry[] = [];
  let isAway = true;
  const trail = createAuditTrail({
    audit: {
      insertMany(entries) {
        if (isAway) return Promise.reject(new Error('database away'));
        written.push(...entries);
        return Promise.resolve();
      },
      page: () => Promise.reject(new Error('must not be asked')),
    },
    now: () => new Date(),
    log: createMemoryLog(),
    mostWaiting: 3,
  });
  trail.recordReads([buildRead('a'), buildRead('b')]);
  await trail.flush();
  trail.recordReads([buildRead('c')]);
  expect(() => trail.recordReads([buildRead('d')])).toThrow(/audit cannot be written/);
  // Also while they are being tried again.
  const trying = trail.flush();
  expect(() => trail.recordReads([buildRead('d')])).toThrow(/audit cannot be written/);
  await trying;
  isAway = false;
  await trail.flush();
  trail.recordReads([buildRead('e')]);
  await trail.flush();
  expect(written.map((entry) => entry.patientId)).toEqual(['a', 'b', 'c', 'e']);
});
