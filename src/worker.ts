import { createParts } from './app/parts.ts';
import { createLogger } from './logger.ts';
import { endOnUncaught, readConfigOrExit, stopOnSignal } from './process.ts';

/* The background process alone: jobs without a web server. */
const config = readConfigOrExit();
const log = createLogger({ level: config.logLevel });
endOnUncaught(log);
try {
  const parts = await createParts(config, { log });
  parts.runner.start();
  log.info({}, 'the worker is ready');
  stopOnSignal(() => parts.close());
} catch (error) {
  log.fatal({ err: error }, 'the worker could not start');
  process.exitCode = 1;
}
