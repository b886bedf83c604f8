import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig, readDatabaseConfig } from '../src/config.ts';

const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');

function buildEnvironment(overrides: Record<string, string | undefined> = {}): Record<string, string | undefined> {
  return {
    FULLSCRIPT_CLIENT_ID: 'client',
    FULLSCRIPT_CLIENT_SECRET: 'hush-hush',
    FULLSCRIPT_REDIRECT_URI: 'https://emr.example/fullscript?from=oauth',
    EMR_GRAPHQL_URL: 'https://emr.example/graphql',
    EMR_JWT_ISSUER: 'https://emr.example',
    EMR_JWT_AUDIENCE: 'supergraph',
    EMR_JWKS_URL: 'https://emr.example/jwks.json',
    ENCRYPTION_KEYS: `k1:${key(1)}`,
    ...overrides,
  };
}

function readFaults(overrides: Record<string, string | undefined>): string[] {
  try {
    readConfig(buildEnvironment(overrides));
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ name, rule }) => `${name}: ${rule}`);
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('fills in every default', () => {
    expect(readConfig(buildEnvironment())).toEqual({
      http: { host: '127.0.0.1', port: 4001, publicUrl: null },
      database: { url: 'sqlite:./data/fullscript.db', poolSize: 10, migrate: true },
      fullscript: {
        environment: 'us-snd',
        apiUrl: 'https://api-us-snd.fullscript.io/api',
        authorizeUrl: 'https://api-us-snd.fullscript.io/api/oauth/authorize',
        clientId: 'client',
        clientSecret: 'hush-hush',
        redirectUri: 'https://emr.example/fullscript?from=oauth',
        scopes: [
          'catalog:read',
          'clinic:read',
          'clinic:write',
          'patients:read',
          'patients:write',
          'patients:treatment_plan_history',
          'patients:order_history',
        ],
        webhook: null,
        embedPublicKey: null,
        restrictedEndpoints: false,
        rateLimit: 5000,
        timeoutMs: 5000,
        deadlineMs: 8000,
        maxConcurrency: 10,
        fileHosts: ['fullscript.com', 'fullscript.io'],
        welcomeEmail: false,
      },
      labs: { linkSeconds: 300, pdfMaxBytes: 26_214_400 },
      emr: {
        graphqlUrl: 'https://emr.example/graphql',
        serviceToken: null,
        issuer: 'https://emr.example',
        audience: 'supergraph',
        jwks: { url: 'https://emr.example/jwks.json' },
        returnOrigins: [],
      },
      gatewaySecrets: [],
      encryptionKeys: [{ kid: 'k1', key: new Uint8Array(32).fill(1) }],
      freshForSeconds: 900,
      eventSweepSeconds: 300,
      redisUrl: null,
      replicas: 1,
      worker: true,
      workerPort: null,
      tracing: null,
      logLevel: 'info',
      introspection: true,
      production: false,
    });
  });

  it('takes every variable', () => {
    const config = readConfig(
      buildEnvironment({
        PORT: '0',
        HOST: '0.0.0.0',
        PUBLIC_URL: 'https://fs.emr.example/base/',
        DATABASE_URL: 'mysql://app:p%40ss@db:3306/fullscript',
        DATABASE_POOL_SIZE: '3',
        FULLSCRIPT_ENV: 'ca',
        FULLSCRIPT_API_URL: 'http://127.0.0.1:4010/api/',
        FULLSCRIPT_AUTHORIZE_URL: 'http://localhost:4010/oauth/authorize',
        FULLSCRIPT_SCOPES: 'clinic:read, clinic:write patients:read',
        FULLSCRIPT_WEBHOOK_CHALLENGE: 'chal',
        FULLSCRIPT_WEBHOOK_SECRET: 'new,old',
        FULLSCRIPT_EMBED_PUBLIC_KEY: 'pub',
        FULLSCRIPT_RESTRICTED_ENDPOINTS: 'on',
        FULLSCRIPT_RATE_LIMIT: '100',
        FULLSCRIPT_TIMEOUT_MS: '50',
        FULLSCRIPT_DEADLINE_MS: '80',
        FULLSCRIPT_MAX_CONCURRENCY: '2',
        FULLSCRIPT_FILE_HOSTS: 'Files.example cdn.example',
        FULLSCRIPT_WELCOME_EMAIL: 'on',
        LAB_LINK_SECONDS: '1',
        LAB_PDF_MAX_BYTES: '1000',
        EMR_SERVICE_TOKEN: 'svc',
        EMR_JWKS_URL: undefined,
        EMR_JWKS_FILE: './keys.json',
        EMR_RETURN_ORIGINS: 'https://emr.example/ http://localhost:3000',
        GATEWAY_SECRET: 'g1, g2',
        ENCRYPTION_KEYS: `new:${key(2)},old:${key(1).replaceAll('=', '')}`,
        FRESH_FOR_SECONDS: '0',
        EVENT_SWEEP_SECONDS: '5',
        REDIS_URL: 'redis://cache:6379',
        REPLICAS: '4',
        WORKER: 'off',
        MIGRATE: 'off',
        INTROSPECTION: 'on',
        LOG_LEVEL: 'silent',
        NODE_ENV: 'production',
      }),
    );
    expect(config.http).toEqual({ host: '0.0.0.0', port: 0, publicUrl: 'https://fs.emr.example/base' });
    expect(config.database).toEqual({ url: 'mysql://app:p%40ss@db:3306/fullscript', poolSize: 3, migrate: false });
    expect(config.fullscript).toMatchObject({
      environment: 'ca',
      apiUrl: 'http://127.0.0.1:4010/api',
      authorizeUrl: 'http://localhost:4010/oauth/authorize',
      scopes: ['clinic:read', 'clinic:write', 'patients:read'],
      webhook: { challenge: 'chal', secrets: ['new', 'old'] },
      embedPublicKey: 'pub',
      restrictedEndpoints: true,
      rateLimit: 100,
      timeoutMs: 50,
      deadlineMs: 80,
      maxConcurrency: 2,
      fileHosts: ['files.example', 'cdn.example'],
      welcomeEmail: true,
    });
    expect(config.labs).toEqual({ linkSeconds: 1, pdfMaxBytes: 1000 });
    expect(config.emr).toMatchObject({
      serviceToken: 'svc',
      jwks: { file: './keys.json' },
      returnOrigins: ['https://emr.example', 'http://localhost:3000'],
    });
    expect(config.gatewaySecrets).toEqual(['g1', 'g2']);
    expect(config.encryptionKeys.map(({ kid }) => kid)).toEqual(['new', 'old']);
    expect(config).toMatchObject({
      freshForSeconds: 0,
      eventSweepSeconds: 5,
      redisUrl: 'redis://cache:6379',
      replicas: 4,
      worker: false,
      workerPort: null,
      tracing: null,
      logLevel: 'silent',
      introspection: true,
      production: true,
    });
  });

  it('turns introspection off in production unless told otherwise', () => {
    expect(readConfig(buildEnvironment({ NODE_ENV: 'production' })).introspection).toBe(false);
    expect(readConfig(buildEnvironment({ NODE_ENV: 'production', INTROSPECTION: 'on' })).introspection).toBe(true);
    expect(readConfig(buildEnvironment({ INTROSPECTION: 'off' })).introspection).toBe(false);
  });

  it.each(['us', 'us-snd', 'ca', 'ca-snd'])('knows the addresses of %s', (environment) => {
    const { apiUrl, authorizeUrl } = readConfig(buildEnvironment({ FULLSCRIPT_ENV: environment })).fullscript;
    expect(new URL(apiUrl).hostname).toMatch(new RegExp(`^api-${environment}\\.fullscript\\.(com|io)$`));
    expect(authorizeUrl).toBe(`${apiUrl}/oauth/authorize`);
  });

  it('answers webhooks only with both a challenge and a secret', () => {
    expect(readConfig(buildEnvironment({ FULLSCRIPT_WEBHOOK_CHALLENGE: 'c' })).fullscript.webhook).toBeNull();
    expect(readConfig(buildEnvironment({ FULLSCRIPT_WEBHOOK_SECRET: 's' })).fullscript.webhook).toBeNull();
  });

  it.each([
    'FULLSCRIPT_CLIENT_ID',
    'FULLSCRIPT_CLIENT_SECRET',
    'FULLSCRIPT_REDIRECT_URI',
    'EMR_GRAPHQL_URL',
    'EMR_JWT_ISSUER',
    'EMR_JWT_AUDIENCE',
    'ENCRYPTION_KEYS',
  ])('requires %s', (name) => {
    expect(readFaults({ [name]: undefined })).toEqual([`${name}: is required`]);
    expect(readFaults({ [name]: '  ' })).toEqual([`${name}: is required`]);
  });

  it('requires one source of the EMR keys', () => {
    expect(readFaults({ EMR_JWKS_URL: undefined })).toEqual(['EMR_JWKS_URL: is required, or EMR_JWKS_FILE instead']);
    expect(readFaults({ EMR_JWKS_FILE: 'x.json' })).toEqual([
      'EMR_JWKS_FILE: must not be set together with EMR_JWKS_URL',
    ]);
  });

  it.each([
    ['PORT', '65536', 'whole number from 0 to 65535'],
    ['PORT', '-1', 'whole number'],
    ['PORT', '4001.5', 'whole number'],
    ['PORT', '0x10', 'whole number'],
    ['HOST', 'two hosts', 'host name'],
    ['PUBLIC_URL', 'fs.emr.example', 'absolute http(s) address'],
    ['PUBLIC_URL', 'http://fs.emr.example', 'loopback hosts only'],
    ['PUBLIC_URL', 'https://fs.emr.example/?x=1', 'query or fragment'],
    ['DATABASE_URL', 'postgres://db/x', 'sqlite:PATH or mysql://'],
    ['DATABASE_URL', 'sqlite:', 'sqlite:PATH or mysql://'],
    ['DATABASE_URL', 'mysql://db:3306/', 'sqlite:PATH or mysql://'],
    ['DATABASE_POOL_SIZE', '0', 'whole number from 1 to 1000'],
    ['FULLSCRIPT_ENV', 'eu', 'us-snd, ca-snd, us or ca'],
    ['FULLSCRIPT_API_URL', 'https://api-us.fullscript.com', 'end in /api'],
    ['FULLSCRIPT_API_URL', 'https://api-us.fullscript.com/xapi', 'end in /api'],
    ['FULLSCRIPT_API_URL', 'http://api-us.fullscript.com/api', 'loopback hosts only'],
    ['FULLSCRIPT_API_URL', 'http://127.0.0.1.evil.example/api', 'loopback hosts only'],
    ['FULLSCRIPT_API_URL', 'https://user:secret@api-us.fullscript.com/api', 'user name or password'],
    ['FULLSCRIPT_AUTHORIZE_URL', 'ftp://fullscript.com/x', 'absolute http(s) address'],
    ['FULLSCRIPT_AUTHORIZE_URL', 'https://fullscript.com/authorize?x=1', 'query or fragment'],
    ['FULLSCRIPT_REDIRECT_URI', '/callback', 'absolute http(s) address'],
    ['FULLSCRIPT_REDIRECT_URI', 'http://emr.example/callback', 'loopback hosts only'],
    ['FULLSCRIPT_REDIRECT_URI', 'https://emr.example/callback#x', 'fragment'],
    ['FULLSCRIPT_SCOPES', ', ,', 'list of scopes'],
    ['FULLSCRIPT_WEBHOOK_SECRET', ',', 'at least one secret'],
    ['FULLSCRIPT_RESTRICTED_ENDPOINTS', 'true', 'on or off'],
    ['FULLSCRIPT_RATE_LIMIT', '0', 'whole number from 1'],
    ['FULLSCRIPT_TIMEOUT_MS', '5s', 'whole number from 1'],
    ['FULLSCRIPT_DEADLINE_MS', '0', 'whole number from 1'],
    ['FULLSCRIPT_MAX_CONCURRENCY', '1001', 'whole number from 1 to 1000'],
    ['FULLSCRIPT_FILE_HOSTS', 'https://fullscript.com', 'host names'],
    ['FULLSCRIPT_FILE_HOSTS', 'fullscript.com:443', 'host names'],
    ['FULLSCRIPT_WELCOME_EMAIL', 'yes', 'on or off'],
    ['LAB_LINK_SECONDS', '0', 'whole number from 1'],
    ['LAB_PDF_MAX_BYTES', '25MB', 'whole number from 1'],
    ['EMR_GRAPHQL_URL', 'http://emr.example/graphql', 'loopback hosts only'],
    ['EMR_JWKS_URL', 'http://emr.example/jwks', 'loopback hosts only'],
    ['EMR_RETURN_ORIGINS', 'https://emr.example/page', 'origins'],
    ['EMR_RETURN_ORIGINS', 'emr.example', 'origins'],
    ['EMR_RETURN_ORIGINS', 'http://emr.example', 'origins'],
    ['GATEWAY_SECRET', ' , ', 'at least one secret'],
    ['ENCRYPTION_KEYS', 'just-a-key', 'kid:base64'],
    ['ENCRYPTION_KEYS', `:${key(1)}`, 'kid:base64'],
    ['ENCRYPTION_KEYS', `k1:${Buffer.alloc(16).toString('base64')}`, 'exactly 32 bytes'],
    ['ENCRYPTION_KEYS', `k1:${key(1)},k1:${key(2)}`, 'kid twice'],
    ['ENCRYPTION_KEYS', ',', 'at least one key'],
    ['FRESH_FOR_SECONDS', 'soon', 'whole number from 0'],
    ['EVENT_SWEEP_SECONDS', '0', 'whole number from 1'],
    ['REDIS_URL', 'http://cache:6379', 'redis://'],
    ['REPLICAS', '0', 'whole number from 1'],
    ['WORKER', '1', 'on or off'],
    ['MIGRATE', 'no', 'on or off'],
    ['INTROSPECTION', 'ON', 'on or off'],
    ['LOG_LEVEL', 'loud', 'trace, debug'],
  ])('refuses %s=%s', (name, value, rule) => {
    const faults = readFaults({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}: `));
    expect(faults[0]).toContain(rule);
  });

  it('reports all faults together, each with its variable, and no value', () => {
    const faults = readFaults({
      FULLSCRIPT_CLIENT_SECRET: '',
      FULLSCRIPT_API_URL: 'https://secret-host.example',
      ENCRYPTION_KEYS: 'k1:c2VjcmV0LXZhbHVl',
      EMR_JWKS_URL: undefined,
      PORT: 'secret-port',
    });
    expect(faults.map((fault) => fault.split(':')[0]).sort()).toEqual([
      'EMR_JWKS_URL',
      'ENCRYPTION_KEYS',
      'FULLSCRIPT_API_URL',
      'FULLSCRIPT_CLIENT_SECRET',
      'PORT',
    ]);
    expect(faults.join('\n')).not.toMatch(/secret-host|c2Vjc|secret-port/);
  });

  it('accepts http on every way to write the own machine', () => {
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'emr.localhost'])
      expect(readFaults({ EMR_GRAPHQL_URL: `http://${host}:4002/graphql` })).toEqual([]);
  });
});

describe('readDatabaseConfig', () => {
  it('needs nothing but the variables of the database', () => {
    expect(readDatabaseConfig({ DATABASE_URL: 'mysql://app@db/fullscript', PORT: 'nonsense' })).toEqual({
      url: 'mysql://app@db/fullscript',
      poolSize: 10,
    });
    expect(() => readDatabaseConfig({ DATABASE_URL: 'nonsense' })).toThrow(/^DATABASE_URL: must be sqlite:PATH/);
  });
});
