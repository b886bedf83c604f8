import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLiveChanges, noHints, type ChangeStream, type LiveChanges } from '../../src/mirror/live-changes.ts';
import { createRedisHints } from '../../src/mirror/redis-hints.ts';
import { createChanges, writeChanges, type Changes, type PatientChange } from '../../src/store/changes.ts';
import type { Database } from '../../src/store/database.ts';
import { toClinicKey } from '../../src/store/keys.ts';
import { describeEachDatabase } from '../support/database.ts';
import { waitFor } from '../support/reading.ts';
import { hasRedis, startOwnRedis } from '../support/redis.ts';

const clinic = { organizationId: 'org-1', clinicId: 'clinic-1' };
const quiet = { info: () => undefined, warn: () => undefined };

function createLive(changes: Pick<Changes, 'listSince'>, more: Partial<Parameters<typeof createLiveChanges>[0]> = {}) {
  const live = createLiveChanges({ changes, hints: noHints, now: () => new Date(), log: quiet, ...more });
  onTestFinished(() => live.close());
  return live;
}

const follow = (live: LiveChanges, patientId = 'p-1'): Promise<ChangeStream> =>
  live.follow({ organizationId: clinic.organizationId, patientId, since: new Date() });

/** What has come, in order, as it comes. */
function collect(stream: ChangeStream): string[] {
  const ids: string[] = [];
  void (async () => {
    for await (const change of stream) ids.push(change.objectId);
  })();
  return ids;
}

describeEachDatabase('The feed of changes', (get) => {
  async function link(db: Database, patientId: string, fullscriptPatientId: string): Promise<void> {
    await db.write(async (tx) => {
      await tx.run(
        `INSERT INTO patient_link (clinic_key, patient_id, organization_id, clinic_id, fullscript_patient_id, method, linked_at, linked_by)
          VALUES (?, ?, ?, ?, ?, 'MANUAL', '2026-01-01T00:00:00.000Z', NULL)`,
        [
          toClinicKey(clinic.organizationId, clinic.clinicId),
          patientId,
          clinic.organizationId,
          clinic.clinicId,
          fullscriptPatientId,
        ],
      );
    });
  }

  const write = (db: Database, fullscriptPatientId: string, objectId: string, at = new Date()): Promise<void> =>
    db.write((tx) => writeChanges(tx, clinic, 'plan', [{ fullscriptPatientId, objectId }], at));

  it('tells what becomes visible after something that was written later, once each', async () => {
    const { db } = get();
    await link(db, 'p-1', 'f-1');
    const live = createLive(createChanges(db));
    const told = collect(await follow(live));
    await write(db, 'f-1', 'second');
    await waitFor('the second', () => told.includes('second'));
    // As by a transaction that was slow to commit, or by a process whose clock is behind.
    await write(db, 'f-1', 'first', new Date(Date.now() - 8000));
    await waitFor('the first', () => told.includes('first'));
    await write(db, 'f-1', 'third');
    await waitFor('the third', () => told.includes('third'));
    expect(told).toEqual(['second', 'first', 'third']);
  }, 30_000);

  it('tells of the linked patient only, and nothing of before', async () => {
    const { db } = get();
    await link(db, 'p-2', 'f-2');
    await link(db, 'p-3', 'f-3');
    await write(db, 'f-2', 'before', new Date(Date.now() - 1000));
    const live = createLive(createChanges(db));
    const told = collect(await follow(live, 'p-2'));
    await write(db, 'f-3', 'of another');
    await write(db, 'f-nobody', 'of nobody');
    await write(db, 'f-2', 'after');
    await waitFor('the change', () => told.length > 0);
    expect(told).toEqual(['after']);
  }, 30_000);

  it('forgets what is old, in batches', async () => {
    const { db } = get();
    const changes = createChanges(db);
    const old = new Date('2026-01-01T00:00:00.000Z');
    for (const id of ['a', 'b', 'c']) await write(db, 'f-old', id, old);
    const kept = new Date().toISOString();
    await write(db, 'f-old', 'd', new Date(Date.parse(kept) + 1));
    expect(await changes.prune(kept, 2)).toBe(2);
    expect(await changes.prune('2026-01-01T00:00:00.001Z', 2)).toBe(1);
    const left = await db.read<{ id: string }>(
      "SELECT object_id AS id FROM patient_change WHERE fullscript_patient_id = 'f-old'",
    );
    expect(left).toEqual([{ id: 'd' }]);
  }, 30_000);
});

