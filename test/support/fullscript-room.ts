import { onTestFinished } from 'vitest';
import type { TokenPair } from '../../src/fullscript/access-tokens.ts';
import type { Call } from '../../src/fullscript/call.ts';
import { createFullscript, type Fullscript, type FullscriptNeeds } from '../../src/fullscript/fullscript.ts';
import type { FullscriptLog, FullscriptSettings } from '../../src/fullscript/settings.ts';
import type { CallRecord } from '../../src/fullscript/transport.ts';
import { startHttpServer, type GivenAnswer, type HttpServer, type SeenRequest } from './http-server.ts';
import { createMemoryTokenStore, type MemoryTokenStore } from './memory-token-store.ts';

export const allScopes = [
  'catalog:read',
  'clinic:read',
  'clinic:write',
  'patients:read',
  'patients:write',
  'patients:treatment_plan_history',
  'patients:order_history',
];

export function toPair(overrides: Partial<TokenPair> = {}): TokenPair {
  return {
    accessToken: 'at-1',
    refreshToken: 'rt-1',
    expiresAt: '2999-01-01T00:00:00.000Z',
    scopes: allScopes,
    version: 1,
    ...overrides,
  };
}

export interface Logged {
  level: string;
  fields: object;
  message: string;
}

/** A log that keeps what it is told. */
export function createMemoryLog(): FullscriptLog & { lines: Logged[] } {
  const lines: Logged[] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export interface Room {
  fullscript: Fullscript;
  server: HttpServer;
  store: MemoryTokenStore;
  log: ReturnType<typeof createMemoryLog>;
  records: CallRecord[];
  call: Call;
  settings: FullscriptSettings;
}

export function toSettings(url: string, overrides: Partial<FullscriptSettings> = {}): FullscriptSettings {
  return {
    environment: 'us-snd',
    apiUrl: `${url}/api`,
    authorizeUrl: `${url}/oauth/authorize`,
    clientId: 'client-1',
    clientSecret: 'canary-client-secret',
    redirectUri: 'https://ehr.example.test/callback?x=1',
    rateLimit: 5000,
    timeoutMs: 2000,
    maxConcurrency: 10,
    ...overrides,
  };
}

/** The room joined to a local server that answers as told; one account, `account-1`, with a valid token. No waiting between retries. */
export async function createRoom(
  answer: (request: SeenRequest) => GivenAnswer | Promise<GivenAnswer>,
  overrides: {
    settings?: Partial<FullscriptSettings>;
    needs?: Partial<FullscriptNeeds>;
    pair?: Partial<TokenPair>;
  } = {},
): Promise<Room> {
  const server = await startHttpServer(answer);
  const now = overrides.needs?.now ?? (() => new Date());
  const store = createMemoryTokenStore(now);
  store.pairs.set('account-1', toPair(overrides.pair));
  const log = createMemoryLog();
  const records: CallRecord[] = [];
  const settings = toSettings(server.url, overrides.settings);
  const fullscript = createFullscript({
    settings,
    tokens: store,
    log,
    random: () => 0,
    onCall: (record) => records.push(record),
    ...overrides.needs,
  });
  onTestFinished(async () => {
    await fullscript.close();
    await server.close();
  });
  const call: Call = { accountId: 'account-1', priority: 'interactive', requestId: 'req-1' };
  return { fullscript, server, store, log, records, call, settings };
}

/** The failure that `promise` ends in. */
export async function toFailureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was expected to fail, and did not');
}
