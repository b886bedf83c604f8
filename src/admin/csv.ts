import { UsageError } from './command-line.ts';

/** One row of a CSV file, and the line on which it begins, counted from 1. */
export interface CsvRow {
  cells: string[];
  line: number;
}

/** In characters. Whoever gets here has left a quote open. */
const maxRowLength = 1024 * 1024;

/**
 * Reads CSV piece by piece: UTF-8 with or without a mark at its beginning, cells between commas, quotes where a cell holds a comma, a line's end or a quote (doubled), any
 * of the three line ends. Empty lines are rows with one empty cell. Throws `UsageError`, naming the line, for anything else.
 */
export async function* readCsv(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = createReader();
  for await (const chunk of chunks) yield* reader.read(decode(() => decoder.decode(chunk, { stream: true })));
  yield* reader.read(decode(() => decoder.decode()));
  yield* reader.end();
}

function decode(read: () => string): string {
  try {
    return read();
  } catch {
    throw new UsageError('it is not UTF-8 text');
  }
}

/** Where the next character stands: outside of quotes, inside, or right behind a quote that may have ended them. */
type Place = 'plain' | 'quoted' | 'behind quote';

function createReader(): { read(text: string): Generator<CsvRow>; end(): Generator<CsvRow> } {
  let row: CsvRow = { cells: [], line: 1 };
  let cell = '';
  let length = 0;
  let line = 1;
  let place: Place = 'plain';
  let isBehindReturn = false;

  function endCell(): void {
    row.cells.push(cell);
    cell = '';
    place = 'plain';
  }

  function endRow(): CsvRow {
    endCell();
    const ended = row;
    row = { cells: [], line };
    length = 0;
    return ended;
  }

  /** Takes a character that ends nothing. */
  function take(character: string): void {
    length += 1;
    if (length > maxRowLength) throw new UsageError(`line ${row.line} has no end: a quote may be missing`);
    if (place === 'quoted') {
      if (character === '"') place = 'behind quote';
      else cell += character;
    } else if (place === 'behind quote') {
      if (character === '"') {
        cell += character;
        place = 'quoted';
      } else if (character.trim() !== '') throw new UsageError(`line ${line}: there is more behind a closing quote`);
    } else if (character === '"' && cell.trim() === '') {
      cell = '';
      place = 'quoted';
    } else cell += character;
  }

  return {
    *read(text) {
      for (const character of text) {
        const isSecondHalf = character === '\n' && isBehindReturn;
        isBehindReturn = character === '\r';
        const isLineEnd = character === '\n' || character === '\r';
        if (isLineEnd && !isSecondHalf) line += 1;
        if (place === 'quoted' || !(isLineEnd || character === ',')) take(character);
        else if (character === ',') endCell();
        else if (!isSecondHalf) yield endRow();
      }
    },
    *end() {
      if (place === 'quoted') throw new UsageError(`line ${row.line}: a quote is not closed`);
      if (cell !== '' || row.cells.length > 0 || place === 'behind quote') yield endRow();
    },
  };
}
