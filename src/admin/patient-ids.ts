import { createReadStream } from 'node:fs';
import { UsageError } from './command-line.ts';
import { readCsv } from './csv.ts';

/** The patients that a list names. */
export interface PatientIds {
  /** Each once, in the order of the list. */
  ids: ReadonlySet<string>;
  /** How many rows repeat the id of a row before. */
  repeated: number;
  /** How many rows have something in them, but no id. */
  withoutId: number;
}

/** Ids are opaque and come in any format up to this length, in characters. */
const maxIdLength = 255;
/** What the column of ids may be called, in any case and without spaces, hyphens and underscores; the first comes before the second. */
const columnNames = ['patientid', 'id'];

/** Reads ids between commas. Throws `UsageError` for none, and for one that is too long. */
export function splitPatientIds(text: string): PatientIds {
  const list = createIdList();
  for (const id of text.split(',')) if (id.trim() !== '') list.add(id.trim());
  return list.finish();
}

/**
 * Reads a file with one id a line, or a CSV file: the column that its first row calls `patient_id` or `id`, without such a name the first column. Throws
 * `UsageError`, naming the line, for a file that cannot be read or names nobody.
 */
export async function readPatientIds(path: string): Promise<PatientIds> {
  const list = createIdList();
  let column: number | null = null;
  try {
    for await (const { cells, line } of readCsv(createReadStream(path))) {
      if (cells.every((cell) => cell.trim() === '')) continue;
      if (column === null) {
        const named = findColumn(cells);
        column = named ?? 0;
        if (named !== null) continue;
      }
      list.add(cells[column]?.trim() ?? '', line);
    }
    return list.finish();
  } catch (error) {
    const why = error instanceof UsageError ? error.message : isSystemError(error) ? error.code : undefined;
    if (why === undefined) throw error;
    throw new UsageError(`--file ${path} cannot be used: ${why}`);
  }
}

function createIdList(): { add(id: string, line?: number): void; finish(): PatientIds } {
  const list = { ids: new Set<string>(), repeated: 0, withoutId: 0 };
  return {
    add(id, line) {
      if (id.length > maxIdLength)
        throw new UsageError(
          `${line === undefined ? '--ids' : `line ${line}`} has an id of more than ${maxIdLength} characters`,
        );
      if (id === '') list.withoutId += 1;
      else if (list.ids.has(id)) list.repeated += 1;
      else list.ids.add(id);
    },
    finish() {
      if (list.ids.size === 0) throw new UsageError('there is no id in it');
      return list;
    },
  };
}

function findColumn(cells: readonly string[]): number | null {
  const names = cells.map((cell) => cell.toLowerCase().replace(/[\s_-]/g, ''));
  const [column = null] = columnNames.map((name) => names.indexOf(name)).filter((at) => at >= 0);
  return column;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
