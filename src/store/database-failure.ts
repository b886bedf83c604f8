/** What a statement ended in when it did not work. */
export type DatabaseFailureKind =
  /** A unique key holds that value already. */
  | 'duplicate'
  /** Another transaction was in the way for too long, also after trying again. */
  | 'busy'
  /** The database cannot be reached, or the connection broke. */
  | 'unavailable'
  | 'other';

/**
 * A failed statement. Drivers put values into their messages; this one holds the engine's code and the statement with
 * placeholders only, so it may be logged.
 */
export class DatabaseFailure extends Error {
  readonly kind: DatabaseFailureKind;
  /** The engine's own code, such as `SQLITE_BUSY` or `ER_DUP_ENTRY`. */
  readonly code: string;

  constructor(kind: DatabaseFailureKind, code: string, statement: string) {
    super(
      kind === 'unavailable' || statement === 'connect'
        ? `The database cannot be reached (${code})`
        : `The database refused a statement (${code}): ${statement.slice(0, 300)}`,
    );
    this.name = 'DatabaseFailure';
    this.kind = kind;
    this.code = code;
  }
}

/** Translates what a driver threw; a failure that was translated already is given back as it is. */
export function toDatabaseFailure(error: unknown, statement: string): DatabaseFailure {
  if (error instanceof DatabaseFailure) return error;
  if (!(error instanceof Error)) return new DatabaseFailure('other', 'UNKNOWN', statement);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (code === null) return new DatabaseFailure('other', error.name, statement);
  return new DatabaseFailure(toKind(code), code, statement);
}

/** True when a unique key stood in the way. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof DatabaseFailure && error.kind === 'duplicate';
}

/** True when the whole transaction may be tried again. */
export function isBusy(error: unknown): boolean {
  return error instanceof DatabaseFailure && error.kind === 'busy';
}

function toKind(code: string): DatabaseFailureKind {
  if (code === 'ER_DUP_ENTRY' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY') {
    return 'duplicate';
  }
  if (code === 'ER_LOCK_DEADLOCK' || code === 'ER_LOCK_WAIT_TIMEOUT' || code === 'ER_CHECKREAD') return 'busy';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'busy';
  if (
    /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOST|PROTOCOL_|ER_CON_COUNT|ER_SERVER_SHUTDOWN|SQLITE_CANTOPEN|SQLITE_IOERR|SQLITE_FULL)/.test(
      code,
    )
  ) {
    return 'unavailable';
  }
  return 'other';
}
