import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startApp, type RunningApp } from '../../src/app.ts';
import type { Outside } from '../../src/app/parts.ts';
import { readConfig } from '../../src/config.ts';
import { startDemoEmr, type DemoEmrOptions, type RunningEmr } from '../../src/demo/emr/start.ts';
import { startSandbox, type RunningSandbox, type StartOptions } from '../../src/sandbox/start.ts';
import { defaultApp } from '../../src/sandbox/defaults.ts';

export interface DeploymentOptions {
  /** A migrated or empty database; a throw-away SQLite file by default. */
  databaseUrl?: string;
  /** Variables on top of the wiring below; undefined takes one away. */
  env?: Record<string, string | undefined>;
  outside?: Outside;
  sandbox?: StartOptions;
  emr?: DemoEmrOptions;
  /** Whether the sandbox sends its webhooks here; false by default, so that nothing happens by itself. */
  withWebhooks?: boolean;
}

export interface Answer {
  status: number;
  // The shape of an answer is what a test is about to find out.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  data: any;
  errors: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
  headers: Headers;
}

export interface AskOptions {
  variables?: Record<string, unknown>;
  /** Sends the gateway's secret, so that representations are the EMR's own words. True by default. */
  trusted?: boolean;
  headers?: Record<string, string>;
  /** The address of another process of this deployment. */
  url?: string;
}

/** A subgraph with a sandbox Fullscript and a demo EMR around it, all over real HTTP. */
export interface Deployment {
  app: RunningApp;
  sandbox: RunningSandbox;
  emr: RunningEmr;
  env: Record<string, string | undefined>;
  /** Every SQL statement so far; set its length to 0 to count anew. */
  statements: string[];
  /** Everything that was logged, line by line. */
  logs: string[];
  /** Asks the subgraph as a user of the EMR (by id), with a token as it is (`token:` before it), or as nobody (null). */
  ask(who: string | null, query: string, options?: AskOptions): Promise<Answer>;
  /** Asks for entities, as a gateway does. */
  askEntities(
    who: string | null,
    representations: readonly object[],
    selection: string,
    options?: AskOptions,
  ): Promise<Answer>;
  /** Connects a user of the EMR through `connect`, the sandbox's consent and `completeConnect`; gives the account. */
  connect(userId: string, email: string): Promise<{ id: string; clinicId: string }>;
  /** Another process over the same database, with the same environment on top of `env`. */
  startAnother(env?: Record<string, string | undefined>, outside?: Outside): Promise<RunningApp>;
  stop(): Promise<void>;
}

export const gatewaySecret = 'gateway-secret-of-the-tests';

/** Starts all three on free ports. The worker runs only when `env.WORKER` is `on`. */
export async function startDeployment(options: DeploymentOptions = {}): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), 'fullscript-deployment-'));
  const statements: string[] = [];
  const logs: string[] = [];
  const sandbox = await startSandbox(options.sandbox ?? {});
  const emr = await startDemoEmr(options.emr ?? {});
  const env: Record<string, string | undefined> = {
    PORT: '0',
    DATABASE_URL: options.databaseUrl ?? `sqlite:${join(folder, 'test.db')}`,
    FULLSCRIPT_API_URL: sandbox.apiUrl,
    FULLSCRIPT_AUTHORIZE_URL: sandbox.authorizeUrl,
    FULLSCRIPT_CLIENT_ID: defaultApp.clientId,
    FULLSCRIPT_CLIENT_SECRET: defaultApp.clientSecret,
    FULLSCRIPT_REDIRECT_URI: defaultApp.redirectUris[0],
    FULLSCRIPT_WEBHOOK_CHALLENGE: defaultApp.challenge,
    FULLSCRIPT_WEBHOOK_SECRET: defaultApp.webhookSecret,
    FULLSCRIPT_EMBED_PUBLIC_KEY: defaultApp.embedPublicKey,
    EMR_GRAPHQL_URL: emr.graphqlUrl,
    EMR_SERVICE_TOKEN: await emr.serviceToken(),
    EMR_JWT_ISSUER: emr.issuer,
    EMR_JWT_AUDIENCE: emr.audience,
    EMR_JWKS_URL: emr.jwksUrl,
    EMR_RETURN_ORIGINS: 'https://emr.juniper.example',
    GATEWAY_SECRET: gatewaySecret,
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    WORKER: 'off',
    LOG_LEVEL: 'debug',
    ...options.env,
  };
  const outside: Outside = {
    onStatement: (sql) => statements.push(sql),
    log: pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) }),
    ...options.outside,
  };
  const app = await startApp(readConfig(env), outside);
  if (options.withWebhooks) sandbox.sandbox.settings.webhooks.target = `${app.url}/webhooks/fullscript`;
  const others: RunningApp[] = [];

  async function toToken(who: string): Promise<string> {
    if (who.startsWith('token:')) return who.slice('token:'.length);
    return who === 'service' ? await emr.serviceToken() : await emr.tokenFor(who);
  }

  async function ask(
    who: string | null,
    query: string,
    { variables, trusted = true, headers, url = app.url }: AskOptions = {},
  ): Promise<Answer> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(who === null ? {} : { authorization: `Bearer ${await toToken(who)}` }),
        ...(trusted && env['GATEWAY_SECRET'] ? { 'x-gateway-secret': gatewaySecret } : {}),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await response.json()) as { data?: unknown; errors?: Answer['errors'] };
    return { status: response.status, data: body.data, errors: body.errors ?? [], headers: response.headers };
  }

  return {
    app,
    sandbox,
    emr,
    env,
    statements,
    logs,
    ask,
    askEntities: (who, representations, selection, askOptions = {}) =>
      ask(who, `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${selection} } }`, {
        ...askOptions,
        variables: { ...askOptions.variables, representations },
      }),
    async connect(userId, email) {
      const started = await ask(userId, 'mutation { connect { authorizeUrl state } }');
      const { authorizeUrl, state } = started.data.connect as { authorizeUrl: string; state: string };
      const user = [...sandbox.sandbox.state.users.values()].find((candidate) => candidate.email === email);
      if (!user) throw new Error(`the sandbox has no user ${email}`);
      const redirectUri = new URL(authorizeUrl).searchParams.get('redirect_uri') ?? '';
      const code = sandbox.sandbox.actions.authorize({ userId: user.id, redirectUri });
      const completed = await ask(
        userId,
        `mutation ($input: FullscriptCompleteConnectInput!) { completeConnect(input: $input) { __typename ... on FullscriptConnected { account { id clinic { id } } } } }`,
        { variables: { input: { code, state } } },
      );
      const account = completed.data?.completeConnect?.account as { id: string; clinic: { id: string } } | undefined;
      if (!account) throw new Error(`connecting failed: ${JSON.stringify(completed)}`);
      return { id: account.id, clinicId: account.clinic.id };
    },
    async startAnother(more = {}, anotherOutside = {}) {
      const another = await startApp(readConfig({ ...env, ...more }), { ...outside, ...anotherOutside });
      others.push(another);
      return another;
    },
    async stop() {
      await Promise.all([app, ...others].map((each) => each.stop()));
      await Promise.all([sandbox.stop(), emr.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
