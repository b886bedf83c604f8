import { createParts, type Outside, type Parts } from '../app/parts.ts';
import type { Config } from '../config.ts';
import { Refusal } from '../domain/errors.ts';
import { createLogger } from '../logger.ts';
import { parseCommandLine, toCommandHelp, toHelp, UsageError, type Command, type ExitCode } from './command-line.ts';
import { accounts } from './commands/accounts.ts';
import { audit } from './commands/audit.ts';
import { events } from './commands/events.ts';
import { linkPatients } from './commands/link-patients.ts';
import { resendRevocations } from './commands/resend-revocations.ts';
import { revocation } from './commands/revocation.ts';
import { revokeAll } from './commands/revoke-all.ts';
import { revoke } from './commands/revoke.ts';
import { rotateKeys } from './commands/rotate-keys.ts';
import { switchIntegration } from './commands/switch.ts';
import { createSession, type Session } from './session.ts';
import { createTerminal, type Streams, type Terminal } from './terminal.ts';

const commands: readonly Command[] = [
  accounts,
  revoke,
  revokeAll,
  revocation,
  resendRevocations,
  switchIntegration,
  linkPatients,
  events,
  rotateKeys,
  audit,
];

/** What a command line runs in. */
export interface AdminNeeds extends Streams {
  /** Called once the command line is understood; what it throws is the caller's. */
  readConfig: () => Config;
  /** The operating system's user. */
  userName: string;
  /** Ends waiting: what was begun stays begun. */
  signal: AbortSignal;
  outside?: Outside;
}

/** Runs one command of the operator's over the database of the configuration, whether a service runs on it or not; gives the exit code. */
export async function runAdmin(args: readonly string[], needs: AdminNeeds): Promise<ExitCode> {
  const terminal = createTerminal(needs);
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help') {
    const help = toHelp(commands);
    if (name === undefined) needs.stderr.write(help);
    else needs.stdout.write(help);
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((each) => each.name === name);
  try {
    if (command === undefined) throw new UsageError(`${name} is not a command`);
    const given = parseCommandLine(command, rest);
    if (given.has('help')) {
      needs.stdout.write(toCommandHelp(command));
      return 0;
    }
    const work = command.read(given);
    const operator = readOperator(given.text('operator') ?? needs.userName);
    return await withSession(needs, terminal, { operator, json: given.has('json') }, work);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.note(`${error.message}. See: npm run admin -- ${command ? `${command.name} ` : ''}--help`);
    return 2;
  }
}

/** The audit's columns take 255 characters. */
function readOperator(name: string): string {
  if (name.length > 200) throw new UsageError('--operator must not be longer than 200 characters');
  return `operator:${name}`;
}

async function withSession(
  needs: AdminNeeds,
  terminal: Terminal,
  about: { operator: string; json: boolean },
  work: (session: Session) => Promise<ExitCode>,
): Promise<ExitCode> {
  const config = needs.readConfig();
  const log =
    needs.outside?.log ??
    createLogger({ level: config.logLevel, destination: { write: (line) => terminal.log(line) } });
  let parts: Parts | undefined;
  try {
    // Tables are changed by the service or by `npm run migrate`, not by the way.
    parts = await createParts(
      { ...config, database: { ...config.database, migrate: false } },
      { ...needs.outside, log },
    );
    const pending = await parts.database.pendingMigrations();
    if (pending.length > 0) {
      terminal.note(
        'The tables of this database are not the newest: start the service, or run npm run migrate, first.',
      );
      return 1;
    }
    const keyIds = config.encryptionKeys.map(({ kid }) => kid);
    return await work(createSession({ ...about, parts, terminal, keyIds, signal: needs.signal }));
  } catch (error) {
    terminal.endProgress();
    if (error instanceof UsageError) throw error;
    if (error instanceof Refusal) {
      terminal.note(error.message);
      return error.code === 'BAD_USER_INPUT' ? 2 : 1;
    }
    if (isUnreachable(error)) {
      terminal.note(`${error.message}. Is DATABASE_URL right?`);
      return 1;
    }
    // Whoever read the result has seen enough, as `head` does.
    if (isBrokenPipe(error)) return 1;
    log.fatal({ err: error }, 'the command failed');
    return 1;
  } finally {
    await parts?.close();
  }
}

/** The database says so in words that repeat nothing of its address. */
function isUnreachable(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith('The database cannot be reached');
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
