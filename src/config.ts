import type { z } from 'zod';
import { environmentRules, type EnvironmentValues } from './config/rules.ts';
import { toTracingConfig, type TracingConfig } from './config/tracing.ts';
import type { FullscriptEnvironment } from './domain/account.ts';

export type ConfigLogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Everything a deployment can set, parsed. Durations carry their unit in the name; texts are trimmed and never empty. */
export interface Config {
  http: {
    host: string;
    /** 0 lets the system choose. */
    port: number;
    /** Where browsers reach this service, without a trailing slash; null when it is simply the address it listens on. */
    publicUrl: string | null;
  };
  database: {
    /** `sqlite:PATH` or `mysql://user:password@host:port/name`. */
    url: string;
    poolSize: number;
    /** Whether to bring the schema to the newest at start. */
    migrate: boolean;
  };
  fullscript: {
    environment: FullscriptEnvironment;
    /** Ends in `/api`, without a trailing slash. */
    apiUrl: string;
    /** The consent page, without parameters. */
    authorizeUrl: string;
    clientId: string;
    clientSecret: string;
    /** Exactly as registered with Fullscript. */
    redirectUri: string;
    scopes: readonly string[];
    /** Null unless both the challenge and a secret are set: then webhooks are answered 503. */
    webhook: { challenge: string; secrets: readonly string[] } | null;
    embedPublicKey: string | null;
    restrictedEndpoints: boolean;
    /** Calls in 300 s that the whole deployment may make. */
    rateLimit: number;
    /** For one attempt. */
    timeoutMs: number;
    /** For all of Fullscript within one GraphQL request. */
    deadlineMs: number;
    /** Calls in flight in one process. */
    maxConcurrency: number;
    /** Hosts, with their subdomains, that result files may come from besides the API's own origin. */
    fileHosts: readonly string[];
    /** Whether a newly made Fullscript patient is greeted by e-mail when the caller does not say. */
    welcomeEmail: boolean;
  };
  labs: { linkSeconds: number; pdfMaxBytes: number };
  emr: {
    graphqlUrl: string;
    /** For calls that no user stands behind; without it, jobs tell the EMR nothing. */
    serviceToken: string | null;
    issuer: string;
    audience: string;
    jwks: { url: string } | { file: string };
    /** Origins that `returnTo` may lead to. */
    returnOrigins: readonly string[];
  };
  /** Empty: no gateway is trusted. */
  gatewaySecrets: readonly string[];
  /** The first encrypts, all decrypt. */
  encryptionKeys: readonly { kid: string; key: Uint8Array }[];
  freshForSeconds: number;
  eventSweepSeconds: number;
  redisUrl: string | null;
  replicas: number;
  /** Whether the web process runs the worker too. */
  worker: boolean;
  /** Where a worker by itself answers for its health and metrics, on `http.host`; 0 lets the system choose, null leaves it out. */
  workerPort: number | null;
  /** Where traces go and how many; null: none are made. */
  tracing: TracingConfig | null;
  logLevel: ConfigLogLevel;
  introspection: boolean;
  production: boolean;
}

/** One variable and the rule it breaks. Never holds the value. */
export interface ConfigFault {
  name: string;
  rule: string;
}

/** The environment cannot be used. The message has one line per fault, `NAME: rule`, and no value, because values may be secrets. */
export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(({ name, rule }) => `${name}: ${rule}`).join('\n'));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** The process's environment. Nothing else in the product reads it. */
export function readEnvironment(): Record<string, string | undefined> {
  return process.env;
}

const apiUrls: Record<FullscriptEnvironment, string> = {
  'us-snd': 'https://api-us-snd.fullscript.io/api',
  'ca-snd': 'https://api-ca-snd.fullscript.io/api',
  us: 'https://api-us.fullscript.com/api',
  ca: 'https://api-ca.fullscript.com/api',
};

/** Reads what migrating needs and nothing else. Throws one ConfigError that names every fault. */
export function readDatabaseConfig(
  env: Record<string, string | undefined>,
): Pick<Config['database'], 'url' | 'poolSize'> {
  const parsed = environmentRules.pick({ DATABASE_URL: true, DATABASE_POOL_SIZE: true }).safeParse(toGiven(env));
  if (!parsed.success) throw new ConfigError(toFaults(parsed.error));
  return { url: parsed.data.DATABASE_URL, poolSize: parsed.data.DATABASE_POOL_SIZE };
}

const emrRules = environmentRules.pick({
  EMR_GRAPHQL_URL: true,
  EMR_SERVICE_TOKEN: true,
  EMR_JWT_ISSUER: true,
  EMR_JWT_AUDIENCE: true,
  EMR_RETURN_ORIGINS: true,
});

