import { beforeEach, expect, it } from 'vitest';
import { createRotateKeys } from '../../src/operations/rotate-keys.ts';
import { createSecrets } from '../../src/store/secrets.ts';
import type { Store } from '../../src/store/store.ts';
import { describeEachDatabase } from '../support/database.ts';
import { buildConnection, createTestClock, createTestStore, toUnique } from '../support/store.ts';

const [second, first] = [
  { kid: 'second', key: new Uint8Array(32).fill(2) },
  { kid: 'first', key: new Uint8Array(32).fill(1) },
];
const never = new AbortController().signal;

describeEachDatabase('Encrypting again with the first key', (get) => {
  const storeWith = (...keys: { kid: string; key: Uint8Array }[]) =>
    createTestStore(get(), { secrets: createSecrets(keys), clock: createTestClock() }).store;

  beforeEach(async () => {
    for (const table of ['account', 'revoked_token', 'connect_state', 'revocation'])
      await get().db.write((tx) => tx.run(`DELETE FROM ${table}`));
  });

  /** An account, a token to be revoked and a connect state that keeps an authorization, all of the store's first key. */
  async function fill(store: Store) {
    const organizationId = toUnique('org');
    const connection = buildConnection({ organizationId });
    const { account } = await store.accounts.connect(connection);
    const gone = await store.accounts.connect(buildConnection({ organizationId, userId: 'gone' }));
    await store.accounts.acquireLease(gone.account.id, 'killed while refreshing', 10_000, null);
    await store.accounts.close(
      { accountId: gone.account.id },
      { id: toUnique('r'), organizationId, requestedBy: 'u', requestedAt: 'now', scope: 'user', reason: null },
    );
    const stateHash = toUnique('state');
    await store.connectStates.insert({
      stateHash,
      organizationId,
      userId: 'user',
      practitionerId: null,
      returnTo: null,
      createdAt: '2026-03-02T14:00:00.000Z',
      expiresAt: '2026-03-02T14:10:00.000Z',
    });
    const state = { stateHash, organizationId, userId: 'user' };
    await store.connectStates.saveExchanged(state, { answer: 'kept', accessToken: 'kept-access' });
    return { organizationId, account, connection, stateHash };
  }

  it('covers accounts, tokens to be revoked and connect states, and does nothing twice', async () => {
    const { account, connection, stateHash } = await fill(storeWith(first));
    const between = storeWith(second, first);
    expect(await between.encryptedTexts.countOlder()).toEqual([{ keyId: 'first', rows: 3 }]);
    const rotateKeys = createRotateKeys({ store: between });
    expect(await rotateKeys(never)).toEqual({ done: 3, left: [] });
    expect(await rotateKeys(never)).toEqual({ done: 0, left: [] });

    const after = storeWith(second);
    expect(await after.accounts.find(account.id)).toMatchObject({
      accessToken: connection.tokens.accessToken,
      refreshToken: connection.tokens.refreshToken,
    });
    expect(await after.connectStates.find(stateHash)).toMatchObject({ exchanged: 'kept' });
    await after.connectStates.use(stateHash, '2026-03-02T14:00:00.000Z');
    const tokens = (await after.revocations.claim(100, 1000)).map(({ token }) => token);
    expect(tokens).toHaveLength(2);
    expect(tokens).toContain('kept-access');
    expect(tokens).not.toContain(null);
  });

  it('knows every column that holds something encrypted', async () => {
    await fill(storeWith(first));
    const columns = new Set<string>();
    for (const { tableName, columns: described } of get().db.dataSource.entityMetadatas)
      for (const row of await get().db.read<Record<string, unknown>>(`SELECT * FROM ${tableName}`))
        for (const { databaseName } of described)
          if (/^ey[\w-]+\.[\w-]*\./.test(String(row[databaseName]))) columns.add(`${tableName}.${databaseName}`);
    expect([...columns].sort()).toEqual([
      'account.access_token',
      'account.refresh_token',
      'connect_state.exchanged',
      'connect_state.exchanged_token',
      'revoked_token.refresh_token',
      'revoked_token.token',
    ]);
  });

  it('goes past what it cannot open, however much that is, and counts it', async () => {
    const broken = storeWith({ kid: 'first', key: new Uint8Array(32).fill(9) });
    for (let index = 0; index < 210; index += 1)
      await broken.accounts.connect(buildConnection({ userId: `broken-${String(index)}` }));
    await fill(storeWith({ kid: 'unknown', key: new Uint8Array(32).fill(8) }));
    const { account } = await fill(storeWith(first));
    // The row that can be opened comes last.
    await get().db.write((tx) => tx.run("UPDATE account SET id = 'zzzz' WHERE id = ?", [account.id]));

    expect(await createRotateKeys({ store: storeWith(second, first) })(never)).toEqual({
      done: 3,
      left: [
        { keyId: 'first', rows: 210 },
        { keyId: 'unknown', rows: 3 },
      ],
    });
    expect(await storeWith(second).accounts.find('zzzz')).not.toBeNull();
    const [kept] = await get().db.read<{ total: number }>(
      "SELECT COUNT(*) AS total FROM account WHERE token_key_id = 'unknown' AND access_token IS NOT NULL",
    );
    expect(kept?.total).toBe(1);
  });

  it('leaves what was refreshed between its look and its write', async () => {
    const { account } = await fill(storeWith(first));
    const between = storeWith(second, first);
    const read = get().db.read.bind(get().db);
    const pair = {
      accessToken: 'newer',
      refreshToken: 'newer-refresh',
      expiresAt: '2026-03-02T18:00:00.000Z',
      scopes: [],
    };
    let refreshed = false;
    const racing = createTestStore(
      {
        ...get(),
        db: new Proxy(get().db, {
          get(target, property) {
            if (property !== 'read')
              return Reflect.get(target, property).bind?.(target) ?? Reflect.get(target, property);
            return async (sql: string, params: []) => {
              const rows = await read(sql, params);
              if (!refreshed && sql.includes('refresh_token') && sql.includes('FROM account')) {
                refreshed = true;
                await between.accounts.saveRefreshed(account.id, 1, pair);
              }
              return rows;
            };
          },
        }),
      },
      { secrets: createSecrets([second, first]) },
    ).store;
    expect(await createRotateKeys({ store: racing })(never)).toEqual({ done: 2, left: [] });
    expect(refreshed).toBe(true);
    expect(await storeWith(second).accounts.find(account.id)).toMatchObject({ accessToken: 'newer' });
  });

  it('tells how far it is, and ends early when it is stopped', async () => {
    await fill(storeWith(first));
    const stopping = new AbortController();
    const seen: number[] = [];
    const result = await createRotateKeys({ store: storeWith(second, first) })(stopping.signal, ({ done }) => {
      seen.push(done);
      stopping.abort();
    });
    expect(seen).toEqual([1]);
    expect(result).toEqual({ done: 1, left: [{ keyId: 'first', rows: 2 }] });
  });

  it('ends, and says what is left, while another process has another first key', async () => {
    await fill(storeWith(first));
    const store = storeWith(second, first);
    const other = createRotateKeys({ store: storeWith(first, second) });
    const encryptedTexts: Store['encryptedTexts'] = {
      ...store.encryptedTexts,
      async reencrypt(limit, after) {
        const batch = await store.encryptedTexts.reencrypt(limit, after);
        if (batch.next === null) await other(never);
        return batch;
      },
    };
    const { left } = await createRotateKeys({ store: { ...store, encryptedTexts } })(never);
    expect(left).toEqual([{ keyId: 'first', rows: 3 }]);
  });
});
