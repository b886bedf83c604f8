import { z } from 'zod';
import {
  address,
  databaseUrl,
  encryptionKeys,
  headerList,
  isOrigin,
  list,
  onOff,
  redisUrl,
  required,
  secretList,
  wholeNumber,
} from './config/values.ts';
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

/** Traces by OpenTelemetry, as its own variables say. */
export interface TracingConfig {
  /** Where spans are sent as JSON, such as `http://127.0.0.1:4318/v1/traces`. */
  url: string;
  /** Sent with them; may hold secrets. */
  headers: Readonly<Record<string, string>>;
  serviceName: string;
  /** How long spans wait for company before they are sent. */
  delayMs: number;
  sampler: {
    /** Whether a caller's own decision is followed. */
    parentBased: boolean;
    /** Which share of the traces that begin here is kept, 0 to 1. */
    ratio: number;
  };
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

const defaultScopes = [
  'catalog:read',
  'clinic:read',
  'clinic:write',
  'patients:read',
  'patients:write',
  'patients:treatment_plan_history',
  'patients:order_history',
];

const apiUrls: Record<FullscriptEnvironment, string> = {
  'us-snd': 'https://api-us-snd.fullscript.io/api',
  'ca-snd': 'https://api-ca-snd.fullscript.io/api',
  us: 'https://api-us.fullscript.com/api',
  ca: 'https://api-ca.fullscript.com/api',
};

const environmentRules = z.object({
  PORT: wholeNumber(4001, 0, 65_535),
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/, 'must be a host name or an IP address')
    .default('127.0.0.1'),
  PUBLIC_URL: address({ trim: true, bare: true }).optional(),
  DATABASE_URL: databaseUrl,
  DATABASE_POOL_SIZE: wholeNumber(10, 1, 1000),
  FULLSCRIPT_ENV: z
    .enum(['us-snd', 'ca-snd', 'us', 'ca'], { error: 'must be us-snd, ca-snd, us or ca' })
    .default('us-snd'),
  FULLSCRIPT_API_URL: address({
    trim: true,
    bare: true,
    check: (url, refuse) => {
      if (!/\/api\/*$/.test(url.pathname)) refuse('must end in /api');
    },
  }).optional(),
  FULLSCRIPT_AUTHORIZE_URL: address({ bare: true }).optional(),
  FULLSCRIPT_CLIENT_ID: required,
  FULLSCRIPT_CLIENT_SECRET: required,
  FULLSCRIPT_REDIRECT_URI: address({
    check: (url, refuse) => {
      if (url.hash !== '') refuse('must not have a fragment');
    },
  }),
  FULLSCRIPT_SCOPES: list((entry) => /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(entry), 'must be a list of scopes').default(
    defaultScopes,
  ),
  FULLSCRIPT_WEBHOOK_CHALLENGE: z.string().optional(),
  FULLSCRIPT_WEBHOOK_SECRET: secretList.optional(),
  FULLSCRIPT_EMBED_PUBLIC_KEY: z.string().optional(),
  FULLSCRIPT_RESTRICTED_ENDPOINTS: onOff(false),
  FULLSCRIPT_RATE_LIMIT: wholeNumber(5000, 1, 1_000_000),
  FULLSCRIPT_TIMEOUT_MS: wholeNumber(5000, 1, 600_000),
  FULLSCRIPT_DEADLINE_MS: wholeNumber(8000, 1, 600_000),
  FULLSCRIPT_MAX_CONCURRENCY: wholeNumber(10, 1, 1000),
  FULLSCRIPT_FILE_HOSTS: list(
    (entry) => /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(entry),
    'must be a list of host names without scheme, port or path',
    (entry) => entry.toLowerCase(),
  ).default(['fullscript.com', 'fullscript.io']),
  FULLSCRIPT_WELCOME_EMAIL: onOff(false),
  LAB_LINK_SECONDS: wholeNumber(300, 1, 86_400),
  LAB_PDF_MAX_BYTES: wholeNumber(26_214_400, 1, 1_073_741_824),
  EMR_GRAPHQL_URL: address(),
  EMR_SERVICE_TOKEN: z.string().optional(),
  EMR_JWT_ISSUER: required,
  EMR_JWT_AUDIENCE: required,
  EMR_JWKS_URL: address().optional(),
  EMR_JWKS_FILE: z.string().optional(),
  EMR_RETURN_ORIGINS: list(
    isOrigin,
    'must be a list of origins such as https://emr.example, with http for loopback hosts only',
    (entry) => new URL(entry).origin,
  ).default([]),
  GATEWAY_SECRET: secretList.default([]),
  ENCRYPTION_KEYS: encryptionKeys,
  FRESH_FOR_SECONDS: wholeNumber(900, 0, 31_536_000),
  EVENT_SWEEP_SECONDS: wholeNumber(300, 1, 86_400),
  REDIS_URL: redisUrl.optional(),
  REPLICAS: wholeNumber(1, 1, 10_000),
  WORKER: onOff(true),
  WORKER_PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a whole number from 0 to 65535')
    .transform(Number)
    .refine((value) => value <= 65_535, 'must be a whole number from 0 to 65535')
    .optional(),
  MIGRATE: onOff(true),
  INTROSPECTION: z
    .enum(['on', 'off'], { error: 'must be on or off' })
    .transform((value) => value === 'on')
    .optional(),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be trace, debug, info, warn, error, fatal or silent',
    })
    .default('info'),
  OTEL_SDK_DISABLED: z
    .string()
    .transform((value) => value.toLowerCase() === 'true')
    .default(false),
  OTEL_EXPORTER_OTLP_ENDPOINT: address({ trim: true, bare: true }).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: address().optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headerList.optional(),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headerList.optional(),
  OTEL_SERVICE_NAME: z.string().default('fullscript-subgraph'),
  OTEL_TRACES_SAMPLER: z
    .enum(
      [
        'always_on',
        'always_off',
        'traceidratio',
        'parentbased_always_on',
        'parentbased_always_off',
        'parentbased_traceidratio',
      ],
      { error: 'must be one of the samplers that OpenTelemetry names, as parentbased_traceidratio' },
    )
    .default('parentbased_always_on'),
  OTEL_BSP_SCHEDULE_DELAY: wholeNumber(5000, 1, 600_000),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .transform(Number)
    .refine((value) => value >= 0 && value <= 1, 'must be a number from 0 to 1')
    .optional(),
  NODE_ENV: z.string().optional(),
});

type EnvironmentValues = z.output<typeof environmentRules>;

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

/** Standard variables; the one for traces alone comes before the one for everything. */
function toTracingConfig(values: EnvironmentValues): TracingConfig | null {
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base === undefined ? null : `${base}/v1/traces`);
  if (url === null || values.OTEL_SDK_DISABLED) return null;
  const sampler = values.OTEL_TRACES_SAMPLER;
  return {
    url,
    headers: { ...values.OTEL_EXPORTER_OTLP_HEADERS, ...values.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
    serviceName: values.OTEL_SERVICE_NAME,
    delayMs: values.OTEL_BSP_SCHEDULE_DELAY,
    sampler: {
      parentBased: sampler.startsWith('parentbased_'),
      ratio: sampler.endsWith('always_on')
        ? 1
        : sampler.endsWith('always_off')
          ? 0
          : (values.OTEL_TRACES_SAMPLER_ARG ?? 1),
    },
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
