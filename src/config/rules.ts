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
} from './values.ts';

/** What this service asks of a Fullscript account, unless a deployment needs less. */
const defaultScopes = [
  'catalog:read',
  'clinic:read',
  'clinic:write',
  'patients:read',
  'patients:write',
  'patients:treatment_plan_history',
  'patients:order_history',
];

/** The rule and the default of each variable. */
export const environmentRules = z.object({
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

/** The environment, variable by variable, parsed. */
export type EnvironmentValues = z.output<typeof environmentRules>;
