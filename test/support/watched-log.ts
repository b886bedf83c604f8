import { pino, type Logger } from 'pino';
import { createLogger } from '../../src/logger.ts';

/** A log at its most talkative, kept twice. */
export interface WatchedLog {
  log: Logger;
  /** As it is shipped. */
  lines: string[];
  /** Without the product's redaction, to see what it is given; bugs, which it is there for, are left out. */
  raw: string[];
}

/** Makes a log for `outside.log` of a deployment. */
export function createWatchedLog(): WatchedLog {
  const lines: string[] = [];
  const raw: string[] = [];
  const log = createLogger({ level: 'trace', destination: { write: (line) => void lines.push(line) } });
  const bare = pino({ level: 'trace' }, { write: (line: string) => void raw.push(line) });
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
  const both = Object.fromEntries(
    levels.map((level) => [
      level,
      (entry: object, message: string) => {
        log[level](entry, message);
        if (!('errorId' in entry)) bare[level](entry, message);
      },
    ]),
  );
  return { log: Object.assign(Object.create(log) as Logger, both), lines, raw };
}
