import { startApp } from '../app.ts';
import { readConfig } from '../config.ts';

/** This product's subgraph, running inside the demo's process. */
export interface RunningSubgraph {
  /** The origin, without a slash at the end. */
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts the subgraph exactly as a deployment would: from its environment. Throws ConfigError for what cannot be used, and
 * rejects when the port is taken.
 */
export async function startSubgraph(environment: Record<string, string | undefined>): Promise<RunningSubgraph> {
  const app = await startApp(readConfig(environment));
  return { url: app.url, stop: () => app.stop() };
}
