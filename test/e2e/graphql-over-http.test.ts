import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewaySecret, startDeployment, type Deployment } from '../support/deployment.ts';

describe('POST /graphql', () => {
  let deployment: Deployment;
  let authorization: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    authorization = `Bearer ${await deployment.emr.tokenFor('u-ada')}`;
  }, 60_000);
  afterAll(() => deployment.stop());

  const send = (
    body: string | null,
    init: { method?: string; headers?: Record<string, string>; search?: string } = {},
  ) =>
    fetch(`${deployment.app.url}/graphql${init.search ?? ''}`, {
      method: init.method ?? 'POST',
      headers: {
        'content-type': 'application/json',
        'x-gateway-secret': gatewaySecret,
        authorization,
        ...init.headers,
      },
      body,
    });

  it('passes what GraphQL over HTTP requires of every server', async () => {
    const audits = serverAudits({
      url: `${deployment.app.url}/graphql`,
      fetchFn: (url: string, init: RequestInit = {}) =>
        fetch(url, {
          ...init,
          headers: { ...(init.headers as Record<string, string>), 'x-gateway-secret': gatewaySecret, authorization },
        }),
    });
    const required = audits.filter(({ name }) => name.startsWith('MUST'));
    expect(required.length).toBeGreaterThan(10);
    const results = await Promise.all(required.map((audit) => audit.fn()));
    expect(
      results
        .filter(({ status }) => status !== 'ok')
        .map(({ name, ...rest }) => [name, 'reason' in rest ? rest.reason : '']),
    ).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a text', '"query"'],
    ['a number', '7'],
    ['null', 'null'],
    ['an empty list', '[]'],
    ['a batch', '[{"query":"{ __typename }"},{"query":"{ __typename }"}]'],
    ['an object without a query', '{}'],
    ['a query that is no text', '{"query":{"a":1}}'],
    ['variables that are a list', '{"query":"{ __typename }","variables":[1]}'],
    ['variables that are a text', '{"query":"{ __typename }","variables":"x"}'],
    ['an operationName that is no text', '{"query":"{ __typename }","operationName":7}'],
    ['an operation that is not there', '{"query":"query A { __typename }","operationName":"B"}'],
    ['two operations and no name', '{"query":"query A { __typename } query B { __typename }"}'],
    ['a poisoned prototype', '{"__proto__":{"admin":true},"query":"{ __typename }"'],
  ])('refuses a body of %s with 400', async (_, body) => {
    const response = await send(body);
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(text).not.toMatch(/INTERNAL_SERVER_ERROR|stack|node_modules/);
  });

  it.each([
    ['does not parse', '{ a', 'GRAPHQL_PARSE_FAILED'],
    ['is empty', ' ', 'GRAPHQL_PARSE_FAILED'],
    ['names an unknown field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscribes', 'subscription { x }', 'GRAPHQL_VALIDATION_FAILED'],
    ['repeats a fragment in itself', '{ ...A } fragment A on Query { ...A }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('answers 400 with its own code to a document that %s', async (_, query, code) => {
    const response = await send(JSON.stringify({ query }));
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect(
      code === 'GRAPHQL_PARSE_FAILED' && query === ' ' ? ['GRAPHQL_PARSE_FAILED', 'BAD_REQUEST'] : [code],
    ).toContain(errors[0]?.extensions.code);
  });

  it('takes bodies up to 1 MiB and answers 413 to more', async () => {
    const query = '{ __typename }';
    const pad = (size: number): string => {
      const empty = JSON.stringify({ query, variables: { pad: '' } });
      return JSON.stringify({ query, variables: { pad: 'x'.repeat(size - empty.length) } });
    };
    expect((await send(pad(1_048_576))).status).toBe(200);
    const refused = await send(pad(1_048_577));
    expect(refused.status).toBe(413);
    expect(refused.headers.get('x-request-id')).toBeTruthy();
  });

  it('takes JSON only', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/xml',
    ]) {
      const response = await send('{"query":"mutation { revoke { revocation { id } } }"}', {
        headers: { 'content-type': type },
      });
      expect(response.status, type).toBe(415);
    }
  });

  it('never runs a mutation that came by GET', async () => {
    const search = `?query=${encodeURIComponent('mutation { setFullscriptEnabled(input: { enabled: false }) { enabled } }')}`;
    const response = await send(null, {
      method: 'GET',
      search,
      headers: { accept: 'application/json', authorization: `Bearer ${await deployment.emr.tokenFor('u-admin')}` },
    });
    expect(response.status).toBe(405);
    const viewer = await deployment.ask('u-ada', '{ fullscriptViewer { connectionStatus } }');
    expect(viewer.data.fullscriptViewer.connectionStatus).toBe('NOT_CONNECTED');
  });

  it('knows no other methods', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH']) expect((await send('{}', { method })).status).toBe(404);
  });

  it.each([
    ['nested 13 deep', `{ a ${'{ a '.repeat(12)} ${'}'.repeat(12)} }`],
    ['51 root fields', `{ ${[...Array(51).keys()].map((n) => `a${String(n)}: __typename`).join(' ')} }`],
    [
      '51 aliases of one field',
      `{ fullscriptViewer { ${[...Array(51).keys()].map((n) => `a${String(n)}: canRecommend`).join(' ')} } }`,
    ],
    ['over 20 kB', `{ __typename } # ${'x'.repeat(21_000)}`],
  ])('refuses a document that is too much: %s', async (_, query) => {
    const startedAt = Date.now();
    const response = await send(JSON.stringify({ query }));
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect(response.status).toBe(200);
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(Date.now() - startedAt).toBeLessThan(5000);
  });

  it('refuses more than 1000 representations, and takes 1000', async () => {
    const many = (count: number) =>
      [...Array(count).keys()].map((n) => ({ __typename: 'Practitioner', id: `pr-${String(n)}` }));
    const refused = await deployment.askEntities('u-ada', many(1001), '__typename');
    expect(refused.errors.map(({ extensions }) => extensions['code'])).toEqual(['BAD_USER_INPUT']);
    expect((await deployment.askEntities('u-ada', many(1000), '__typename')).errors).toEqual([]);
  });

  it('answers with the request id that came, when it is sane', async () => {
    expect(
      (await send('{"query":"{ __typename }"}', { headers: { 'x-request-id': 'abc-1.2_3' } })).headers.get(
        'x-request-id',
      ),
    ).toBe('abc-1.2_3');
    const strange = await send('{"query":"{ __typename }"}', { headers: { 'x-request-id': 'a b; {}' } });
    expect(strange.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
