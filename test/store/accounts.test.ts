import { describe, expect, it } from 'vitest';
import type { ConnectionStatus } from '../../src/domain/account.ts';
import { ConnectStateUsedError } from '../../src/store/connecting.ts';
import { toClinicKey } from '../../src/store/keys.ts';
import type { RevokedToken } from '../../src/store/revocations.ts';
import { createSecrets } from '../../src/store/secrets.ts';
import type { Store } from '../../src/store/store.ts';
import { describeEachDatabase } from '../support/database.ts';
import { buildConnection, createTestStore, testKeys, toUnique } from '../support/store.ts';

function buildRevocation(organizationId: string, overrides: Record<string, unknown> = {}) {
  return {
    id: crypto.randomUUID(),
    organizationId,
    requestedBy: 'admin',
    requestedAt: '2026-03-02T15:00:00.000Z',
    scope: 'organization' as const,
    reason: null,
    ...overrides,
  };
}

/** Claims what is due and gives what belongs to one revocation. */
async function claimOf(store: Store, revocationId: string, leaseMs: number): Promise<RevokedToken[]> {
  return (await store.revocations.claim(500, leaseMs)).filter((token) => token.revocationId === revocationId);
}

describeEachDatabase('accounts', (get) => {
  it('connects, encrypted, and makes the first account the default', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const connection = buildConnection({ organizationId });
    const { account, replacedToken } = await store.accounts.connect(connection);
    expect(replacedToken).toBe(false);
    expect(account).toMatchObject({
      organizationId,
      userId: 'user',
      clinicId: 'clinic',
      state: 'ACTIVE',
      isDefault: true,
      scopes: ['clinic:read'],
      deniedScopes: [],
      verifiedAt: '2026-03-02T14:00:00.000Z',
    });
    expect(await store.accounts.find(account.id)).toEqual({ ...connection.tokens, version: 1 });
    const stored = JSON.stringify(await get().db.read('SELECT * FROM account WHERE id = ?', [account.id]));
    expect(stored).not.toContain(connection.tokens.accessToken);
    expect(stored).not.toContain(connection.tokens.refreshToken);
    expect(await store.accounts.findById('another', account.id)).toBeNull();
    expect(await store.accounts.findByIds(organizationId, [account.id, 'unknown'])).toEqual(
      new Map([[account.id, account]]),
    );
  });

  it('keeps the id when the same clinic is connected again, and queues the old token', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    const before = buildConnection({ organizationId });
    const first = await store.accounts.connect(before);
    await store.accounts.markDenied(first.account.id, 'clinic:write');
    clock.forward(1000);
    const after = buildConnection({ organizationId, fullscriptUserId: 'other' });
    const second = await store.accounts.connect(after);
    expect(second).toMatchObject({ replacedToken: true });
    expect(second.account).toMatchObject({ id: first.account.id, fullscriptUserId: 'other', deniedScopes: [] });
    expect(await store.accounts.find(first.account.id)).toMatchObject({
      accessToken: after.tokens.accessToken,
      version: 2,
    });
    const queued = (await store.revocations.claim(100, 1000)).filter(
      (token) => token.organizationId === organizationId,
    );
    expect(queued).toMatchObject([{ token: before.tokens.accessToken, revocationId: null, attempts: 1 }]);
  });

  it('ends with one account and one default however many connect at once', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    await Promise.all(
      ['x', 'y', 'x', 'y', 'x', 'z'].map((clinicId) =>
        store.accounts.connect(buildConnection({ organizationId, clinicId })),
      ),
    );
    const accounts = await store.accounts.findByUser(organizationId, 'user');
    expect(accounts.map((account) => account.clinicId).sort()).toEqual(['x', 'y', 'z']);
    expect(accounts.filter((account) => account.isDefault)).toHaveLength(1);
    expect(accounts[0]?.isDefault).toBe(true);
  });

  it('finds accounts of a user and of many practitioners with one statement each, revoked ones left out', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    for (const name of ['a', 'b', 'c']) {
      await store.accounts.connect(buildConnection({ organizationId, userId: name, practitionerId: `p-${name}` }));
      clock.forward(1);
    }
    await store.accounts.connect(
      buildConnection({ organizationId, userId: 'a', practitionerId: 'p-a', clinicId: '2' }),
    );
    await store.accounts.setDefault(organizationId, 'a', '2');
    await store.accounts.close({ organizationId, userId: 'c' }, buildRevocation(organizationId));
    const { statements } = get();
    statements.length = 0;
    const byPractitioner = await store.accounts.findByPractitioners(organizationId, ['p-a', 'p-b', 'p-c', 'nobody']);
    const byUser = await store.accounts.findByUser(organizationId, 'a');
    expect(statements).toHaveLength(2);
    expect([...byPractitioner.keys()].sort()).toEqual(['p-a', 'p-b']);
    expect(byPractitioner.get('p-a')?.map((account) => account.clinicId)).toEqual(['2', 'clinic']);
    expect(byUser.map((account) => account.clinicId)).toEqual(['2', 'clinic']);
    expect(await store.accounts.findByUser(organizationId, 'c')).toEqual([]);
    expect(await store.accounts.setDefault(organizationId, 'c', 'clinic')).toBe(false);
  });

  it('lists the organization, newest first, page by page', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    for (const userId of ['1', '2', '3', '4', '5']) {
      await store.accounts.connect(buildConnection({ organizationId, userId }));
      if (userId !== '2') clock.forward(1);
    }
    const seen: string[] = [];
    let after: { at: string; id: string } | null = null;
    for (let round = 0; round < 3; round += 1) {
      const page = await store.accounts.list(organizationId, { page: { first: 2, after } });
      expect(page.totalCount).toBe(5);
      expect(page.hasNextPage).toBe(round < 2);
      expect(page.hasPreviousPage).toBe(round > 0);
      seen.push(...page.rows.map((account) => account.userId));
      const last = page.rows.at(-1);
      after = last === undefined ? null : { at: last.connectedAt, id: last.id };
    }
    expect(seen.slice(0, 2)).toEqual(['5', '4']);
    expect(seen.slice(2, 4).sort()).toEqual(['2', '3']);
    expect(seen[4]).toBe('1');
    expect((await store.accounts.listAll(organizationId, 10)).map((account) => account.userId)).toEqual(seen);
    expect(
      (await store.accounts.list(organizationId, { page: { first: 9, after: null }, states: [] })).totalCount,
    ).toBe(0);
  });

  it('closes in one transaction: no token stays, the default moves on, closing twice is harmless', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    const tokens: string[] = [];
    for (const clinicId of ['1', '2', '3']) {
      const connection = buildConnection({ organizationId, clinicId });
      tokens.push(connection.tokens.accessToken);
      await store.accounts.connect(connection);
      clock.forward(1);
    }
    const one = buildRevocation(organizationId);
    const closed = await store.accounts.close({ organizationId, userId: 'user', clinicId: '1' }, one);
    expect(closed.total).toBe(1);
    const left = await store.accounts.findByUser(organizationId, 'user');
    expect(left.map((account) => [account.clinicId, account.isDefault])).toEqual([
      ['2', true],
      ['3', false],
    ]);
    const id = closed.accounts[0]?.id ?? '';
    expect(await store.accounts.find(id)).toBeNull();
    expect(await store.accounts.acquireLease(id, 'me', 1000, null)).toBe(false);
    expect(
      await get().db.read('SELECT state, access_token, refresh_token, token_version FROM account WHERE id = ?', [id]),
    ).toEqual([{ state: 'REVOKED', access_token: null, refresh_token: null, token_version: 2 }]);

    const again = buildRevocation(organizationId);
    expect((await store.accounts.close({ organizationId, userId: 'user', clinicId: '1' }, again)).total).toBe(0);
    expect(await store.revocations.find(organizationId, again.id)).toMatchObject({
      total: 0,
      revoked: 0,
      finishedAt: again.requestedAt,
    });
    expect(await store.revocations.find(organizationId, one.id)).toMatchObject({
      total: 1,
      revoked: 0,
      finishedAt: null,
    });
    expect(await store.revocations.find('another', one.id)).toBeNull();

    const [token] = await claimOf(store, one.id, 60_000);
    expect(token).toMatchObject({ token: tokens[0], revocationId: one.id, accountId: id, attempts: 1 });
    expect(await claimOf(store, one.id, 60_000)).toEqual([]);
    clock.forward(60_000);
    expect(await claimOf(store, one.id, 60_000)).toMatchObject([{ id: token?.id, attempts: 2 }]);
    const confirmedAt = clock.text();
    await store.revocations.confirm([token?.id ?? ''], confirmedAt);
    clock.forward(5);
    await store.revocations.confirm([token?.id ?? ''], clock.text());
    expect(await store.revocations.find(organizationId, one.id)).toMatchObject({ revoked: 1, finishedAt: confirmedAt });
    expect(await get().db.read('SELECT token FROM revoked_token WHERE id = ?', [token?.id ?? ''])).toEqual([
      { token: null },
    ]);
  });

  it('finishes a revocation exactly when its last token is confirmed, also by several at once', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        store.accounts.connect(buildConnection({ organizationId, userId: `u${String(i)}` })),
      ),
    );
    const revocation = buildRevocation(organizationId);
    expect((await store.accounts.close({ organizationId }, revocation)).total).toBe(12);
    const claims = await Promise.all(Array.from({ length: 4 }, () => claimOf(store, revocation.id, 1000)));
    const tokens = claims.flat();
    expect(new Set(tokens.map((token) => token.id)).size).toBe(12);
    const [last, ...others] = tokens;
    await Promise.all(others.map((token) => store.revocations.confirm([token.id], clock.text())));
    expect(await store.revocations.find(organizationId, revocation.id)).toMatchObject({
      revoked: 11,
      finishedAt: null,
    });
    await store.revocations.retryAt(last?.id ?? '', clock.text(), 'HTTP 503');
    expect(await claimOf(store, revocation.id, 1000)).toMatchObject([{ id: last?.id, attempts: 2 }]);
    await store.revocations.confirm([last?.id ?? ''], clock.text());
    expect(await store.revocations.find(organizationId, revocation.id)).toMatchObject({
      revoked: 12,
      finishedAt: clock.text(),
    });
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        store.accounts.connect(buildConnection({ organizationId, userId: `u${String(i)}` })),
      ),
    );
    const second = buildRevocation(organizationId);
    await store.accounts.close({ organizationId }, second);
    const all = await claimOf(store, second.id, 1000);
    await Promise.all(all.map((token) => store.revocations.confirm([token.id], clock.text())));
    expect(await store.revocations.find(organizationId, second.id)).toMatchObject({
      revoked: 12,
      finishedAt: clock.text(),
    });
  });

  it('refreshes by compare-and-set, under a lease that is taken by whoever has seen it end', async () => {
    const { store, clock } = createTestStore(get());
    const { account } = await store.accounts.connect(buildConnection({ organizationId: toUnique('org') }));
    const { accounts } = store;
    const untilOf = async () => (await accounts.findRefresh(account.id))?.leasedUntil ?? null;
    expect(await accounts.findRefresh(account.id)).toEqual({ version: 1, leasedUntil: null });
    const owners = ['a', 'b', 'c', 'd'];
    const takers = await Promise.all(owners.map((owner) => accounts.acquireLease(account.id, owner, 5000, null)));
    expect(takers.filter(Boolean)).toHaveLength(1);
    const holder = owners[takers.indexOf(true)] ?? '';
    await accounts.releaseLease(account.id, 'somebody else');
    const until = await untilOf();
    expect(until).toBe('2026-03-02T14:00:05.000Z');
    clock.forward(2000);
    await accounts.prolongLease(account.id, 'somebody else', 5000);
    expect(await untilOf()).toBe(until);
    await accounts.prolongLease(account.id, holder, 5000);
    const prolonged = await untilOf();
    expect(prolonged).toBe('2026-03-02T14:00:07.000Z');
    // Whoever has seen the end before it moved has not seen it pass.
    expect(await accounts.acquireLease(account.id, 'late', 5000, until)).toBe(false);
    expect(await accounts.acquireLease(account.id, 'late', 5000, null)).toBe(false);
    clock.forward(5000);
    expect(await accounts.acquireLease(account.id, 'late', 5000, prolonged)).toBe(true);
    expect(await accounts.acquireLease(account.id, 'later', 5000, prolonged)).toBe(false);
    await accounts.releaseLease(account.id, holder);
    expect(await accounts.acquireLease(account.id, 'later', 5000, null)).toBe(false);
    await accounts.releaseLease(account.id, 'late');
    expect(await accounts.acquireLease(account.id, 'later', 5000, null)).toBe(true);

    const pair = (name: string) => ({
      accessToken: name,
      refreshToken: `${name}-refresh`,
      expiresAt: '2026-03-02T20:00:00.000Z',
      scopes: ['clinic:read', 'clinic:write'],
    });
    const saved = await Promise.all(['p', 'q', 'r'].map((name) => accounts.saveRefreshed(account.id, 1, pair(name))));
    expect(saved.toSorted()).toEqual(['saved', 'superseded', 'superseded']);
    const winner = ['p', 'q', 'r'][saved.indexOf('saved')] ?? '';
    expect(await accounts.find(account.id)).toEqual({ ...pair(winner), version: 2 });

    expect(await accounts.markWithdrawn(account.id, 1, 'stale news')).toBe(false);
    expect(await accounts.find(account.id)).not.toBeNull();
    expect(await accounts.markWithdrawn(account.id, 2, 'Fullscript refused the refresh token')).toBe(true);
    expect(await accounts.markWithdrawn(account.id, 2, 'again')).toBe(false);
    expect(await accounts.find(account.id)).toBeNull();
    expect(await accounts.saveRefreshed(account.id, 2, pair('s'))).toBe('superseded');
    expect(await accounts.saveRefreshed('unknown', 2, pair('s'))).toBe('closed');
    expect(await accounts.findById(account.organizationId, account.id)).toMatchObject({
      state: 'RECONNECT_REQUIRED',
      stateReason: 'Fullscript refused the refresh token',
    });
  });

  it('queues a pair that arrives after the account was closed', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const { account } = await store.accounts.connect(buildConnection({ organizationId }));
    await store.accounts.close({ organizationId }, buildRevocation(organizationId));
    const late = toUnique('late');
    const pair = { accessToken: late, refreshToken: 'r', expiresAt: '2026-03-02T20:00:00.000Z', scopes: [] };
    expect(await store.accounts.saveRefreshed(account.id, 1, pair)).toBe('closed');
    const queued = await store.revocations.claim(100, 1000);
    expect(queued.map((token) => token.token)).toContain(late);
  });

  it('keeps a live pair that nobody uses until its account is closed', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    const { account } = await store.accounts.connect(buildConnection({ organizationId }));
    const [early, late] = [toUnique('early'), toUnique('late')];
    const claimTokens = async () => (await store.revocations.claim(100, 1000)).map((queued) => queued.token);
    await store.accounts.keepForRevocation(account.id, { accessToken: early });
    expect(await claimTokens()).not.toContain(early);
    await store.accounts.close({ organizationId }, buildRevocation(organizationId));
    expect(await claimTokens()).toContain(early);
    await store.accounts.keepForRevocation(account.id, { accessToken: late });
    expect(await claimTokens()).toContain(late);
    clock.forward(1000);
    const again = await store.accounts.connect(buildConnection({ organizationId }));
    const unused = toUnique('unused');
    await store.accounts.keepForRevocation(again.account.id, { accessToken: unused });
    await store.accounts.connect(buildConnection({ organizationId }));
    expect(await claimTokens()).toContain(unused);
  });

  it('lists only those that may have a status', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const connect = async (userId: string, scopes: string[]) => {
      const { tokens, ...rest } = buildConnection({ organizationId, userId });
      return (await store.accounts.connect({ ...rest, tokens: { ...tokens, scopes } })).account;
    };
    const needed = ['clinic:read', 'clinic:write'];
    await connect('whole', needed);
    await connect('lacking', ['clinic:read', 'clinic:write_more']);
    const denied = await connect('denied', needed);
    await store.accounts.markDenied(denied.id, 'clinic:write');
    const withdrawn = await connect('withdrawn', needed);
    await store.accounts.markWithdrawn(withdrawn.id, 1, 'gone');
    await connect('off', ['clinic:read']);
    const changedAt = '2026-03-02T14:00:00.000Z';
    await store.switches.set({ organizationId, userId: 'off', enabled: false, changedBy: 'admin', changedAt });
    const list = async (...statuses: ConnectionStatus[]) =>
      (await store.accounts.listAll(organizationId, 100, {}, { statuses, neededScopes: needed }))
        .map(({ userId }) => userId)
        .sort();
    expect(await list('RECONNECT_REQUIRED')).toEqual(['denied', 'lacking', 'withdrawn']);
    expect(await list('DISABLED')).toEqual(['off']);
    // Missing scopes are for the reader to tell.
    expect(await list('CONNECTED')).toEqual(['denied', 'lacking', 'whole']);
    expect(await list('DISABLED', 'RECONNECT_REQUIRED')).toEqual(['denied', 'lacking', 'off', 'withdrawn']);
    expect(await list('UNKNOWN')).toEqual([]);
    // As in a process that has another key.
    const unreadable = createTestStore(get(), { secrets: createSecrets([{ kid: 'other', key: new Uint8Array(32) }]) });
    const filter = { statuses: ['RECONNECT_REQUIRED' as const], neededScopes: needed };
    expect(await unreadable.store.accounts.listAll(organizationId, 100, {}, filter)).toHaveLength(4);
  });

  it('notes denied scopes once each and the newest proof of life', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const { account } = await store.accounts.connect(buildConnection({ organizationId }));
    await Promise.all(['a', 'b', 'a', 'c'].map((scope) => store.accounts.markDenied(account.id, scope)));
    await store.accounts.markVerified(account.id, '2026-03-05T00:00:00.000Z');
    await store.accounts.markVerified(account.id, '2026-03-04T00:00:00.000Z');
    const noted = await store.accounts.findById(organizationId, account.id);
    expect(noted?.deniedScopes.toSorted()).toEqual(['a', 'b', 'c']);
    expect(noted?.verifiedAt).toBe('2026-03-05T00:00:00.000Z');
    const waiting = await store.accounts.findUnverifiedSince('2026-03-05T00:00:00.001Z', 1000);
    expect(waiting.map((found) => found.id)).toContain(account.id);
    const fresh = await store.accounts.findUnverifiedSince('2026-03-05T00:00:00.000Z', 1000);
    expect(fresh.map((found) => found.id)).not.toContain(account.id);
  });

  it('knows the live accounts of a clinic and all live clinics', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinicKey = toClinicKey(organizationId, 'clinic');
    const { account } = await store.accounts.connect(buildConnection({ organizationId }));
    await store.accounts.connect(buildConnection({ organizationId, userId: 'second' }));
    expect((await store.accounts.findLiveByClinic(clinicKey)).map((found) => found.userId).sort()).toEqual([
      'second',
      'user',
    ]);
    const live = (await store.accounts.listLiveClinics()).filter((clinic) => clinic.organizationId === organizationId);
    expect(live).toEqual([{ organizationId, clinicId: 'clinic', clinicKey }]);
    await store.accounts.markWithdrawn(account.id, 1, 'gone');
    expect(await store.accounts.findLiveByClinic(clinicKey)).toHaveLength(1);
    expect((await store.accounts.countByState()).RECONNECT_REQUIRED).toBeGreaterThanOrEqual(1);
  });

  it('turns an account with a missing key into RECONNECT_REQUIRED instead of failing', async () => {
    const organizationId = toUnique('org');
    const before = createTestStore(get(), {
      secrets: createSecrets([{ kid: 'lost', key: new Uint8Array(32).fill(9) }]),
    });
    const { account } = await before.store.accounts.connect(buildConnection({ organizationId }));
    const errors: string[] = [];
    const { store } = createTestStore(get(), { onError: (message) => errors.push(message) });
    expect(await store.accounts.find(account.id)).toBeNull();
    expect(errors).toHaveLength(1);
    expect(await store.accounts.findById(organizationId, account.id)).toMatchObject({ state: 'RECONNECT_REQUIRED' });
    await store.accounts.close({ organizationId }, buildRevocation(organizationId));
    const queued = (await store.revocations.claim(100, 1000)).filter(
      (token) => token.organizationId === organizationId,
    );
    expect(queued).toMatchObject([{ token: null }]);
  });

  it.each([
    ['missing', { kid: 'another', key: new Uint8Array(32).fill(8) }],
    ['wrong under the same id', { kid: 'right', key: new Uint8Array(32).fill(8) }],
  ])('loses no authorization to a process whose key is %s, whatever it tries', async (_, key) => {
    const organizationId = toUnique('org');
    const right = createSecrets([{ kid: 'right', key: new Uint8Array(32).fill(9) }]);
    const { account } = await createTestStore(get(), { secrets: right }).store.accounts.connect(
      buildConnection({ organizationId }),
    );
    const errors: string[] = [];
    const wrong = createTestStore(get(), {
      secrets: createSecrets([key]),
      onError: (message) => errors.push(message),
    }).store;
    for (let again = 0; again < 3; again += 1) expect(await wrong.accounts.find(account.id)).toBeNull();
    expect(await wrong.accounts.findById(organizationId, account.id)).toMatchObject({
      state: 'RECONNECT_REQUIRED',
      stateReason: expect.stringContaining('cannot be decrypted') as string,
    });
    expect(errors).toHaveLength(1);
    const { store } = createTestStore(get(), { secrets: right });
    expect(await store.accounts.findById(organizationId, account.id)).toMatchObject({ state: 'ACTIVE' });
    expect(await store.accounts.find(account.id)).toMatchObject({ version: 1 });

    // Whoever connects anew there is connected there.
    await wrong.accounts.connect(buildConnection({ organizationId }));
    expect(await wrong.accounts.findById(organizationId, account.id)).toMatchObject({ state: 'ACTIVE' });
  });
});

