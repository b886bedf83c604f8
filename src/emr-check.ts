import { readEmrConfig, readEnvironment } from './config.ts';
import { runEmrCheck } from './emr-check/run.ts';
import { createLogger } from './logger.ts';
import { endOnUncaught } from './process.ts';

/* `npm run emr:check`: whether an EMR answers as it should. Ends with 0 (nothing is wrong), 1 (something is) or 2 (wrong use). */
endOnUncaught(createLogger({ level: 'fatal', destination: process.stderr }));
// Whoever reads the result may have seen enough.
process.stdout.on('error', () => process.exit(1));

const exitCode = await runEmrCheck(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  readConfig: () => readEmrConfig(readEnvironment()),
});
process.stdout.write('', () => process.exit(exitCode));
