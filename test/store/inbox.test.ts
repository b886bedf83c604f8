import { expect, it } from 'vitest';
import type { FullscriptEvent } from '../../src/domain/event.ts';
import { describeEachDatabase } from '../support/database.ts';
import { createTestStore, toUnique } from '../support/store.ts';

function buildEvent(overrides: Partial<FullscriptEvent> = {}): FullscriptEvent {
  return {
    id: toUnique('event'),
    type: 'treatment_plan.updated',
    clinicId: 'clinic',
    createdAt: '2026-03-02T13:59:00.000Z',
    data: { id: 'plan' },
    ...overrides,
  };
}

describeEachDatabase('the inbox', (get) => {
  it('takes an event once for each clinic, however often and from however many it comes', async () => {
    const { store, clock } = createTestStore(get());
    const event = buildEvent();
    const arrivals = await Promise.all(
      Array.from({ length: 6 }, () => store.inbox.receive([event, event], 'webhook', clock.text())),
    );
    expect(arrivals.flat()).toHaveLength(1);
    const receivedAt = clock.text();
    clock.forward(1);
    expect(await store.inbox.receive([{ ...event, clinicId: 'second' }, event], 'sweep', clock.text())).toHaveLength(1);
    clock.forward(1);
    expect(await store.inbox.receive([{ ...event, clinicId: null }], 'webhook', clock.text())).toHaveLength(1);
    expect(await store.inbox.receive([], 'webhook', clock.text())).toEqual([]);
    const taken = await store.inbox.claim(10, 60_000);
    expect(taken.map((found) => found.clinicId)).toEqual(['clinic', 'second', null]);
    expect(taken[0]).toEqual({
      ...event,
      rowId: arrivals.flat()[0],
      source: 'webhook',
      receivedAt,
      attempts: 1,
      appliedTo: [],
      doubted: false,
    });
    for (const found of taken) await store.inbox.done(found.rowId);
    expect(await store.inbox.receive([event], 'sweep', clock.text())).toEqual([]);
    expect(await store.inbox.depth()).toEqual({ pending: 0, parked: 0, oldestPendingAt: null });
  });

  it('hands each event to one worker, and gives it back when the worker is gone', async () => {
    const { store, clock } = createTestStore(get());
    for (let i = 0; i < 12; i += 1) {
      await store.inbox.receive([buildEvent({ type: String(i) })], 'webhook', clock.text());
      clock.forward(1);
    }
    const [first, ...others] = await Promise.all(Array.from({ length: 4 }, () => store.inbox.claim(3, 30_000)));
    const taken = [first ?? [], ...others].flat();
    expect(taken.map((event) => Number(event.type)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, i) => i),
    );
    expect(await store.inbox.claim(3, 30_000)).toEqual([]);
    for (const event of taken.slice(1)) await store.inbox.done(event.rowId);
    clock.forward(30_000);
    expect(await store.inbox.claim(3, 30_000)).toMatchObject([{ rowId: taken[0]?.rowId, attempts: 2 }]);
    await store.inbox.done(taken[0]?.rowId ?? '');
  });

  it('lets a second worker take other events while the first is still taking', async () => {
    const { db } = get();
    const { store, clock } = createTestStore(get());
    await store.inbox.receive(
      Array.from({ length: 8 }, () => buildEvent()),
      'webhook',
      clock.text(),
    );
    const claimed: string[] = [];
    if (db.engine === 'sqlite') {
      claimed.push(...(await store.inbox.claim(4, 1000)).map((event) => event.rowId));
      claimed.push(...(await store.inbox.claim(4, 1000)).map((event) => event.rowId));
    } else {
      // The same statement as the inbox's, held open.
      await db.write(async (tx) => {
        const rows = await tx.read<{ id: string }>(
          `SELECT id FROM webhook_event FORCE INDEX (webhook_event_due) WHERE state = 'PENDING' AND run_at <= ?
            ORDER BY run_at, id LIMIT 4 FOR UPDATE SKIP LOCKED`,
          [clock.text()],
        );
        claimed.push(...rows.map((row) => row.id));
        claimed.push(...(await store.inbox.claim(4, 1000)).map((event) => event.rowId));
      });
    }
    expect(new Set(claimed).size).toBe(8);
    for (const rowId of claimed) await store.inbox.done(rowId);
  });

  it('tries again later, gives up visibly, and can be told to try once more', async () => {
    const { store, clock } = createTestStore(get());
    const receivedAt = clock.text();
    await store.inbox.receive([buildEvent()], 'delivery', receivedAt);
    const [event] = await store.inbox.claim(1, 30_000);
    const rowId = event?.rowId ?? '';
    await store.inbox.retryAt(rowId, clock.forward(10_000), 'FULLSCRIPT_UNAVAILABLE');
    expect(await store.inbox.claim(1, 30_000)).toMatchObject([{ rowId, attempts: 2 }]);
    expect(await store.inbox.depth()).toEqual({ pending: 1, parked: 0, oldestPendingAt: receivedAt });
    await store.inbox.park(rowId, 'FULLSCRIPT_CONTRACT');
    clock.forward(60_000);
    expect(await store.inbox.claim(1, 30_000)).toEqual([]);
    expect(await store.inbox.depth()).toEqual({ pending: 0, parked: 1, oldestPendingAt: null });
    expect(await store.parkedEvents.unpark(null, null, clock.text())).toBe(1);
    expect(await store.inbox.claim(1, 30_000)).toMatchObject([{ rowId, attempts: 1 }]);
    expect(await store.inbox.prune(clock.text(), 1000)).toBeGreaterThanOrEqual(0);
    expect(await store.inbox.depth()).toMatchObject({ pending: 1 });
    await store.inbox.done(rowId);
    expect(await store.inbox.prune(clock.text(), 1000)).toBe(1);
  });
});

