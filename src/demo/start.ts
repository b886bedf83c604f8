import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { defaultApp } from '../sandbox/defaults.ts';
import { startSandbox, type RunningSandbox } from '../sandbox/start.ts';
import { startDemoEmr, type RunningEmr } from './emr/start.ts';
import { createGateway } from './gateway.ts';
import { loadPage, type PageFile } from './page-build.ts';
import { startSite } from './site.ts';
import { startSubgraph, type RunningSubgraph } from './subgraph.ts';
import { composeSupergraph, fetchSubgraphSdl } from './supergraph.ts';

/** The four ports of the demo; 0 takes any free one. */
export interface DemoPorts {
  /** Page, playground and supergraph. */
  demo: number;
  subgraph: number;
  emr: number;
  sandbox: number;
}

/** The environment variable that sets each port. */
export const portVariables = {
  demo: 'DEMO_PORT',
  subgraph: 'PORT',
  emr: 'EMR_PORT',
  sandbox: 'SANDBOX_PORT',
} as const satisfies Record<keyof DemoPorts, string>;

/** How to start the demo. Everything has a default that suits a test. */
export interface DemoOptions {
  /** Free ones by default. */
  ports?: Partial<DemoPorts>;
  /** Default 127.0.0.1. */
  host?: string;
  /** `DATABASE_URL` of the subgraph. Default a file in a folder of its own that goes with the demo. */
  databaseUrl?: string;
  /** An SQLite file that is deleted before the start and used as the database; `databaseUrl` wins. */
  freshDatabaseFile?: string;
  /** Further variables for the subgraph, such as FRESH_FOR_SECONDS. The demo's own wiring wins over them. */
  env?: Record<string, string | undefined>;
  /** Whether to build and serve the EMR's page; true by default. Without it the page's addresses answer 404. */
  withPage?: boolean;
}

/** A demo that is ready. */
export interface RunningDemo {
  /** Origin of page, playground and supergraph. */
  url: string;
  /** The supergraph. */
  graphqlUrl: string;
  playgroundUrl: string;
  subgraph: RunningSubgraph;
  emr: RunningEmr;
  sandbox: RunningSandbox;
  /** What the gateway must send to the subgraph. */
  gatewaySecret: string;
  /** Stops everything; a second call waits for the first. */
  stop(): Promise<void>;
}

/** A port that somebody else listens on. The message names the port and the variable that changes it. */
export class PortTakenError extends Error {
  constructor(port: number, variable: string) {
    super(`Port ${port} is taken. Stop what listens there, or set ${variable} to another port.`);
    this.name = 'PortTakenError';
  }
}

const monthSeconds = 30 * 24 * 60 * 60;

async function withPort<T>(part: keyof DemoPorts, port: number, start: Promise<T>): Promise<T> {
  try {
    return await start;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new PortTakenError(port, portVariables[part]);
    throw error;
  }
}

async function prepareDatabase(options: DemoOptions, onStop: (stop: () => Promise<void>) => void): Promise<string> {
  if (options.databaseUrl !== undefined) return options.databaseUrl;
  if (options.freshDatabaseFile !== undefined) {
    const file = options.freshDatabaseFile;
    await mkdir(dirname(file), { recursive: true });
    await Promise.all(['', '-wal', '-shm', '-journal'].map((ending) => rm(`${file}${ending}`, { force: true })));
    return `sqlite:${file}`;
  }
  const folder = await mkdtemp(join(tmpdir(), 'fullscript-demo-'));
  onStop(() => rm(folder, { recursive: true, force: true }));
  return `sqlite:${join(folder, 'demo.db')}`;
}

/**
 * Starts everything: sandbox Fullscript, demo EMR, this subgraph, and one site with gateway, playground and page. Throws
 * PortTakenError for a taken port; whatever had started by then is stopped again.
 */
