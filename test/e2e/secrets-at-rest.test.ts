import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSecrets } from '../../src/store/secrets.ts';
import { readConfig } from '../../src/config.ts';
import { createCanaries, findCanaries, findLeaks, plantCanaries } from '../support/canaries.ts';
import { collectRecords } from '../support/clinical-records.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { createEveryOperation, type EveryOperation } from '../support/every-operation.ts';
import { createWatchedLog } from '../support/watched-log.ts';

describeEachDatabase('What a database holds and says', (get) => {
  const canaries = createCanaries();
  const log = createWatchedLog();
  let deployment: Deployment;
  let everything: EveryOperation;
  /** Every access and refresh token there ever was. */
  const tokens = new Set<string>();

  function noteTokens(): void {
    for (const { accessToken, refreshToken } of deployment.sandbox.sandbox.state.tokens.values())
      tokens.add(accessToken).add(refreshToken);
  }
  async function listTables(): Promise<string[]> {
    const { db } = get();
    const rows = await db.read<{ name: string }>(
      db.engine === 'sqlite'
        ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        : 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
    );
    return rows.map(({ name }) => name).filter((name) => name !== 'migrations');
  }
  async function dump(): Promise<string> {
    const { db } = get();
    const quote = db.engine === 'sqlite' ? '"' : '`';
    const tables = await listTables();
    return JSON.stringify(await Promise.all(tables.map((name) => db.read(`SELECT * FROM ${quote}${name}${quote}`))));
  }
  const listSecrets = (): string[] => {
    const { state } = deployment.sandbox.sandbox;
    return [
      ...tokens,
      ...state.codes.keys(),
      ...[...state.sessionGrants.values()].map(({ secretToken }) => secretToken),
      ...everything.capabilities,
      ...['FULLSCRIPT_CLIENT_SECRET', 'FULLSCRIPT_WEBHOOK_SECRET', 'GATEWAY_SECRET', 'EMR_SERVICE_TOKEN'].map(
        (name) => deployment.env[name] ?? '',
      ),
      (deployment.env['ENCRYPTION_KEYS'] ?? '').slice('k1:'.length),
    ];
  };

  beforeAll(async () => {
    deployment = await startDeployment({
      databaseUrl: get().url,
      env: { LOG_LEVEL: 'trace' },
      outside: { log: log.log },
      sandbox: { restrictedEndpoints: true },
    });
    plantCanaries(canaries, deployment.sandbox.sandbox, deployment.emr.store);
    const email = canaries.emailOf('ada@cedarrow.example');
    await deployment.connect('u-ada', email);
    await deployment.connect('u-ben', canaries.emailOf('ben@cedarrow.example'));
    await deployment.connect('u-carla', canaries.emailOf('carla@cedarrow.example'));
    noteTokens();
    const records = await collectRecords(deployment, 'u-ada');
    everything = createEveryOperation(deployment, canaries, records, { email, restrictedUrl: deployment.app.url });
    for (const step of everything.steps) {
      await step.run();
      noteTokens();
    }
  }, 120_000);
  afterAll(() => deployment.stop());

  it('has tokens and secrets nowhere in clear, and the tokens under its own encryption', async () => {
    const text = await dump();
    expect(findCanaries(text).length).toBeGreaterThan(50);
    const inClear = listSecrets().filter((secret) => secret.length < 8 || text.includes(secret));
    expect(inClear).toEqual([]);
    expect(text).not.toMatch(/eyJhbGciOiJFUzI1NiI/);

    const secrets = createSecrets(readConfig(deployment.env).encryptionKeys);
    const sealed = [...new Set(text.match(/eyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+/g))];
    const opened = await Promise.all(sealed.map((jwe) => secrets.decrypt(jwe)));
    const live = [...deployment.sandbox.sandbox.state.tokens.values()].filter(({ endedAt }) => endedAt === null);
    const isKept = (token: string): boolean => opened.some((plain) => plain.includes(token));
    expect(live.filter(({ accessToken, refreshToken }) => isKept(accessToken) && isKept(refreshToken))).not.toEqual([]);
  });

  it('has none of them in the bytes of its file either', ({ skip }) => {
    if (get().db.engine !== 'sqlite') skip('the files of a server are its own');
    const path = get().url.slice('sqlite:'.length);
    const folder = dirname(path);
    const files = readdirSync(folder);
    expect(files.length).toBeGreaterThan(0);
    const bytes = files.map((name) => readFileSync(join(folder, name)).toString('latin1')).join('');
    expect(findCanaries(bytes).length).toBeGreaterThan(50);
    expect(listSecrets().filter((secret) => bytes.includes(secret))).toEqual([]);
  });

  it('repeats no value in what it says when a statement fails', async () => {
    const { db } = get();
    const word = canaries.word('rows');
    const quote = db.engine === 'sqlite' ? '"' : '`';
    const table = `${quote}canary_cage${quote}`;
    await db.dataSource.query(
      `CREATE TABLE ${table} (name VARCHAR(40) PRIMARY KEY, age INTEGER NOT NULL CHECK (age < 200))`,
    );
    const insert = (name: string, age: string | number | null): Promise<unknown> =>
      db.write((tx) => tx.run(`INSERT INTO ${table} (name, age) VALUES (?, ?)`, [name, age]));
    await insert(word, 1);
    const failing: [string, () => Promise<unknown>][] = [
      ['the same key twice', () => insert(word, 2)],
      ['nothing where something must be', () => insert(`${word}2`, null)],
      ['a value that a rule forbids', () => insert(`${word}3`, 300)],
      ['no such column', () => db.read(`SELECT nothing FROM ${table} WHERE name = ?`, [word])],
      ['no such table', () => db.read('SELECT * FROM nothing WHERE name = ?', [word])],
      ...(db.engine === 'sqlite'
        ? []
        : ([
            ['too long', () => insert(word.repeat(10), 1)],
            ['no number', () => insert(`${word}4`, word)],
            ['bad JSON', () => db.read('SELECT JSON_LENGTH(?) > 0 + JSON_EXTRACT(?, ?) AS x', ['[1]', word, word])],
          ] as [string, () => Promise<unknown>][])),
    ];
    for (const [what, fail] of failing) {
      const error: unknown = await fail().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (what !== 'bad JSON') expect(error, what).toBeInstanceOf(Error);
      log.log.error({ err: error }, what);
      expect(findLeaks(`${String(error)} ${JSON.stringify(error)}`), what).toEqual([]);
    }
    await db.dataSource.query(`DROP TABLE ${table}`);
    expect(findLeaks([...log.lines, ...log.raw].join(''), listSecrets())).toEqual([]);
  });

  it('repeats none when a table is gone under whatever is asked', async () => {
    const { db } = get();
    const quote = db.engine === 'sqlite' ? '"' : '`';
    const rename = (from: string, to: string): Promise<unknown> =>
      db.dataSource.query(`ALTER TABLE ${quote}${from}${quote} RENAME TO ${quote}${to}${quote}`);
    const failing = everything.steps.filter(({ name }) => ['patient', 'recommendation', 'revocation'].includes(name));
    expect(failing).toHaveLength(3);
    const before = everything.answers.length;
    for (const table of await listTables()) {
      await rename(table, 'away');
      for (const step of failing) await step.run().catch(() => undefined);
      await rename('away', table);
    }
    const errors = everything.answers.slice(before).flatMap((answer) => answer.errors);
    expect(errors.filter(({ extensions }) => extensions['code'] === 'INTERNAL_SERVER_ERROR').length).toBeGreaterThan(
      10,
    );
    expect(log.lines.join('')).toContain('The database refused a statement');
    expect(findLeaks(JSON.stringify(errors), listSecrets())).toEqual([]);
    expect(findLeaks([...log.lines, ...log.raw].join(''), listSecrets())).toEqual([]);
  }, 300_000);
});
