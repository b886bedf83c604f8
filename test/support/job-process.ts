/** A process of the service that runs the jobs named on its command line, each at once; configured by its environment. For tests that kill it. */
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';

const app = await startApp(readConfig({ ...process.env, WORKER: 'off' }));
const names = process.argv.slice(2);
app.parts.runner.start(names);
for (const name of names) app.parts.runner.wake(name);
