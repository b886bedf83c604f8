import { startWorker } from './app/start-worker.ts';
import { createLogger } from './logger.ts';
import { endOnUncaught, readConfigOrExit, stopOnSignal } from './process.ts';

/* The background process alone: jobs without a web server, but for its own health. */
const config = readConfigOrExit();
const log = createLogger({ level: config.logLevel });
endOnUncaught(log);
try {
  const worker = await startWorker(config, { log });
  log.info(worker.url === null ? {} : { url: worker.url }, 'the worker is ready');
  stopOnSignal(() => worker.stop());
} catch (error) {
  log.fatal({ err: error }, 'the worker could not start');
  process.exitCode = 1;
}
