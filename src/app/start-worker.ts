import type { Config } from '../config.ts';
import { createProbeServer } from '../http/server.ts';
import { createParts, type Outside, type Parts } from './parts.ts';
import { createReadiness } from './readiness.ts';

/** The jobs alone, under way. */
export interface RunningWorker {
  /** Where health, readiness and metrics are, without a trailing slash; null when no port was asked for. */
  url: string | null;
  parts: Parts;
  /** Starts nothing new, lets what is under way end for up to 10 s, then closes. */
  stop(): Promise<void>;
}

/** Jobs begin and end every second or two. When none has for so long, every one of them hangs, and a new process may fare better. */
const quietForMs = 300_000;

/** Runs the jobs without serving anybody; with `WORKER_PORT`, health, readiness and metrics are answered there. */
export async function startWorker(config: Config, outside: Outside = {}): Promise<RunningWorker> {
  const parts = await createParts(config, outside);
  try {
    const { runner, metrics, log } = parts;
    const probes =
      config.workerPort === null
        ? null
        : createProbeServer({
            findUnready: createReadiness(parts.database),
            findDead: () => ((runner.quietMs() ?? 0) > quietForMs ? 'jobs' : null),
            registry: metrics.registry,
            log,
            drainMs: 1000,
          });
    const url = probes === null ? null : await probes.listen({ host: config.http.host, port: config.workerPort ?? 0 });
    runner.start();
    return {
      url,
      parts,
      async stop() {
        await Promise.all([parts.close(), probes?.close()]);
      },
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}