describe('Following', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  let serial = 0;
  const toChange = (objectId: string): PatientChange => ({
    ...clinic,
    id: String(++serial).padStart(8, '0'),
    clinicKey: 'key',
    patientId: 'p-1',
    kind: 'plan',
    objectId,
    at: new Date(Date.now() + 1000).toISOString(),
  });

  it('looks once a second while somebody follows, and not at all otherwise', async () => {
    vi.useFakeTimers();
    const listSince = vi.fn(() => Promise.resolve<PatientChange[]>([]));
    const live = createLive({ listSince });
    live.announce();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(listSince).not.toHaveBeenCalled();
    const streams = await Promise.all(Array.from({ length: 50 }, (_, index) => follow(live, `p-${String(index)}`)));
    const before = listSince.mock.calls.length;
    expect(before).toBeLessThanOrEqual(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(listSince.mock.calls.length - before).toBe(10);
    for (const stream of streams) await stream.return();
    const after = listSince.mock.calls.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(listSince.mock.calls.length).toBe(after);
  });

  it('keeps one change of each object for who takes them slowly', async () => {
    const feed: PatientChange[] = [];
    const live = createLive({ listSince: () => Promise.resolve([...feed]) });
    const stream = await follow(live);
    for (let round = 0; round < 400; round += 1) feed.push(toChange('plan-1'), toChange('plan-2'));
    const [first, second] = [await stream.next(), await stream.next()];
    expect([first.value?.objectId, second.value?.objectId]).toEqual(['plan-1', 'plan-2']);
    const third = stream.next();
    feed.push(toChange('plan-3'));
    live.announce();
    expect((await third).value?.objectId).toBe('plan-3');
    await stream.return();
    expect((await stream.next()).done).toBe(true);
  });

  it('goes on after the database was away, misses nothing, and says so once', async () => {
    let away = false;
    const feed: PatientChange[] = [];
    const warn = vi.fn();
    const live = createLive(
      { listSince: () => (away ? Promise.reject(new Error('away')) : Promise.resolve([...feed])) },
      { log: { info: () => undefined, warn } },
    );
    const told = collect(await follow(live));
    away = true;
    await waitFor('the failure', () => warn.mock.calls.length > 0);
    await expect(follow(live)).rejects.toThrow('away');
    feed.push(toChange('meanwhile'));
    away = false;
    await waitFor('the change', () => told.length > 0);
    expect(told).toEqual(['meanwhile']);
    expect(warn).toHaveBeenCalledTimes(1);
  }, 20_000);

  it('ends at once, also while it waits', async () => {
    const live = createLive({ listSince: () => Promise.resolve([]) });
    const stream = await follow(live);
    const waiting = stream.next();
    await stream.return();
    expect((await waiting).done).toBe(true);
    const other = await follow(live);
    const alsoWaiting = other.next();
    await live.close();
    expect((await alsoWaiting).done).toBe(true);
    await expect(follow(live)).rejects.toThrow();
  });
});

describe.skipIf(!hasRedis)('Hints over Redis', () => {
  const toRedisChange = (count: number): PatientChange => ({
    ...clinic,
    id: String(count),
    clinicKey: 'key',
    patientId: 'p-1',
    kind: 'plan',
    objectId: `plan-${String(count)}`,
    at: new Date().toISOString(),
  });

  it('wake another process, which looks less often by itself, and say nothing of what has changed', async () => {
    const redisUrl = await startOwnRedis();
    const hints = [1, 2].map(() => createRedisHints({ redisUrl, name: 'test' }));
    const feed: PatientChange[] = [];
    const listSince = vi.fn(() => Promise.resolve([...feed]));
    const [first, second] = hints;
    if (!first || !second) throw new Error('there are two');
    const writing = createLive({ listSince: () => Promise.resolve([]) }, { hints: first });
    const following = createLive({ listSince }, { hints: second });
    const told = collect(await follow(following));
    await waitFor('Redis', () => second.isConnected());
    // A hint that is sent before both are connected is lost: then the look after five seconds finds the first.
    const startedAtMs = performance.now();
    for (let count = 1; count <= 8; count += 1) {
      feed.push(toRedisChange(count));
      writing.announce();
      await waitFor(`change ${String(count)}`, () => told.length === count, 20_000);
    }
    // By looking alone it would have taken 40 s, or 8 s at one look a second.
    expect(performance.now() - startedAtMs).toBeLessThan(7500);
  }, 40_000);

  it('is done without while Redis is away', async () => {
    const hints = createRedisHints({ redisUrl: 'redis://127.0.0.1:1', name: 'test' });
    const feed: PatientChange[] = [];
    const live = createLive({ listSince: () => Promise.resolve([...feed]) }, { hints });
    const told = collect(await follow(live));
    expect(hints.isConnected()).toBe(false);
    live.announce();
    feed.push(toRedisChange(1));
    await waitFor('the change', () => told.length > 0);
  }, 20_000);
});
