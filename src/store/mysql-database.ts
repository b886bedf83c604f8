import { setTimeout as wait } from 'node:timers/promises';
import mysql from 'mysql2';
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations/all.ts';
import type { Database, Engine, SqlValue, Transaction } from './database.ts';
import { DatabaseFailure, isBusy, toDatabaseFailure } from './database-failure.ts';
import { entities } from './entities/all.ts';
import { findPendingMigrations, revertLastMigration, runMigrations } from './migrating.ts';

/** How often a transaction is begun again after a deadlock or a lock time-out. */
const attemptsPerWrite = 8;
/** How long a ping waits for its answer. */
const pingWaitMs = 3000;
/** How long a process waits for another one that migrates. */
const migrationWaitSeconds = 120;

/** Opens a MySQL or MariaDB database behind a pool; which of the two it is, the server says. */
export async function openMysqlDatabase(
  url: string,
  poolSize: number,
  onStatement?: (sql: string) => void,
): Promise<Database> {
  const address = readAddress(url);
  const engine = await findEngine(address);
  const collation = engine === 'mariadb' ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
  let pool: mysql.Pool | undefined;
  const dataSource = new DataSource({
    type: engine,
    host: address.host,
    port: address.port,
    username: address.user,
    password: address.password,
    database: address.database,
    ...(address.ssl === undefined ? {} : { ssl: address.ssl }),
    entities,
    migrations,
    synchronize: false,
    logging: false,
    poolSize,
    charset: 'UTF8MB4_BIN',
    timezone: 'Z',
    supportBigNumbers: true,
    bigNumberStrings: false,
    connectTimeout: 10_000,
    extra: { jsonStrings: true, decimalNumbers: true },
    driver: {
      createPool(options: mysql.PoolOptions): mysql.Pool {
        pool = mysql.createPool(options);
        pool.on('connection', (connection) => {
          prepareSession(connection, collation);
        });
        return pool;
      },
    },
  });
  try {
    await dataSource.initialize();
  } catch (error) {
    throw toDatabaseFailure(error, 'connect');
  }
  if (pool === undefined) throw new Error('The driver made no pool');
  return new MysqlDatabase(engine, dataSource, pool, address, onStatement ?? (() => undefined));
}

interface Address {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  ssl?: { rejectUnauthorized: boolean };
}

function readAddress(url: string): Address {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new TypeError('The database address is not a URL');
  }
  const database = decodeURIComponent(parsed.pathname.slice(1));
  if (parsed.hostname === '' || database === '') throw new TypeError('The database address needs a host and a name');
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 3306 : Number(parsed.port),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database,
    ...(parsed.searchParams.get('ssl') === 'on' ? { ssl: { rejectUnauthorized: true } } : {}),
  };
}

async function findEngine(address: Address): Promise<'mysql' | 'mariadb'> {
  return withConnection(address, async (connection) => {
    const [rows] = await connection.query<({ version: string } & mysql.RowDataPacket)[]>('SELECT VERSION() AS version');
    return /mariadb/i.test(rows[0]?.version ?? '') ? 'mariadb' : 'mysql';
  });
}

async function withConnection<T>(
  address: Address,
  work: (connection: ReturnType<mysql.Connection['promise']>) => Promise<T>,
): Promise<T> {
  const connection = mysql.createConnection({ ...address, connectTimeout: 10_000 });
  // A connection error is reported by the query that runs into it; without a listener it would end the process.
  connection.on('error', () => undefined);
  try {
    return await work(connection.promise());
  } catch (error) {
    throw toDatabaseFailure(error, 'connect');
  } finally {
    connection.destroy();
  }
}

