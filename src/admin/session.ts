import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Parts } from '../app/parts.ts';
import type { Caller } from '../auth/caller.ts';
import { createLoaders, type Loaders } from '../graphql/loaders/loaders.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with. */
export interface Session {
  parts: Parts;
  terminal: Terminal;
  /** The ids of the configured encryption keys; the first encrypts. */
  keyIds: readonly string[];
  /** Fires when the operator or the system asks to stop. */
  signal: AbortSignal;
  /** Prints an object as a line of JSON with `--json`, otherwise the text. */
  printResult(object: object, text: () => string): Promise<void>;
  /** Prints pages of rows as lines of JSON with `--json`, each as it comes, otherwise as one table of the columns. */
  printPages<T extends object>(
    pages: AsyncIterable<readonly T[]>,
    columns: readonly (keyof T & string)[],
  ): Promise<void>;
  /** The operator as a caller in an organization. */
  callerIn(organizationId: string): Caller;
  /** What the operator reads about an organization's connections. */
  readsIn(organizationId: string): Loaders['accounts'];
  /** Waits; shorter when the signal fires. */
  wait(ms: number): Promise<void>;
}

/**
 * The organization of what an operator does to all organizations at once. No EMR's organization has an empty id, so nobody but operators sees
 * these revocations and audit rows.
 */
export const noOrganization = '';

/** Makes the session of one command; `operator` is the user id that the audit and revocations show. */
export function createSession(needs: {
  parts: Parts;
  terminal: Terminal;
  keyIds: readonly string[];
  signal: AbortSignal;
  operator: string;
  json: boolean;
}): Session {
  const { parts, terminal, keyIds, signal, operator, json } = needs;
  const requestId = `admin-${randomUUID()}`;
  const callerIn = (organizationId: string): Caller => ({
    viewer: {
      userId: operator,
      organizationId,
      roles: new Set(['admin', 'developer']),
      practitionerId: null,
      bearer: '',
    },
    requestId,
    signal,
  });
  return {
    parts,
    terminal,
    keyIds,
    signal,
    callerIn,
    readsIn: (organizationId) => createLoaders(parts.loaderNeeds, callerIn(organizationId)).accounts,
    printResult: (object, text) => terminal.print(json ? JSON.stringify(object) : text()),
    async printPages<T extends object>(pages: AsyncIterable<readonly T[]>, columns: readonly (keyof T & string)[]) {
      const kept: T[] = [];
      for await (const rows of pages) {
        if (json) for (const row of rows) await terminal.print(JSON.stringify(row));
        else kept.push(...rows);
      }
      if (!json) for (const line of toTable(kept, columns)) await terminal.print(line);
    },
    wait: (ms) => wait(ms, undefined, { signal }).catch(() => undefined),
  };
}

/** The rows under their columns' names; nothing is cut off. */
function toTable<T extends object>(rows: readonly T[], columns: readonly (keyof T & string)[]): string[] {
  const cells = [columns, ...rows.map((row) => columns.map((column) => toCell(row[column])))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  return cells.map((line) =>
    line
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function toCell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
