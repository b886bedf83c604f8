import { createAdaptorServer } from '@hono/node-server';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createSandboxApp } from './app.ts';
import { createSandbox, type Sandbox, type SandboxOptions } from './sandbox.ts';

export interface StartOptions extends SandboxOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** 127.0.0.1 by default. */
  host?: string;
  /** Origin under which others reach the sandbox, when it is not the address it listens on. */
  publicUrl?: string;
}

export interface RunningSandbox {
  /** Origin of the pages. */
  url: string;
  /** Base of the API; ends in `/api`. */
  apiUrl: string;
  /** Where a browser is sent for consent. */
  authorizeUrl: string;
  sandbox: Sandbox;
  /** Stops listening and sending; breaks open connections off. */
  stop(): Promise<void>;
}

/** Starts a sandbox Fullscript that listens. Rejects when the port is taken. */
export async function startSandbox(options: StartOptions = {}): Promise<RunningSandbox> {
  const { port = 0, host = '127.0.0.1', publicUrl, ...rest } = options;
  const sandbox = createSandbox(rest);
  const app = createSandboxApp(sandbox);
  const server = createAdaptorServer({ fetch: app.fetch });
  server.listen(port, host);
  await once(server, 'listening');
  const url = (publicUrl ?? `http://${host}:${(server.address() as AddressInfo).port}`).replace(/\/+$/, '');
  sandbox.setBaseUrl(url);
  return {
    url,
    apiUrl: `${url}/api`,
    authorizeUrl: `${url}/oauth/authorize`,
    sandbox,
    async stop() {
      sandbox.webhooks.stop();
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}