describeEachDatabase('connect states', (get) => {
  const state = {
    organizationId: 'org',
    userId: 'user',
    practitionerId: null,
    returnTo: 'https://emr.example/back',
    createdAt: '2026-03-02T14:00:00.000Z',
    expiresAt: '2026-03-02T14:10:00.000Z',
  };

  it('are used once, and keep what was exchanged until then', async () => {
    const { store, clock } = createTestStore(get());
    const stateHash = toUnique('hash');
    await store.connectStates.insert({ ...state, stateHash });
    expect(await store.connectStates.find(stateHash)).toEqual({ ...state, stateHash, usedAt: null, exchanged: null });
    const keep = (answer: string, accessToken = 'canary-access') =>
      store.connectStates.saveExchanged({ ...state, stateHash }, { answer, accessToken });
    expect(await keep('{"token":"canary"}')).toBe(true);
    expect(await store.connectStates.find(stateHash)).toMatchObject({ exchanged: '{"token":"canary"}' });
    expect(JSON.stringify(await get().db.read('SELECT * FROM connect_state'))).not.toContain('canary');
    const uses = await Promise.all(
      Array.from({ length: 5 }, () => store.connectStates.use(stateHash, '2026-03-02T14:01:00.000Z')),
    );
    expect(uses.filter(Boolean)).toHaveLength(1);
    const late = toUnique('late');
    expect(await keep('late', late)).toBe(false);
    clock.forward(60_000);
    expect((await store.revocations.claim(100, 1000)).map(({ token }) => token)).toEqual(
      expect.arrayContaining(['canary-access', late]),
    );
    expect(await store.connectStates.find(stateHash)).toMatchObject({
      usedAt: '2026-03-02T14:01:00.000Z',
      exchanged: null,
    });
  });

  it('are pruned once they have ended', async () => {
    const { store } = createTestStore(get());
    const [old, young] = [toUnique('old'), toUnique('young')];
    await store.connectStates.insert({ ...state, stateHash: old, expiresAt: '2020-01-01T00:00:00.000Z' });
    await store.connectStates.insert({ ...state, stateHash: young });
    expect(await store.connectStates.prune('2020-01-02T00:00:00.000Z')).toBe(1);
    expect(await store.connectStates.find(old)).toBeNull();
    expect(await store.connectStates.find(young)).not.toBeNull();
  });

  /** A state that keeps an authorization, whose token tells where it comes from. */
  async function keepAuthorization(store: Store, overrides: Partial<typeof state> = {}) {
    const kept = { ...state, ...overrides, stateHash: toUnique('hash') };
    const accessToken = toUnique('kept');
    await store.connectStates.insert(kept);
    await store.connectStates.saveExchanged(kept, { answer: JSON.stringify({ accessToken }), accessToken });
    return { stateHash: kept.stateHash, accessToken };
  }
  const claimTokens = async (store: Store) => (await store.revocations.claim(500, 1000)).map(({ token }) => token);

  it('are used up together with the account, and never cost it its own token', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const { stateHash, accessToken } = await keepAuthorization(store, { organizationId });
    const connection = buildConnection({ organizationId, stateHash, metadataId: 'org:practitioner' });
    const own = { ...connection, tokens: { ...connection.tokens, accessToken } };
    const { account } = await store.accounts.connect(own);
    expect(await store.connectStates.find(stateHash)).toMatchObject({ exchanged: null });
    expect((await store.connectStates.find(stateHash))?.usedAt).not.toBeNull();
    expect(await store.metadataTasks.claim(500, 1000)).toContainEqual(
      expect.objectContaining({ organizationId, kind: 'practitioner', value: 'org:practitioner' }),
    );
    await expect(store.accounts.connect(own)).rejects.toThrow(ConnectStateUsedError);
    await store.accounts.connect({ ...own, stateHash: undefined });
    expect(await claimTokens(store)).not.toContain(accessToken);
    const other = buildConnection({ organizationId, stateHash });
    await expect(store.accounts.connect(other)).rejects.toThrow(ConnectStateUsedError);
    expect(await claimTokens(store)).toContain(other.tokens.accessToken);
    expect(await store.accounts.find(account.id)).toMatchObject({ accessToken });
  });

  it('give what they keep to whoever closes the user, the organization or all, and count it', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    await store.accounts.connect(buildConnection({ organizationId, userId: 'connected' }));
    const first = await keepAuthorization(store, { organizationId, userId: 'first' });
    const second = await keepAuthorization(store, { organizationId, userId: 'second' });
    const elsewhere = await keepAuthorization(store, { organizationId: toUnique('elsewhere'), userId: 'first' });
    const ofClinic = { organizationId, userId: 'first', clinicId: 'clinic' };
    expect((await store.accounts.close(ofClinic, buildRevocation(organizationId))).total).toBe(0);
    const ofUser = buildRevocation(organizationId);
    expect((await store.accounts.close({ organizationId, userId: 'first' }, ofUser)).total).toBe(1);
    const [token] = await claimOf(store, ofUser.id, 1000);
    expect(token).toMatchObject({ token: first.accessToken, accountId: null, organizationId, userId: 'first' });
    expect(await store.revocations.find(organizationId, ofUser.id)).toMatchObject({ total: 1, finishedAt: null });
    await store.revocations.confirm([token?.id ?? ''], '2026-03-02T14:05:00.000Z');
    expect(await store.revocations.find(organizationId, ofUser.id)).toMatchObject({
      total: 1,
      revoked: 1,
      finishedAt: '2026-03-02T14:05:00.000Z',
    });
    expect((await store.connectStates.find(first.stateHash))?.usedAt).not.toBeNull();
    const ofAll = buildRevocation(organizationId);
    expect((await store.accounts.close({ organizationId }, ofAll)).total).toBe(2);
    const tokens = (await claimOf(store, ofAll.id, 1000)).map((claimed) => claimed.token);
    expect(tokens).toContain(second.accessToken);
    expect((await store.connectStates.find(elsewhere.stateHash))?.usedAt).toBeNull();
    expect((await store.accounts.close({ organizationId }, buildRevocation(organizationId))).total).toBe(0);
  });

  it('leave what they keep to be revoked when they are pruned', async () => {
    const { store } = createTestStore(get());
    const old = await keepAuthorization(store, { expiresAt: '2020-01-01T00:00:00.000Z' });
    const young = await keepAuthorization(store);
    expect(await store.connectStates.prune('2020-01-02T00:00:00.000Z')).toBe(1);
    expect(await store.connectStates.find(old.stateHash)).toBeNull();
    const tokens = await claimTokens(store);
    expect(tokens).toContain(old.accessToken);
    expect(tokens).not.toContain(young.accessToken);
  });
});