export async function startDemo(options: DemoOptions = {}): Promise<RunningDemo> {
  const host = options.host ?? '127.0.0.1';
  const ports: DemoPorts = { demo: 0, subgraph: 0, emr: 0, sandbox: 0, ...options.ports };
  const stops: (() => Promise<void>)[] = [];
  const onStop = (stop: () => Promise<void>): void => void stops.unshift(stop);
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      for (const stopOne of stops) await stopOne();
    })());

  try {
    const databaseUrl = await prepareDatabase(options, onStop);
    const site = await withPort('demo', ports.demo, startSite({ port: ports.demo, host }));
    onStop(() => site.stop());
    const page = options.withPage === false ? Promise.resolve(new Map<string, PageFile>()) : loadPage();
    page.catch(() => undefined);

    const sandbox = await withPort(
      'sandbox',
      ports.sandbox,
      startSandbox({
        port: ports.sandbox,
        host,
        app: { name: 'Juniper EMR', redirectUris: [`${site.url}/connected`], embedOrigins: [site.url] },
      }),
    );
    onStop(() => sandbox.stop());
    const emr = await withPort('emr', ports.emr, startDemoEmr({ port: ports.emr, host }));
    onStop(() => emr.stop());

    const gatewaySecret = randomBytes(24).toString('base64url');
    const subgraph = await withPort(
      'subgraph',
      ports.subgraph,
      startSubgraph({
        LOG_LEVEL: 'warn',
        // The whole demo shares one process, and the first look at 50 patients makes some 500 calls within it.
        FULLSCRIPT_DEADLINE_MS: '30000',
        ENCRYPTION_KEYS: `demo:${randomBytes(32).toString('base64')}`,
        ...options.env,
        INTROSPECTION: 'on',
        HOST: host,
        PORT: String(ports.subgraph),
        PUBLIC_URL: site.url,
        DATABASE_URL: databaseUrl,
        FULLSCRIPT_ENV: 'us-snd',
        FULLSCRIPT_API_URL: sandbox.apiUrl,
        FULLSCRIPT_AUTHORIZE_URL: sandbox.authorizeUrl,
        FULLSCRIPT_CLIENT_ID: defaultApp.clientId,
        FULLSCRIPT_CLIENT_SECRET: defaultApp.clientSecret,
        FULLSCRIPT_REDIRECT_URI: `${site.url}/connected`,
        FULLSCRIPT_WEBHOOK_CHALLENGE: defaultApp.challenge,
        FULLSCRIPT_WEBHOOK_SECRET: defaultApp.webhookSecret,
        FULLSCRIPT_EMBED_PUBLIC_KEY: defaultApp.embedPublicKey,
        EMR_GRAPHQL_URL: emr.graphqlUrl,
        EMR_SERVICE_TOKEN: await emr.tokenFor('svc-fullscript', { expiresInSeconds: monthSeconds }),
        EMR_JWT_ISSUER: emr.issuer,
        EMR_JWT_AUDIENCE: emr.audience,
        EMR_JWKS_URL: emr.jwksUrl,
        EMR_JWKS_FILE: undefined,
        EMR_RETURN_ORIGINS: site.url,
        GATEWAY_SECRET: gatewaySecret,
      }),
    );
    onStop(() => subgraph.stop());
    sandbox.sandbox.settings.webhooks.target = `${subgraph.url}/webhooks/fullscript`;

    const secretHeaders = { 'x-gateway-secret': gatewaySecret };
    const subgraphGraphqlUrl = `${subgraph.url}/graphql`;
    const [emrSdl, subgraphSdl] = await Promise.all([
      fetchSubgraphSdl(emr.graphqlUrl),
      fetchSubgraphSdl(subgraphGraphqlUrl, secretHeaders),
    ]);
    const gateway = createGateway({
      supergraphSdl: composeSupergraph([
        { name: 'emr', url: emr.graphqlUrl, sdl: emrSdl },
        { name: 'fullscript', url: subgraphGraphqlUrl, sdl: subgraphSdl },
      ]),
      secretHeaders: { fullscript: secretHeaders },
    });
    onStop(() => gateway.stop());
    emr.calls.clear();
    site.open({
      gateway,
      emr,
      page: await page,
      subgraphOrigin: subgraph.url,
      fullscriptUrl: sandbox.url,
    });

    return {
      url: site.url,
      graphqlUrl: `${site.url}/graphql`,
      playgroundUrl: `${site.url}/playground`,
      subgraph,
      emr,
      sandbox,
      gatewaySecret,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
