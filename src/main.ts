import { startApp } from './app.ts';
import { createLogger } from './logger.ts';
import { endOnUncaught, readConfigOrExit, stopOnSignal } from './process.ts';

/* The web process: serves the subgraph, with the worker inside unless WORKER=off. */
const config = readConfigOrExit();
const log = createLogger({ level: config.logLevel });
endOnUncaught(log);
try {
  const app = await startApp(config, { log });
  log.info({ url: app.url, worker: config.worker }, 'the subgraph is ready');
  stopOnSignal(() => app.stop());
} catch (error) {
  log.fatal({ err: error }, 'the subgraph could not start');
  process.exitCode = 1;
}
