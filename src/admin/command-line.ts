import { parseArgs } from 'node:util';
import type { Session } from './session.ts';

/** 0: done; 1: failed, or not finished; 2: wrong use, nothing was done. */
export type ExitCode = 0 | 1 | 2;

/** Thrown for a command line that cannot be meant; its message names the option. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** An option of a command: a switch, or with `value` one that takes a text of that name. */
export interface Option {
  value?: string;
  about: string;
}

/** One command of the operator's. */
export interface Command {
  name: string;
  /** One line for the list of commands. */
  about: string;
  /** What stands behind the name, as in `--organization ID on|off`. */
  usage: string;
  /** Sentences for `--help` of this command. */
  details?: readonly string[];
  options: Readonly<Record<string, Option>>;
  /** The names of what may be given without an option, all of it required. */
  positionals?: readonly string[];
  /** The name of one more that may be left out. */
  optionalPositional?: string;
  /** Reads what was given and gives the work; throws `UsageError` before anything is opened. */
  read(given: Given): (session: Session) => Promise<ExitCode>;
}

/** What was given behind a command's name. */
export interface Given {
  /** The text of an option, without blanks around it; undefined when it was not given. Throws `UsageError` for an empty one. */
  text(option: string): string | undefined;
  /** As `text`, but throws `UsageError` when it was not given. */
  required(option: string): string;
  /** Whether a switch was given. */
  has(option: string): boolean;
  /** A whole number in the range; undefined when it was not given. Throws `UsageError` for anything else. */
  whole(option: string, least: number, most: number): number | undefined;
  positional(at: number): string;
}

/** Options that every command takes. */
const commonOptions: Readonly<Record<string, Option>> = {
  json: { about: 'print JSON for machines, one object a line, instead of a table' },
  operator: {
    value: 'NAME',
    about: 'who the audit shows as operator:NAME; by default the user of the operating system',
  },
  help: { about: 'print this' },
};

/** Reads the arguments behind a command's name. Throws `UsageError`, naming it, for what the command does not know. */
export function parseCommandLine(command: Command, args: readonly string[]): Given {
  const known = { ...command.options, ...commonOptions };
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(known).map(([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }]),
    ),
    strict: false,
    tokens: true,
  });
  const texts = new Map<string, string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (option === undefined) throw new UsageError(`${token.rawName} is not an option of ${command.name}`);
    if (texts.has(token.name)) throw new UsageError(`${token.rawName} is given twice`);
    if (option.value === undefined && token.value !== undefined)
      throw new UsageError(`${token.rawName} takes no value`);
    if (
      option.value !== undefined &&
      (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))
    )
      throw new UsageError(`${token.rawName} needs a value: ${option.value}`);
    texts.set(token.name, token.value?.trim() ?? '');
  }
  const wanted = command.positionals ?? [];
  const [extra] = positionals.slice(wanted.length + (command.optionalPositional === undefined ? 0 : 1));
  if (extra !== undefined) throw new UsageError(`${extra} is not expected here`);
  const missing = wanted[positionals.length];
  if (missing !== undefined && !texts.has('help')) throw new UsageError(`${missing} is missing`);

  const text = (name: string): string | undefined => {
    const value = texts.get(name);
    if (value === '') throw new UsageError(`--${name} must not be empty`);
    return value;
  };
  return {
    text,
    required(name) {
      const value = text(name);
      if (value === undefined) throw new UsageError(`--${name} is required`);
      return value;
    },
    has: (name) => texts.has(name),
    whole(name, least, most) {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
      if (number >= least && number <= most) return number;
      throw new UsageError(`--${name} must be a whole number from ${least} to ${most}`);
    },
    positional: (at) => positionals[at] ?? '',
  };
}

const exitCodes = 'Exit codes: 0 done, 1 failed or not finished, 2 wrong use (nothing was done).';

/** The help of all commands. */
export function toHelp(commands: readonly Command[]): string {
  return [
    'Looks after the connections to Fullscript. Takes the same environment as the service, and works while it runs or not.',
    '',
    'Usage: npm run admin -- COMMAND [options]      (built: node dist/src/admin.js COMMAND [options])',
    '',
    ...toColumns(commands.map(({ name, about }) => [name, about])),
    '',
    'COMMAND --help tells the options of a command. Results go to standard output, everything else to standard error.',
    exitCodes,
    '',
  ].join('\n');
}

/** The help of one command. */
export function toCommandHelp(command: Command): string {
  const options = Object.entries({ ...command.options, ...commonOptions });
  return [
    `${command.name}: ${command.about}`,
    '',
    `Usage: npm run admin -- ${command.name} ${command.usage}`.trimEnd(),
    '',
    ...toColumns(
      options.map(([name, { value, about }]) => [value === undefined ? `--${name}` : `--${name} ${value}`, about]),
    ),
    '',
    ...(command.details ? [...command.details, ''] : []),
    exitCodes,
    '',
  ].join('\n');
}

function toColumns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