describeEachDatabase('leases', (get) => {
  it('let one in at a time, and the next one after the first is gone', async () => {
    const { store, clock } = createTestStore(get());
    const name = toUnique('job');
    const taken = await Promise.all(['a', 'b', 'c'].map((owner) => store.leases.acquire(name, owner, 1000)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    clock.forward(1000);
    expect(await store.leases.acquire(name, 'd', 1000)).toBe(true);
    const first = ['a', 'b', 'c'][taken.indexOf(true)] ?? '';
    await store.leases.release(name, first, true);
    expect(await store.leases.acquire(name, 'e', 1000)).toBe(false);
    expect(await store.leases.lastFinishedAt(name)).toBeNull();
    await store.leases.release(name, 'd', true);
    expect(await store.leases.lastFinishedAt(name)).toBe(clock.text());
  });

  it('run work once per interval, and again after work that failed', async () => {
    const { store, clock } = createTestStore(get());
    const name = toUnique('job');
    const options = { owner: 'a', leaseMs: 60_000, minIntervalMs: 5000 };
    await expect(store.leases.withLease(name, options, () => Promise.reject(new Error('on purpose')))).rejects.toThrow(
      'on purpose',
    );
    const inside = await store.leases.withLease(name, options, async (signal) => ({
      aborted: signal.aborted,
      other: await store.leases.withLease(name, { owner: 'b', leaseMs: 1000 }, () => Promise.resolve(1)),
    }));
    expect(inside).toEqual({ result: { aborted: false, other: null } });
    clock.forward(4999);
    expect(await store.leases.withLease(name, options, () => Promise.resolve('again'))).toBeNull();
    clock.forward(1);
    expect(await store.leases.withLease(name, options, () => Promise.resolve('again'))).toEqual({ result: 'again' });
  });

  it('leave nothing behind when they are to be forgotten', async () => {
    const { store } = createTestStore(get());
    const name = toUnique('job');
    const rows = () => get().db.read('SELECT name FROM job_lease WHERE name = ?', [name]);
    const options = { owner: 'a', leaseMs: 60_000, forget: true };
    expect(await store.leases.withLease(name, options, async () => (await rows()).length)).toEqual({ result: 1 });
    expect(await rows()).toEqual([]);
    const failing = store.leases.withLease(name, options, () => Promise.reject(new Error('on purpose')));
    await expect(failing).rejects.toThrow('on purpose');
    expect(await rows()).toEqual([]);
  });

  it('are prolonged while work runs, and tell it when they are lost', async () => {
    const { store, clock } = createTestStore(get());
    const name = toUnique('job');
    const outcome = await store.leases.withLease(name, { owner: 'a', leaseMs: 150 }, async (signal) => {
      const lost = new Promise<string>((resolve) => {
        signal.addEventListener('abort', () => {
          resolve(String(signal.reason));
        });
      });
      clock.forward(150);
      expect(await store.leases.acquire(name, 'thief', 60_000)).toBe(true);
      return lost;
    });
    expect(outcome?.result).toContain('was lost');
    expect(await store.leases.acquire(name, 'a', 1000)).toBe(false);
  });
});
