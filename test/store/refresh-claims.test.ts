import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { createTestStore, toUnique } from '../support/store.ts';

const leaseMs = 13_000;

describeEachDatabase('claims to refresh', (get) => {
  it('are held by one taker at a time, given back, and end by themselves', async () => {
    const { store, clock } = createTestStore(get());
    const { refreshClaims } = store;
    const clinic = { organizationId: toUnique('org'), clinicId: 'clinic' };
    const take = (...subjects: string[]) => refreshClaims.take({ clinic, kind: 'plans', subjects, leaseMs });
    const first = await take('a', 'b', 'a');
    expect([...first.taken.keys()].toSorted()).toEqual(['a', 'b']);
    const second = await take('b', 'c');
    expect([...second.taken.keys()]).toEqual(['c']);
    const until = new Date(clock.now().getTime() + leaseMs).toISOString();
    expect([...second.heldUntil]).toEqual([['b', until]]);

    // Not everybody may give back what they do not hold.
    await refreshClaims.release(second.owner, { clinic, kind: 'plans', subjects: ['a', 'b', 'c'] });
    expect([...(await take('a', 'b')).taken.keys()]).toEqual([]);
    await refreshClaims.release(first.owner, { clinic, kind: 'plans', subjects: ['a'] });
    expect([...(await take('a', 'b')).taken.keys()]).toEqual(['a']);

    clock.forward(leaseMs - 1);
    expect((await take('b')).taken.size).toBe(0);
    clock.forward(1);
    expect((await take('b')).taken.size).toBe(1);
  });

  it('leave a failed subject alone until the time that was given, and count its failures in a row', async () => {
    const { store, clock } = createTestStore(get());
    const { refreshClaims } = store;
    const clinic = { organizationId: toUnique('org'), clinicId: 'clinic' };
    const about = { clinic, kind: 'plans', subjects: ['a', 'b'] };
    const first = await refreshClaims.take({ ...about, leaseMs });
    const until = new Date(clock.now().getTime() + 1000).toISOString();
    await refreshClaims.postpone(first.owner, { ...about, until });
    clock.forward(999);
    expect((await refreshClaims.take({ ...about, leaseMs })).taken.size).toBe(0);
    clock.forward(1);
    const again = await refreshClaims.take({ ...about, leaseMs });
    expect(again.taken.get('a')).toEqual({ failures: 1 });
    await refreshClaims.postpone(again.owner, { ...about, subjects: ['a'], until });
    await refreshClaims.release(again.owner, { ...about, subjects: ['b'] });
    const last = await refreshClaims.take({ ...about, leaseMs });
    expect(last.taken.get('a')).toEqual({ failures: 2 });
    expect(last.taken.get('b')).toEqual({ failures: 0 });
  });

  it('keep clinics, organizations, kinds and the catalogue apart', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const subjects = [toUnique('subject')];
    const abouts = [
      { clinic: { organizationId, clinicId: 'one' }, kind: 'plans', subjects },
      { clinic: { organizationId, clinicId: 'two' }, kind: 'plans', subjects },
      { clinic: { organizationId: toUnique('org'), clinicId: 'one' }, kind: 'plans', subjects },
      { clinic: { organizationId, clinicId: 'one' }, kind: 'labs', subjects },
      { clinic: null, kind: 'plans', subjects },
    ];
    for (const about of abouts) expect((await store.refreshClaims.take({ ...about, leaseMs })).taken.size).toBe(1);
    for (const about of abouts) expect((await store.refreshClaims.take({ ...about, leaseMs })).taken.size).toBe(0);
  });

  it('are taken by one of many who want the same at the same time, in a constant number of statements', async () => {
    const { store } = createTestStore(get());
    const clinic = { organizationId: toUnique('org'), clinicId: 'clinic' };
    const subjects = Array.from({ length: 200 }, (_, index) => `subject-${index}`);
    const { statements } = get();
    statements.length = 0;
    const one = await store.refreshClaims.take({ clinic, kind: 'labs', subjects, leaseMs });
    expect(one.taken.size).toBe(200);
    expect(statements.filter((sql) => /^(INSERT|SELECT)/.test(sql))).toHaveLength(2);

    const shuffled = (turn: number) => [...subjects.slice(turn * 20), ...subjects.slice(0, turn * 20)];
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, turn) =>
        store.refreshClaims.take({ clinic, kind: 'plans', subjects: shuffled(turn), leaseMs }),
      ),
    );
    expect(claims.flatMap((claim) => [...claim.taken.keys()]).toSorted()).toEqual(subjects.toSorted());
  }, 30_000);

  it('are deleted once they have ended long ago', async () => {
    const { store, clock } = createTestStore(get());
    const clinic = { organizationId: toUnique('org'), clinicId: 'clinic' };
    await store.refreshClaims.take({ clinic, kind: 'plans', subjects: ['old'], leaseMs });
    clock.forward(2 * leaseMs);
    await store.refreshClaims.take({ clinic, kind: 'plans', subjects: ['new'], leaseMs });
    await store.refreshClaims.prune(clock.text());
    const rows = await get().db.read<{ subject: string }>(
      'SELECT subject FROM refresh_claim WHERE organization_id = ?',
      [clinic.organizationId],
    );
    expect(rows.map(({ subject }) => subject)).toEqual(['new']);
  });
});
