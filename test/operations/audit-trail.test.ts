import { expect, test, vi } from 'vitest';
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

test('after the end of a stop nothing is tried any more, so that nothing keeps the process alive', async () => {
  vi.useFakeTimers();
  try {
    let tries = 0;
    const trail = createAuditTrail({
      audit: {
        insertMany() {
          tries += 1;
          return Promise.reject(new Error('database closed'));
        },
        page: () => Promise.reject(new Error('must not be asked')),
      },
      now: () => new Date(),
      log: createMemoryLog(),
    });
    trail.recordReads([buildRead('a')]);
    await vi.advanceTimersByTimeAsync(2500);
    expect(tries).toBeGreaterThan(1);
    trail.end();
    const triesBefore = tries;
    trail.recordReads([buildRead('b')]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(tries).toBe(triesBefore);
    expect(vi.getTimerCount()).toBe(0);
    expect(trail.waiting()).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});
