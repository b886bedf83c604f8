import { ConfigError, readConfig, readEnvironment, type Config } from './config.ts';

/** Reads the environment; prints every fault (names and rules, never values) and ends the process with 1 when there is one. */
export function readConfigOrExit(): Config {
  try {
    return readConfig(readEnvironment());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`The configuration cannot be used:\n${error.message}\n`);
    process.exit(1);
  }
}

/**
 * Logs what nobody caught, a promise that nobody awaited included, like every other error and ends the process with 1. Left to itself, the
 * platform would print the error whole, with whatever it holds.
 */
export function endOnUncaught(log: { fatal(entry: object, message: string): void }): void {
  process.on('uncaughtException', (error: unknown) => {
    log.fatal({ err: error }, 'an error that nobody caught ended the process');
    process.exit(1);
  });
}

/** What is under way has ten seconds after a signal, and what must be written a moment more; this is for what hangs even then. */
const endMs = 12_000;

/**
 * Runs `stop` once on SIGINT or SIGTERM and ends the process with 0, after twelve seconds even when something still hangs: whatever must survive is in the
 * database. A second signal ends it at once.
 */
export function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(0), endMs);
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}
