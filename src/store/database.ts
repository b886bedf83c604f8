import type { DataSource } from 'typeorm';

/** A value that every engine binds alike: instants and dates are text, JSON is text, a boolean is 0 or 1. */
export type SqlValue = string | number | boolean | null;

/** A row of a table as a plain object; the table's class only describes it. */
export type PlainRow<T> = { [K in keyof T]: T[K] };

export type Engine = 'sqlite' | 'mysql' | 'mariadb';

/** What a query needs: rows for a SELECT. */
export interface Reader {
  readonly engine: Engine;
  /** Runs one SELECT and gives its rows as plain objects. */
  read<T>(sql: string, params?: readonly SqlValue[]): Promise<T[]>;
}

/** An open write transaction. */
export interface Transaction extends Reader {
  /** Runs one INSERT, UPDATE or DELETE and gives the number of rows it matched (on an upsert the number means nothing). */
  run(sql: string, params?: readonly SqlValue[]): Promise<number>;
}

/** One database, whichever engine. Reads never wait for writes of this process and see only what is committed. */
export interface Database extends Reader {
  readonly dataSource: DataSource;
  /**
   * Runs `work` in one transaction and commits when it resolves, rolls back when it throws. It may run again after a deadlock
   * or a lock time-out, so it must do nothing but SQL. Not to be nested.
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Answers when the database does; throws otherwise, at the latest after three seconds. */
  ping(): Promise<void>;
  /** Brings the schema to the newest; several processes doing so at once take turns. Gives the names of what was run. */
  migrate(): Promise<string[]>;
  /** Takes the newest migration back. Gives its name, null when there is none. */
  revertMigration(): Promise<string | null>;
  /** The names of migrations this build knows and the database has not had. */
  pendingMigrations(): Promise<string[]>;
  close(): Promise<void>;
}
