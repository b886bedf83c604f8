import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe } from 'vitest';
import { openDatabase } from '../../src/store/data-source.ts';
import type { Database } from '../../src/store/database.ts';

/** Where the machine's own server is looked for when TEST_DATABASE_URL names none. */
const usualServer = 'mysql://root@127.0.0.1:3306';

/** An open, empty but migrated database of one test file. */
export interface TestDatabase {
  db: Database;
  /** For a second connection to the same database. */
  url: string;
  /** Every statement sent so far; set its length to 0 to count anew. */
  statements: string[];
}

/** An engine that tests can run on. */
export interface TestEngine {
  name: string;
  /** Makes a throw-away database; `migrate: false` leaves it without tables. `close` drops it. */
  open(options?: { migrate?: boolean }): Promise<TestDatabase & { close(): Promise<void> }>;
}

/** Whether an engine takes part in the tests, and if not, why. */
export interface EngineReport {
  name: string;
  runs: boolean;
  reason: string;
}

const found = await findEngines();

/** The engines that tests run on here: SQLite always, and every server that was named or found. */
export function testDatabases(): readonly TestEngine[] {
  return found.engines;
}

/** Which databases the tests ran on and which not, and why; for the last lines of a test run. */
export function databaseReport(): readonly EngineReport[] {
  return found.report;
}

/** Declares the same tests once per engine; `get` gives the file's database inside a test. */
export function describeEachDatabase(name: string, declare: (get: () => TestDatabase) => void): void {
  for (const engine of testDatabases()) {
    describe(`${name} on ${engine.name}`, () => {
      let open: Awaited<ReturnType<TestEngine['open']>> | undefined;
      beforeAll(async () => {
        open = await engine.open();
      }, 60_000);
      afterAll(async () => {
        await open?.close();
      }, 60_000);
      declare(() => {
        if (open === undefined) throw new Error('The database is open inside of tests only');
        return open;
      });
    });
  }
}

async function findEngines(): Promise<{ engines: TestEngine[]; report: EngineReport[] }> {
  const engines: TestEngine[] = [sqliteEngine()];
  const report: EngineReport[] = [{ name: 'SQLite', runs: true, reason: 'always' }];
  const named = (process.env['TEST_DATABASE_URL'] ?? '').split(',').map((url) => url.trim());
  const wanted = named.filter((url) => url !== '');
  for (const url of wanted.length > 0 ? wanted : [usualServer]) {
    const { host } = new URL(url);
    const version = await findVersion(url);
    if (version === null) {
      // A server that was asked for by name must be there; the usual one may be missing.
      if (wanted.length > 0) throw new Error(`TEST_DATABASE_URL names ${host}, which does not answer`);
      report.push({
        name: 'MySQL or MariaDB',
        runs: false,
        reason: `nothing answers on ${host} as root without a password, and TEST_DATABASE_URL is not set`,
      });
      continue;
    }
    const name = `${/mariadb/i.test(version) ? 'MariaDB' : 'MySQL'} ${version.split('-')[0] ?? ''} at ${host}`;
    engines.push(serverEngine(name, url));
    report.push({ name, runs: true, reason: wanted.length > 0 ? 'named by TEST_DATABASE_URL' : 'found' });
  }
  return { engines, report };
}

async function findVersion(url: string): Promise<string | null> {
  try {
    const connection = await mysql.createConnection({ uri: toServerUrl(url), connectTimeout: 3000 });
    const [rows] = await connection.query<({ version: string } & mysql.RowDataPacket)[]>('SELECT VERSION() AS version');
    connection.destroy();
    return rows[0]?.version ?? null;
  } catch {
    return null;
  }
}

function toServerUrl(url: string): string {
  const parsed = new URL(url);
  parsed.pathname = '/';
  return parsed.toString();
}

async function openTest(url: string, migrate: boolean, drop: () => Promise<void> | void) {
  const statements: string[] = [];
  const db = await openDatabase({ url, poolSize: 8, onStatement: (sql) => statements.push(sql) });
  if (migrate) await db.migrate();
  return {
    db,
    url,
    statements,
    async close() {
      await db.close();
      await drop();
    },
  };
}

function sqliteEngine(): TestEngine {
  return {
    name: 'SQLite',
    open({ migrate = true } = {}) {
      const folder = mkdtempSync(join(tmpdir(), 'fullscript-test-'));
      return openTest(`sqlite:${join(folder, 'made', 'test.db')}`, migrate, () => {
        rmSync(folder, { recursive: true, force: true });
      });
    },
  };
}

function serverEngine(name: string, serverUrl: string): TestEngine {
  return {
    name,
    async open({ migrate = true } = {}) {
      const database = `fullscript_test_${String(process.pid)}_${randomBytes(4).toString('hex')}`;
      const url = new URL(serverUrl);
      url.pathname = `/${database}`;
      await onServer(serverUrl, `CREATE DATABASE ${database}`);
      return openTest(url.toString(), migrate, () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${database}`));
    },
  };
}

async function onServer(serverUrl: string, sql: string): Promise<void> {
  const connection = await mysql.createConnection(toServerUrl(serverUrl));
  try {
    await connection.query(sql);
  } finally {
    connection.destroy();
  }
}