/** Reads what asking the EMR needs and nothing else. Throws one ConfigError that names every fault. */
export function readEmrConfig(env: Record<string, string | undefined>): Config['emr'] {
  const given = toGiven(env);
  const parsed = emrRules.safeParse(given);
  const faults = toFaults(parsed.error);
  const jwks = readJwks(given, faults);
  if (!parsed.success || jwks === null) throw new ConfigError(faults);
  return toEmrConfig(parsed.data, jwks);
}

/** The variables we know, without blanks around them; an empty one counts as not set. */
function toGiven(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.keys(environmentRules.shape).flatMap((name) => {
      const value = env[name]?.trim();
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

function toFaults(error: z.ZodError | undefined): ConfigFault[] {
  return (error?.issues ?? []).map((issue) => ({ name: issue.path.join('.'), rule: issue.message }));
}

/**
 * Reads the configuration out of an environment. Surrounding blanks are dropped and an empty variable counts as not set.
 * Throws one ConfigError that names every fault.
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = toGiven(env);
  const parsed = environmentRules.safeParse(given);
  const faults = toFaults(parsed.error);
  const jwks = readJwks(given, faults);
  if (!parsed.success || jwks === null) throw new ConfigError(faults);
  return toConfig(parsed.data, jwks);
}

function readJwks(given: Record<string, string>, faults: ConfigFault[]): { url: string } | { file: string } | null {
  const { EMR_JWKS_URL: url, EMR_JWKS_FILE: file } = given;
  if (url !== undefined && file === undefined) return { url };
  if (file !== undefined && url === undefined) return { file };
  faults.push(
    url === undefined
      ? { name: 'EMR_JWKS_URL', rule: 'is required, or EMR_JWKS_FILE instead' }
      : { name: 'EMR_JWKS_FILE', rule: 'must not be set together with EMR_JWKS_URL' },
  );
  return null;
}

function toEmrConfig(values: z.output<typeof emrRules>, jwks: Config['emr']['jwks']): Config['emr'] {
  return {
    graphqlUrl: values.EMR_GRAPHQL_URL,
    serviceToken: values.EMR_SERVICE_TOKEN ?? null,
    issuer: values.EMR_JWT_ISSUER,
    audience: values.EMR_JWT_AUDIENCE,
    jwks,
    returnOrigins: values.EMR_RETURN_ORIGINS,
  };
}

function toConfig(values: EnvironmentValues, jwks: Config['emr']['jwks']): Config {
  const production = values.NODE_ENV === 'production';
  const apiUrl = values.FULLSCRIPT_API_URL ?? apiUrls[values.FULLSCRIPT_ENV];
  const challenge = values.FULLSCRIPT_WEBHOOK_CHALLENGE;
  const secrets = values.FULLSCRIPT_WEBHOOK_SECRET;
  return {
    http: { host: values.HOST, port: values.PORT, publicUrl: values.PUBLIC_URL ?? null },
    database: { url: values.DATABASE_URL, poolSize: values.DATABASE_POOL_SIZE, migrate: values.MIGRATE },
    fullscript: {
      environment: values.FULLSCRIPT_ENV,
      apiUrl,
      authorizeUrl: values.FULLSCRIPT_AUTHORIZE_URL ?? `${apiUrl}/oauth/authorize`,
      clientId: values.FULLSCRIPT_CLIENT_ID,
      clientSecret: values.FULLSCRIPT_CLIENT_SECRET,
      redirectUri: values.FULLSCRIPT_REDIRECT_URI,
      scopes: values.FULLSCRIPT_SCOPES,
      webhook: challenge === undefined || secrets === undefined ? null : { challenge, secrets },
      embedPublicKey: values.FULLSCRIPT_EMBED_PUBLIC_KEY ?? null,
      restrictedEndpoints: values.FULLSCRIPT_RESTRICTED_ENDPOINTS,
      rateLimit: values.FULLSCRIPT_RATE_LIMIT,
      timeoutMs: values.FULLSCRIPT_TIMEOUT_MS,
      deadlineMs: values.FULLSCRIPT_DEADLINE_MS,
      maxConcurrency: values.FULLSCRIPT_MAX_CONCURRENCY,
      fileHosts: values.FULLSCRIPT_FILE_HOSTS,
      welcomeEmail: values.FULLSCRIPT_WELCOME_EMAIL,
    },
    labs: { linkSeconds: values.LAB_LINK_SECONDS, pdfMaxBytes: values.LAB_PDF_MAX_BYTES },
    emr: toEmrConfig(values, jwks),
    gatewaySecrets: values.GATEWAY_SECRET,
    encryptionKeys: values.ENCRYPTION_KEYS,
    freshForSeconds: values.FRESH_FOR_SECONDS,
    eventSweepSeconds: values.EVENT_SWEEP_SECONDS,
    redisUrl: values.REDIS_URL ?? null,
    replicas: values.REPLICAS,
    worker: values.WORKER,
    workerPort: values.WORKER_PORT ?? null,
    tracing: toTracingConfig(values),
    logLevel: values.LOG_LEVEL,
    introspection: values.INTROSPECTION ?? !production,
    production,
  };
}
