import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { startDemoEmr, type RunningEmr } from '../../src/demo/emr/start.ts';
import { defaultApp } from '../../src/sandbox/defaults.ts';
import { startSandbox, type RunningSandbox, type StartOptions } from '../../src/sandbox/start.ts';
import type { FromServers, ToServers } from './servers.ts';

const gatewaySecret = 'bench-gateway-secret';

interface GraphqlAnswer {
  data: Record<string, unknown>;
  errors?: { extensions: { code: string } }[];
}

/** The subgraph in a process of its own, as in production, between a sandbox and a demo EMR in this one. */
export interface BenchDeployment {
  sandbox: RunningSandbox;
  emr: RunningEmr;
  /** Where the subgraph listens. */
  url: string;
  /** The token of the practitioner who asks. */
  bearer: string;
  gatewaySecret: string;
  /** What every request to the subgraph carries. */
  headers: Record<string, string>;
  ask(query: string, variables?: object): Promise<GraphqlAnswer>;
  tell(message: ToServers): void;
  /** Waits for the next message of one kind; rejects when the process ends. */
  next<K extends FromServers['kind']>(kind: K): Promise<Extract<FromServers, { kind: K }>>;
  /** Connects the practitioner with this login at the sandbox. */
  connect(email: string): Promise<void>;
  /** Lets the process end by itself. */
  finish(): Promise<void>;
  /** Ends everything, whatever runs. */
  stop(): Promise<void>;
}

/** Starts all three over the database at `databaseUrl`, with `env` on top of the wiring. */
export async function startBenchDeployment(
  databaseUrl: string,
  env: Record<string, string>,
  sandboxOptions: StartOptions = {},
): Promise<BenchDeployment> {
  const sandbox = await startSandbox(sandboxOptions);
  const emr = await startDemoEmr();
  const child: ChildProcess = fork(new URL('./servers.js', import.meta.url), {
    execArgv: ['--max-semi-space-size=64'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      PORT: '0',
      DATABASE_URL: databaseUrl,
      FULLSCRIPT_API_URL: sandbox.apiUrl,
      FULLSCRIPT_AUTHORIZE_URL: sandbox.authorizeUrl,
      FULLSCRIPT_CLIENT_ID: defaultApp.clientId,
      FULLSCRIPT_CLIENT_SECRET: defaultApp.clientSecret,
      FULLSCRIPT_REDIRECT_URI: defaultApp.redirectUris[0],
      FULLSCRIPT_WEBHOOK_CHALLENGE: defaultApp.challenge,
      FULLSCRIPT_WEBHOOK_SECRET: defaultApp.webhookSecret,
      EMR_GRAPHQL_URL: emr.graphqlUrl,
      EMR_SERVICE_TOKEN: await emr.serviceToken(),
      EMR_JWT_ISSUER: emr.issuer,
      EMR_JWT_AUDIENCE: emr.audience,
      EMR_JWKS_URL: emr.jwksUrl,
      GATEWAY_SECRET: gatewaySecret,
      ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      LOG_LEVEL: 'error',
      ...env,
    },
  });
  // Every wait for a message also listens for the end of the process.
  child.setMaxListeners(0);
  const stop = async (): Promise<void> => {
    child.kill();
    await Promise.all([sandbox.stop(), emr.stop()]);
  };
  const next: BenchDeployment['next'] = (kind) =>
    new Promise((resolve, reject) => {
      const onMessage = (message: FromServers): void => {
        if (message.kind !== kind) return;
        child.off('message', onMessage);
        resolve(message as never);
      };
      child.on('message', onMessage);
      child.once('exit', (code) => reject(new Error(`the servers' process ended with ${String(code)}`)));
    });
  try {
    const { url } = await next('ready');
    const bearer = await emr.tokenFor('u-ada');
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${bearer}`,
      'x-gateway-secret': gatewaySecret,
    };
    const ask: BenchDeployment['ask'] = async (query, variables = {}) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as GraphqlAnswer;
    };
    return {
      sandbox,
      emr,
      url,
      bearer,
      gatewaySecret,
      headers,
      ask,
      tell: (message) => void child.send(message),
      next,
      async connect(email) {
        const started = await ask('mutation { connect { authorizeUrl state } }');
        const { authorizeUrl, state } = started.data['connect'] as { authorizeUrl: string; state: string };
        const user = [...sandbox.sandbox.state.users.values()].find((candidate) => candidate.email === email);
        const redirectUri = new URL(authorizeUrl).searchParams.get('redirect_uri') ?? '';
        const code = sandbox.sandbox.actions.authorize({ userId: user?.id ?? '', redirectUri });
        await ask(
          'mutation ($input: FullscriptCompleteConnectInput!) { completeConnect(input: $input) { __typename } }',
          { input: { code, state } },
        );
      },
      async finish() {
        const stopped = next('stopped');
        child.send({ kind: 'stop' } satisfies ToServers);
        await stopped;
        await Promise.race([once(child, 'exit'), setTimeout(5000, undefined, { ref: false })]);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
