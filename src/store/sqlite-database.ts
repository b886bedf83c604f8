import { mkdirSync, statSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations/all.ts';
import type { Database, SqlValue, Transaction } from './database.ts';
import { DatabaseFailure, isBusy, toDatabaseFailure } from './database-failure.ts';
import { entities } from './entities/all.ts';
import { findPendingMigrations, revertLastMigration, runMigrations } from './migrating.ts';

type Connection = BetterSqlite3.Database;
type Statement = BetterSqlite3.Statement;

/** How long a writer waits for other processes on the same file before it gives up. */
const writeWaitMs = 30_000;
/** How many prepared statements each connection keeps. */
const statementsKept = 300;

/**
 * Opens a SQLite file, made with its folder when missing. Everything that writes goes through one connection behind a queue, in
 * transactions that take the file's write lock at their beginning; reads have a second connection. So overlapping transactions
 * of one process cannot swallow each other, and several processes on one machine may share the file.
 */
export async function openSqliteDatabase(path: string, onStatement?: (sql: string) => void): Promise<Database> {
  if (path === '' || path === ':memory:') throw new TypeError('SQLite needs the path of a file');
  const file = resolve(path);
  mkdirSync(dirname(file), { recursive: true });
  const writer = await connect(file);
  const reader = await connect(file);
  reader.pragma('query_only = ON');
  // Waiting blocks this process, so the writer waits for moments only and tries again from a timer.
  writer.pragma('busy_timeout = 20');
  // TypeORM gets the writer's connection, so that migrations stand in the same queue.
  const lend = function (): Connection {
    return writer;
  };
  const dataSource = new DataSource({
    type: 'better-sqlite3',
    database: file,
    driver: lend,
    entities,
    migrations,
    synchronize: false,
    logging: false,
    statementCacheSize: 0,
  });
  await dataSource.initialize();
  return new SqliteDatabase(
    dataSource,
    { path: file, opened: statSync(file) },
    writer,
    reader,
    onStatement ?? (() => undefined),
  );
}

async function connect(file: string): Promise<Connection> {
  const connection = new BetterSqlite3(file, { timeout: 5000 });
  // Switching to WAL needs the file for itself for a moment and does not wait for it.
  await patiently(() => connection.pragma('journal_mode = WAL'), 'PRAGMA journal_mode');
  connection.pragma('synchronous = NORMAL');
  connection.pragma('foreign_keys = ON');
  return connection;
}

async function patiently<T>(attempt: () => T, statement: string): Promise<T> {
  const giveUpAt = Date.now() + writeWaitMs;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      const failure = toDatabaseFailure(error, statement);
      if (!isBusy(failure) || Date.now() > giveUpAt) throw failure;
      await wait(2 + Math.random() * 20);
    }
  }
}

class Statements {
  readonly #connection: Connection;
  readonly #prepared = new Map<string, Statement>();
  readonly #onStatement: (sql: string) => void;

  constructor(connection: Connection, onStatement: (sql: string) => void) {
    this.#connection = connection;
    this.#onStatement = onStatement;
  }

  all<T>(sql: string, params: readonly SqlValue[]): T[] {
    this.#onStatement(sql);
    try {
      return this.#prepare(sql).all(toBindings(params)) as T[];
    } catch (error) {
      throw toDatabaseFailure(error, sql);
    }
  }

  run(sql: string, params: readonly SqlValue[]): number {
    this.#onStatement(sql);
    try {
      return this.#prepare(sql).run(toBindings(params)).changes;
    } catch (error) {
      throw toDatabaseFailure(error, sql);
    }
  }

  #prepare(sql: string): Statement {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement: Statement = this.#connection.prepare(sql);
    if (this.#prepared.size >= statementsKept) {
      const oldest = this.#prepared.keys().next();
      if (!oldest.done) this.#prepared.delete(oldest.value);
    }
    this.#prepared.set(sql, statement);
    return statement;
  }
}

function toBindings(params: readonly SqlValue[]): SqlValue[] {
  return params.map((value) => (typeof value === 'boolean' ? Number(value) : value));
}

/** The file behind the connections, as it was when they were made. */
interface OpenedFile {
  path: string;
  opened: Pick<Stats, 'ino' | 'dev'>;
}

class SqliteDatabase implements Database {
  readonly engine = 'sqlite';
  readonly dataSource: DataSource;
  readonly #file: OpenedFile;
  readonly #writer: Connection;
  readonly #reader: Connection;
  readonly #reading: Statements;
  readonly #transaction: Transaction;
  readonly #onStatement: (sql: string) => void;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    dataSource: DataSource,
    file: OpenedFile,
    writer: Connection,
    reader: Connection,
    onStatement: (sql: string) => void,
  ) {
    this.dataSource = dataSource;
    this.#file = file;
    this.#writer = writer;
    this.#reader = reader;
    this.#onStatement = onStatement;
    this.#reading = new Statements(reader, onStatement);
    const writing = new Statements(writer, onStatement);
    this.#transaction = {
      engine: 'sqlite',
      read: <T>(sql: string, params: readonly SqlValue[] = []) => settle(() => writing.all<T>(sql, params)),
      run: (sql, params = []) => settle(() => writing.run(sql, params)),
    };
  }

  read<T>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    return settle(() => this.#reading.all<T>(sql, params));
  }

  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const mine = this.#queue.then(() => this.#inTransaction(() => work(this.#transaction)));
    this.#queue = mine.catch(() => undefined);
    return mine;
  }

  async #inTransaction<T>(work: () => Promise<T>): Promise<T> {
    await patiently(() => this.#control('BEGIN IMMEDIATE'), 'BEGIN IMMEDIATE');
    try {
      const result = await work();
      await patiently(() => this.#control('COMMIT'), 'COMMIT');
      return result;
    } catch (error) {
      if (this.#writer.inTransaction) this.#control('ROLLBACK');
      throw error;
    }
  }

  #control(sql: string): void {
    this.#onStatement(sql);
    this.#writer.exec(sql);
  }

  async ping(): Promise<void> {
    const { path, opened } = this.#file;
    // Connections go on answering from a file that was deleted or replaced, but nobody will ever see what they write.
    const current = await stat(path).catch(() => null);
    if (current?.ino !== opened.ino || current.dev !== opened.dev)
      throw new DatabaseFailure('unavailable', 'SQLITE_CANTOPEN', 'SELECT 1');
    await this.read('SELECT 1');
  }

  migrate(): Promise<string[]> {
    return this.write(() => runMigrations(this.dataSource, 'none'));
  }

  revertMigration(): Promise<string | null> {
    return this.write((tx) => revertLastMigration(this.dataSource, tx, 'none'));
  }

  pendingMigrations(): Promise<string[]> {
    return findPendingMigrations(this);
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.dataSource.destroy();
    this.#reader.close();
    if (this.#writer.open) this.#writer.close();
  }
}

function settle<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new DatabaseFailure('other', 'UNKNOWN', ''));
  }
}
