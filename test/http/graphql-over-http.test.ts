import { serverAudits } from 'graphql-http';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createErrorFormatter } from '../../src/graphql/format-error.ts';
import { sdl } from '../../src/graphql/generated/sdl.ts';
import { createGraphqlServer } from '../../src/graphql/server.ts';
import { createHttpServer } from '../../src/http/server.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
let url = '';
let close: () => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  const graphql = await createGraphqlServer({
    sdl,
    resolvers: {},
    introspection: true,
    log,
    errors: createErrorFormatter({ log }),
  });
  const server = await createHttpServer({
    graphql,
    gatewaySecrets: [],
    explorer: true,
    createContext: () => ({}),
    receiveWebhook: () => Promise.resolve({ kind: 'notConfigured' as const }),
    openLabResult: () => Promise.resolve({ kind: 'notFound' as const }),
    findUnready: () => Promise.resolve(null),
    log,
    registry: new Registry(),
  });
  url = `${await server.listen({ host: '127.0.0.1', port: 0 })}/graphql`;
  close = async () => {
    await server.close();
    await graphql.stop();
  };
});

afterAll(() => close());

describe('GraphQL over HTTP, with the whole schema', () => {
  const audits = serverAudits({ url: () => url, fetchFn: fetch }).filter(({ name }) => name.startsWith('MUST'));

  it.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_, audit) => {
    const result = await audit.fn();
    expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
  });
});
