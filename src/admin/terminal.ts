import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';

/** Where an operator reads and types. */
export interface Streams {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable;
  stderr: Writable & { isTTY?: boolean; columns?: number };
}

/** Speaks to the operator: results on standard output, everything else on standard error. */
export interface Terminal {
  /** Whether somebody sits there who can be asked. */
  readonly isInteractive: boolean;
  /** Prints one line of the result, and waits until it is taken. Control characters in it are shown as `\uXXXX`. */
  print(line: string): Promise<void>;
  /** Prints a line that is not part of the result. */
  note(line: string): void;
  /** Writes a line of the log, above the bar. */
  log(line: string): void;
  /** Shows how far something is: a bar on a terminal, otherwise a line when it begins, ends, and now and then. */
  progress(label: string, done: number, total: number): void;
  /** Takes the bar away. */
  endProgress(): void;
  /** Asks and gives what was typed, without blanks around it; null when the input ends or `signal` fires. */
  ask(question: string, signal: AbortSignal): Promise<string | null>;
}

const lineEveryMs = 5000;
const barWidth = 30;

/** Makes a terminal; `now` gives milliseconds. */
export function createTerminal({ stdin, stdout, stderr }: Streams, now: () => number = Date.now): Terminal {
  const isTerminal = stderr.isTTY === true;
  let bar: string | null = null;
  let written: { label: string; at: number; text: string } | null = null;

  const clear = (): string => (bar === null ? '' : '\r\x1b[K');
  /** Writes whole lines above the bar, and the bar again. */
  const writeAbove = (text: string): void => void stderr.write(`${clear()}${text}${bar ?? ''}`);

  return {
    isInteractive: stdin.isTTY === true && isTerminal,
    print: (line) =>
      new Promise((resolve, reject) => {
        // Both may be the same screen.
        if (bar !== null) stderr.write(clear());
        stdout.write(`${toVisible(line)}\n`, (error) => {
          if (bar !== null) stderr.write(bar);
          if (error) reject(error);
          else resolve();
        });
      }),
    note: (line) => writeAbove(`${toVisible(line)}\n`),
    log: writeAbove,
    progress(label, done, total) {
      const text = `${label}: ${done} of ${total}`;
      if (isTerminal) {
        const filled = total === 0 ? barWidth : Math.floor((barWidth * Math.min(done, total)) / total);
        const before = clear();
        // A terminal that does not know its width says 0.
        const width = stderr.columns === undefined || stderr.columns === 0 ? 80 : stderr.columns;
        bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}] ${text}`.slice(0, width - 1);
        stderr.write(`${before}${bar}`);
        return;
      }
      const due = written?.label !== label || done >= total || now() - written.at >= lineEveryMs;
      if (!due || written?.text === text) return;
      written = { label, at: now(), text };
      stderr.write(`${text}\n`);
    },
    endProgress() {
      if (bar === null) return;
      bar = null;
      stderr.write('\n');
    },
    async ask(question, signal) {
      const lines = createInterface({ input: stdin, output: stderr, terminal: false });
      try {
        const ended = new Promise<null>((resolve) => lines.once('close', () => resolve(null)));
        const typed = await Promise.race([lines.question(`${toVisible(question)} `, { signal }), ended]);
        return typed === null ? null : typed.trim();
      } catch {
        return null;
      } finally {
        lines.close();
      }
    },
  };
}

/** Ids come from outside: what would move the cursor or colour the screen is shown instead of done. */
function toVisible(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
