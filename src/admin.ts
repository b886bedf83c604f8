import { userInfo } from 'node:os';
import { runAdmin } from './admin/run.ts';
import { createLogger } from './logger.ts';
import { endOnUncaught, readConfigOrExit } from './process.ts';

/* `npm run admin -- COMMAND`: the operators' command line. Ends with 0 (done), 1 (failed or not finished) or 2 (wrong use). */
endOnUncaught(createLogger({ level: 'fatal', destination: process.stderr }));
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one ends at once: whatever must survive is in the database.
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort();
  });
}
// A reader that goes away is told to whoever writes.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const exitCode = await runAdmin(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  readConfig: readConfigOrExit,
  userName: findUserName(),
  signal: stopping.signal,
});
process.stdout.write('', () => process.exit(exitCode));

/** The operating system's user; its number where it has no name, as in some containers. */
function findUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