describe('secrets', () => {
  it('open what any configured key made, and say nothing of what they cannot open', async () => {
    const old = createSecrets(testKeys.slice(1));
    const both = createSecrets(testKeys);
    const jwe = await old.encrypt('hello ä 😀');
    expect(await both.decrypt(jwe)).toBe('hello ä 😀');
    expect(await both.encrypt('x')).not.toBe(await both.encrypt('x'));
    const other = createSecrets([{ kid: 'first', key: new Uint8Array(32).fill(7) }]);
    const attempts = [
      () => other.decrypt(jwe),
      () => both.decrypt(jwe.slice(0, -4)),
      () => both.decrypt('canary'),
      () => createSecrets(testKeys.slice(0, 1)).decrypt(jwe),
    ];
    for (const attempt of attempts) {
      const error = await attempt().catch((caught: unknown) => caught);
      expect(error).toMatchObject({ name: 'UndecryptableError' });
      expect(String(error)).not.toContain('canary');
    }
  });

  it('refuse keys that cannot work', () => {
    expect(() => createSecrets([])).toThrow('At least one');
    expect(() => createSecrets([{ kid: 'a', key: new Uint8Array(16) }])).toThrow('32 bytes');
    expect(() => createSecrets([testKeys[0], testKeys[0]].filter((key) => key !== undefined))).toThrow('same id');
  });
});