/** These stand in the connection's queue before whatever it was taken from the pool for. */
function prepareSession(connection: Pick<mysql.Connection, 'query' | 'on'>, collation: string): void {
  const ignore = (): void => undefined;
  connection.query(
    `SET SESSION collation_connection = '${collation}', innodb_lock_wait_timeout = 10, ` +
      `sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
    ignore,
  );
  connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', ignore);
}

class MysqlDatabase implements Database {
  readonly engine: Engine;
  readonly dataSource: DataSource;
  readonly #pool: mysql.Pool;
  readonly #address: Address;
  readonly #onStatement: (sql: string) => void;

  constructor(
    engine: Engine,
    dataSource: DataSource,
    pool: mysql.Pool,
    address: Address,
    onStatement: (sql: string) => void,
  ) {
    this.engine = engine;
    this.dataSource = dataSource;
    this.#pool = pool;
    this.#address = address;
    this.#onStatement = onStatement;
  }

  read<T>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    return this.#query(this.#pool, sql, params) as Promise<T[]>;
  }

  #query(on: mysql.Pool | mysql.PoolConnection, sql: string, params: readonly SqlValue[]): Promise<unknown> {
    this.#onStatement(sql);
    return new Promise((resolve, reject) => {
      on.query(sql, [...params], (error: Error | null, rows: unknown) => {
        if (error) reject(toDatabaseFailure(error, sql));
        else resolve(rows);
      });
    });
  }

  async write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#inTransaction(work);
      } catch (error) {
        if (!isBusy(error) || attempt >= attemptsPerWrite) throw error;
        await wait(Math.random() * Math.min(500, 10 * 2 ** attempt));
      }
    }
  }

  async #inTransaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const connection = await this.#connect();
    let healthy = false;
    try {
      await this.#query(connection, 'START TRANSACTION', []);
      try {
        const result = await work({
          engine: this.engine,
          read: <R>(sql: string, params: readonly SqlValue[] = []) =>
            this.#query(connection, sql, params) as Promise<R[]>,
          run: async (sql, params = []) => {
            const header = (await this.#query(connection, sql, params)) as mysql.ResultSetHeader;
            return header.affectedRows;
          },
        });
        await this.#query(connection, 'COMMIT', []);
        healthy = true;
        return result;
      } catch (error) {
        healthy = await this.#query(connection, 'ROLLBACK', []).then(
          () => true,
          () => false,
        );
        throw error;
      }
    } finally {
      // A connection that could not even roll back must not be lent to the next one.
      if (healthy) connection.release();
      else connection.destroy();
    }
  }

  #connect(): Promise<mysql.PoolConnection> {
    return new Promise((resolve, reject) => {
      this.#pool.getConnection((error, connection) => {
        if (error) {
          reject(toDatabaseFailure(error, 'connect'));
          return;
        }
        if (connection.listenerCount('error') === 0) connection.on('error', () => undefined);
        resolve(connection);
      });
    });
  }

  async ping(): Promise<void> {
    const answered = new AbortController();
    const tooLong = wait(pingWaitMs, undefined, { signal: answered.signal }).then(() => {
      throw new DatabaseFailure('unavailable', 'NO_ANSWER', 'SELECT 1');
    });
    try {
      await Promise.race([this.read('SELECT 1'), tooLong]);
    } finally {
      answered.abort();
    }
  }

  migrate(): Promise<string[]> {
    return this.#alone(() => runMigrations(this.dataSource, 'each'));
  }

  revertMigration(): Promise<string | null> {
    return this.#alone(() => revertLastMigration(this.dataSource, this, 'each'));
  }

  pendingMigrations(): Promise<string[]> {
    return findPendingMigrations(this);
  }

  /** Holds the server's lock of that name on a connection of its own; it is freed with the connection, also by a crash. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    return withConnection(this.#address, async (connection) => {
      const [rows] = await connection.query<({ taken: number | null } & mysql.RowDataPacket)[]>(
        'SELECT GET_LOCK(CONCAT(?, LEFT(SHA2(DATABASE(), 256), 32)), ?) AS taken',
        ['fullscript-migrate-', migrationWaitSeconds],
      );
      if (rows[0]?.taken !== 1) throw new Error('Another process has been migrating this database for too long');
      return work();
    });
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }
}
