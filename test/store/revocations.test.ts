import { expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { describeEachDatabase } from '../support/database.ts';
import { buildConnection, createTestStore, toUnique } from '../support/store.ts';

function buildRevocation(organizationId: string) {
  return {
    id: toUnique('revocation'),
    organizationId,
    requestedBy: 'admin',
    requestedAt: '2026-03-02T14:00:00.000Z',
    scope: 'organization' as const,
    reason: null,
  };
}

async function connectUsers(store: Store, organizationId: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1)
    await store.accounts.connect(buildConnection({ organizationId, userId: `u${String(index)}` }));
}

describeEachDatabase('Revocations', (get) => {
  it('that are asked for at the same time close each account once, in one organization and in several', async () => {
    const { store } = createTestStore(get());
    const [one, two] = [toUnique('one'), toUnique('two')];
    await Promise.all([connectUsers(store, one, 30), connectUsers(store, two, 30)]);
    const close = async (organizationId: string, userId?: string) => {
      const revocation = buildRevocation(organizationId);
      const { total } = await store.accounts.close({ organizationId, userId }, revocation);
      return { organizationId, id: revocation.id, total };
    };
    const closed = await Promise.all([
      close(one, 'u3'),
      close(one),
      close(two),
      close(one, 'u3'),
      close(two, 'u29'),
      close(one),
      close(two),
      ...Array.from({ length: 10 }, (_, index) => close(two, `u${String(index)}`)),
    ]);
    const totalOf = (organizationId: string): number =>
      closed.filter((each) => each.organizationId === organizationId).reduce((sum, { total }) => sum + total, 0);
    expect([totalOf(one), totalOf(two)]).toEqual([30, 30]);
    for (const { organizationId, id, total } of closed) {
      const found = await store.revocations.find(organizationId, id);
      expect(found).toMatchObject({ total, revoked: 0 });
      expect(found?.finishedAt === null).toBe(total > 0);
    }
  });

  it('of one person are taken before the many that somebody else has closed', async () => {
    const { store, clock } = createTestStore(get());
    const [many, one] = [toUnique('many'), toUnique('one')];
    await Promise.all([connectUsers(store, many, 12), connectUsers(store, one, 1)]);
    await store.accounts.close({ organizationId: many }, buildRevocation(many));
    clock.forward(60_000);
    await store.accounts.close({ organizationId: one, userId: 'u0' }, { ...buildRevocation(one), scope: 'user' });
    const claimed = await store.revocations.claim(1000, 30_000);
    await store.revocations.confirm(
      claimed.map(({ id }) => id),
      clock.text(),
    );
    const places = [one, many].map((id) => claimed.findIndex(({ organizationId }) => organizationId === id));
    expect(places).not.toContain(-1);
    expect(places[0]).toBeLessThan(places[1] ?? 0);
  });

  it('are confirmed by several workers at once, each token by one of them, while others close and send again', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    await connectUsers(store, organizationId, 60);
    const all = buildRevocation(organizationId);
    await store.accounts.close({ organizationId }, all);
    const seen: string[] = [];
    const work = async (): Promise<void> => {
      for (;;) {
        const batch = await store.revocations.claim(7, 60_000);
        if (batch.length === 0) return;
        const mine = batch.filter((token) => token.organizationId === organizationId);
        seen.push(...mine.map(({ id }) => id));
        await store.revocations.confirm(
          batch.map(({ id }) => id),
          clock.text(),
        );
      }
    };
    const late = toUnique('late');
    await Promise.all([work(), work(), work(), work(), connectUsers(store, late, 5)]);
    expect(seen).toHaveLength(60);
    expect(new Set(seen).size).toBe(60);
    expect(await store.revocations.find(organizationId, all.id)).toMatchObject({
      total: 60,
      revoked: 60,
      finishedAt: clock.text(),
    });
  });

  it('are given back unsent without counting an attempt, and made due again for one organization or all', async () => {
    const { store, clock } = createTestStore(get());
    const [one, two] = [toUnique('one'), toUnique('two')];
    await connectUsers(store, one, 3);
    await connectUsers(store, two, 2);
    await store.accounts.close({ organizationId: one }, buildRevocation(one));
    await store.accounts.close({ organizationId: two }, buildRevocation(two));
    const first = await store.revocations.claim(10, 60_000);
    expect(first).toHaveLength(5);
    await store.revocations.giveBack(
      first.map(({ id }) => id),
      clock.text(),
    );
    const again = await store.revocations.claim(10, 60_000);
    expect(again.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
    const inAnHour = new Date(clock.now().getTime() + 3_600_000).toISOString();
    for (const { id } of again) await store.revocations.retryAt(id, inAnHour, 'unavailable 503');
    expect(await store.revocations.depth()).toMatchObject({ pending: 5, failing: 5 });
    expect(await store.revocations.claim(10, 60_000)).toEqual([]);
    expect(await store.revocations.makeDue(two)).toBe(2);
    const due = await store.revocations.claim(10, 60_000);
    expect(due.map(({ organizationId, attempts }) => [organizationId, attempts])).toEqual([
      [two, 2],
      [two, 2],
    ]);
    await store.revocations.confirm(
      due.map(({ id }) => id),
      clock.text(),
    );
    expect(await store.revocations.makeDue(null)).toBe(3);
    expect(await store.revocations.claim(10, 60_000)).toHaveLength(3);
  });

  it('go on with a newer pair that was put in the place of a token, until it is confirmed', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    const { account } = await store.accounts.connect(buildConnection({ organizationId }));
    const refreshing = await store.accounts.acquireLease(account.id, 'killed', 10_000, null);
    expect(refreshing).toBe(true);
    await store.accounts.close({ organizationId }, buildRevocation(organizationId));
    const claimOwn = async () =>
      (await store.revocations.claim(100, 1000)).find((token) => token.organizationId === organizationId);
    const closed = await claimOwn();
    expect(closed?.refreshToken).toMatch(/^refresh-/);
    const id = closed?.id ?? '';
    const newer = { accessToken: toUnique('newer-access'), refreshToken: toUnique('newer-refresh') };
    await store.revocations.replace(id, newer);
    expect(JSON.stringify(await get().db.read('SELECT * FROM revoked_token'))).not.toMatch(/newer-/);
    clock.forward(1000);
    expect(await claimOwn()).toMatchObject({ id, token: newer.accessToken, refreshToken: newer.refreshToken });
    await store.revocations.confirm([id], clock.text());
    await store.revocations.replace(id, newer);
    const [row] = await get().db.read('SELECT token, refresh_token, token_key_id FROM revoked_token WHERE id = ?', [
      id,
    ]);
    expect(row).toEqual({ token: null, refresh_token: null, token_key_id: null });
  });

  it('are finished with the last pair of each account, which counts once, and keep their counts when tokens are pruned', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    const { account } = await store.accounts.connect(buildConnection({ organizationId }));
    const unused = toUnique('unused');
    await store.accounts.keepForRevocation(account.id, { accessToken: unused });
    const revocation = buildRevocation(organizationId);
    expect((await store.accounts.close({ organizationId }, revocation)).total).toBe(1);
    const tokens = (await store.revocations.claim(500, 1000)).filter((each) => each.revocationId === revocation.id);
    expect(tokens.map(({ token }) => token)).toContain(unused);
    expect(tokens).toHaveLength(2);
    const [first, second] = tokens.map(({ id }) => id);
    await store.revocations.confirm([first ?? ''], clock.text());
    expect(await store.revocations.find(organizationId, revocation.id)).toMatchObject({ revoked: 0, finishedAt: null });
    const firstAt = clock.forward(1000);
    await store.revocations.confirm([second ?? ''], firstAt);
    const finished = { total: 1, revoked: 1, finishedAt: firstAt };
    expect(await store.revocations.find(organizationId, revocation.id)).toMatchObject(finished);
    const count = async () =>
      (await get().db.read('SELECT id FROM revoked_token WHERE revocation_id = ?', [revocation.id])).length;
    await store.revocations.prune(firstAt, 500);
    expect(await count()).toBe(2);
    const later = clock.forward(2000);
    while ((await store.revocations.prune(later, 1)) > 0);
    expect(await count()).toBe(0);
    expect(await store.revocations.find(organizationId, revocation.id)).toMatchObject(finished);
  });
});
