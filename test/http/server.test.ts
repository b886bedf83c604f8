import { Readable } from 'node:stream';
import { connect } from 'node:net';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/domain/errors.ts';
import { createErrorFormatter } from '../../src/graphql/format-error.ts';
import type { Resolvers } from '../../src/graphql/generated/types.ts';
import { createGraphqlServer } from '../../src/graphql/server.ts';
import { createHttpServer, type HttpServerNeeds } from '../../src/http/server.ts';
import type { OpenLabResultOutcome } from '../../src/operations/open-lab-result.ts';
import type { ReceiveWebhookOutcome } from '../../src/operations/receive-webhook.ts';

interface TestContext {
  bearer: string | null;
  trusted: boolean;
  requestId: string;
}

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
  scalar DateTime
  scalar Date
  type Query { who: String! trusted: Boolean! at(day: Date, times: Int): String! broken: String slow: String! deep: Deep things: [Thing!] }
  type Deep { deep: Deep name: String }
  type Thing @key(fields: "id") { id: ID! }
  type Mutation { write: Boolean! }
`;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Options {
  introspection?: boolean;
  gatewaySecrets?: string[];
  webhook?: ReceiveWebhookOutcome;
  labResult?: OpenLabResultOutcome;
  unready?: string | null;
  drainMs?: number;
  failContext?: Error;
}

async function start(options: Options = {}) {
  const lines: { entry: Record<string, unknown>; message: string }[] = [];
  const write = (entry: object, message: string) => void lines.push({ entry: { ...entry }, message });
  const log = { debug: write, info: write, warn: write, error: write };
  const written = { count: 0 };
  const webhooks: { body: string; signature: string | undefined }[] = [];
  const opened: { token: string; bearer: string | null }[] = [];
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const introspection = options.introspection ?? true;
  const resolvers = {
    Query: {
      who: (_: unknown, __: unknown, context: TestContext) => context.bearer ?? 'nobody',
      trusted: (_: unknown, __: unknown, context: TestContext) => context.trusted,
      at: (_: unknown, args: unknown) => JSON.stringify(args),
      broken: () => {
        throw new Error('private words');
      },
      slow: async () => {
        written.count += 1;
        await released;
        return 'done';
      },
    },
    Mutation: { write: () => (written.count += 1) > 0 },
    Thing: { __resolveReference: (reference: unknown) => reference },
  } as unknown as Resolvers;
  const graphql = await createGraphqlServer<TestContext>({
    sdl,
    resolvers,
    introspection,
    log,
    errors: createErrorFormatter({ log, newErrorId: () => 'error-1' }),
    authenticate: ({ bearer }) => {
      if (bearer === null) throw new Refusal('UNAUTHENTICATED', 'A token is needed');
    },
    describe: ({ requestId }) => ({ requestId }),
  });
  const needs: HttpServerNeeds<TestContext> = {
    graphql,
    gatewaySecrets: options.gatewaySecrets ?? [],
    explorer: introspection,
    createContext: ({ bearer, trusted, requestId }) => {
      if (options.failContext) throw options.failContext;
      return { bearer, trusted, requestId };
    },
    receiveWebhook: (rawBody, signature) => {
      webhooks.push({ body: Buffer.from(rawBody).toString('utf8'), signature });
      return Promise.resolve(options.webhook ?? { kind: 'accepted', challenge: 'chal' });
    },
    openLabResult: (token, bearer) => {
      opened.push({ token, bearer });
      return Promise.resolve(options.labResult ?? { kind: 'notFound' });
    },
    findUnready: () => Promise.resolve(options.unready ?? null),
    log,
    registry: new Registry(),
    ...(options.drainMs === undefined ? {} : { drainMs: options.drainMs }),
  };
  const server = await createHttpServer(needs);
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await server.close();
    await graphql.stop();
  };
  closers.push(async () => {
    release();
    await close();
  });
  const post = async (query: string, init: { variables?: unknown; headers?: Record<string, string> } = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer me', ...init.headers },
      body: JSON.stringify({ query, variables: init.variables }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
  };
  return { url, post, lines, written, webhooks, opened, release: () => release(), close };
}

interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: unknown; extensions: { code: string; errorId?: string } }[];
}

const codes = (answer: Answer) => answer.errors?.map(({ extensions }) => extensions.code);

describe('POST /graphql', () => {
  it('answers with the context made of the request', async () => {
    const { post } = await start();
    const { status, body, headers } = await post('{ who trusted }', { headers: { 'x-request-id': 'my-id.1' } });
    expect({ status, body }).toEqual({ status: 200, body: { data: { who: 'me', trusted: false } } });
    expect(headers.get('x-request-id')).toBe('my-id.1');
  });

  it('gives every answer an id of its own when the caller sent none that is sane', async () => {
    const { post, url } = await start();
    for (const id of ['', 'with space', 'x'.repeat(129), '<script>'])
      expect((await post('{ who }', { headers: { 'x-request-id': id } })).headers.get('x-request-id')).toMatch(
        /^[0-9a-f-]{36}$/,
      );
    for (const path of ['/healthz', '/nowhere'])
      expect((await fetch(url + path)).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('refuses at HTTP 200 without a token, but shows the schema', async () => {
    const { post } = await start();
    const headers = { authorization: '' };
    const refused = await post('{ who }', { headers });
    expect([refused.status, codes(refused.body)]).toEqual([200, ['UNAUTHENTICATED']]);
    expect(codes((await post('{ __typename who }', { headers })).body)).toEqual(['UNAUTHENTICATED']);
    const shown = await post('{ _service { sdl } __schema { queryType { name } } }', { headers });
    expect(shown.body.data?.['_service']).toMatchObject({ sdl: expect.stringContaining('type Thing') as string });
  });

  it('hides the schema when introspection is off', async () => {
    const { post, url } = await start({ introspection: false });
    for (const query of ['{ _service { sdl } }', '{ __schema { queryType { name } } }', '{ a: _service { sdl } }']) {
      const { status, body } = await post(query);
      expect([status, codes(body)]).toEqual([400, ['GRAPHQL_VALIDATION_FAILED']]);
    }
    expect((await post('{ nothing }')).body.errors?.[0]?.message).not.toContain('Did you mean');
    const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).not.toContain('html');
  });

  it('refuses a context that cannot be made at HTTP 200', async () => {
    const { post } = await start({ failContext: new Refusal('EMR_UNAVAILABLE', 'The EMR is away') });
    const { status, body } = await post('{ who }');
    expect([status, codes(body)]).toEqual([200, ['EMR_UNAVAILABLE']]);
  });

  it("keeps Apollo's codes and HTTP 400 for documents that do not parse or validate", async () => {
    const { post } = await start();
    const unparsed = await post('{ who');
    expect([unparsed.status, codes(unparsed.body)]).toEqual([400, ['GRAPHQL_PARSE_FAILED']]);
    const invalid = await post('{ nothing }');
    expect([invalid.status, codes(invalid.body)]).toEqual([400, ['GRAPHQL_VALIDATION_FAILED']]);
    const unknown = await post('query A { who } query B { who }');
    expect([unknown.status, codes(unknown.body)]).toEqual([400, ['OPERATION_RESOLUTION_FAILURE']]);
  });

  it('answers variables that do not fit with BAD_USER_INPUT at HTTP 200, and does not repeat them', async () => {
    const { post } = await start();
    const query = 'query ($day: Date, $times: Int) { at(day: $day, times: $times) }';
    for (let round = 0; round < 3; round += 1)
      for (const variables of [{ day: 'Ada Lindqvist' }, { times: 'Ada Lindqvist' }, { day: { x: 'Ada' } }]) {
        const { status, body } = await post(query, { variables });
        expect([status, codes(body)]).toEqual([200, ['BAD_USER_INPUT']]);
        expect(JSON.stringify(body)).not.toContain('Ada');
      }
  });

  it.each([
    ['depth', `{ ${'deep {'.repeat(12)} name ${'}'.repeat(12)} }`],
    ['root fields', `{ ${Array.from({ length: 51 }, (_, index) => `a${index}: __typename`).join(' ')} }`],
    ['size', `{ who # ${'x'.repeat(20_500)}\n }`],
    ['a fragment within itself', '{ deep { ...F } } fragment F on Deep { deep { ...F } }'],
  ])('refuses too much %s with BAD_USER_INPUT at HTTP 200', async (_, query) => {
    const { post } = await start();
    for (let round = 0; round < 2; round += 1) {
      const { status, body } = await post(query);
      expect([status, codes(body), body.data]).toEqual([200, ['BAD_USER_INPUT'], undefined]);
    }
  });

  it('refuses more than 1000 representations', async () => {
    const { post } = await start();
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { id } } }';
    const some = (length: number) => Array.from({ length }, (_, id) => ({ __typename: 'Thing', id: String(id) }));
    expect((await post(query, { variables: { r: some(1000) } })).body.data?.['_entities']).toHaveLength(1000);
    const { status, body } = await post(query, { variables: { r: some(1001) } });
    expect([status, codes(body)]).toEqual([200, ['BAD_USER_INPUT']]);
  });

  it('shows a bug as an id, which stands in the log beside the request', async () => {
    const { post, lines } = await start();
    const { body } = await post('{ broken who }', { headers: { 'x-request-id': 'r-7' } });
    expect(body).toEqual({
      data: { broken: null, who: 'me' },
      errors: [expect.objectContaining({ extensions: { code: 'INTERNAL_SERVER_ERROR', errorId: 'error-1' } })],
    });
    expect(JSON.stringify(body)).not.toContain('private words');
    expect(lines.find(({ message }) => message === 'Unexpected error')?.entry).toMatchObject({
      errorId: 'error-1',
      requestId: 'r-7',
    });
  });

  it('takes mutations by POST with JSON only, and queries by GET too', async () => {
    const { url, written } = await start();
    const headers = { authorization: 'Bearer me' };
    const get = (query: string) => fetch(`${url}/graphql?query=${encodeURIComponent(query)}`, { headers });
    expect(await (await get('{ who }')).json()).toEqual({ data: { who: 'me' } });
    expect((await get('mutation { write }')).status).toBe(405);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const body = JSON.stringify({ query: 'mutation { write }' });
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { ...headers, 'content-type': type },
        body,
      });
      expect(response.status).toBe(415);
    }
    expect(written.count).toBe(0);
  });

  it('refuses batches, malformed JSON and large bodies in its own words', async () => {
    const { url } = await start();
    const send = (body: string) =>
      fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect((await send(JSON.stringify([{ query: '{ __typename }' }]))).status).toBe(400);
    const malformed = await send('{"query": "secret');
    expect(malformed.status).toBe(400);
    expect(await malformed.text()).not.toContain('secret');
    const large = await send(JSON.stringify({ query: '{ __typename }', variables: { x: 'y'.repeat(1_048_576) } }));
    expect(large.status).toBe(413);
    expect(large.headers.get('x-request-id')).toBeTruthy();
  });
});

describe('the gateway secret', () => {
  it('is needed for every request once it is set', async () => {
    const { post, url } = await start({ gatewaySecrets: ['new', 'old'] });
    for (const secret of [
      {},
      { 'x-gateway-secret': '' },
      { 'x-gateway-secret': 'wrong' },
      { 'x-gateway-secret': 'new,old' },
    ])
      expect((await post('{ trusted }', { headers: secret })).status).toBe(401);
    expect((await fetch(`${url}/graphql?query={trusted}`)).status).toBe(401);
    expect((await fetch(`${url}/graphql?query={trusted}`, { headers: { accept: 'text/html' } })).status).toBe(401);
    for (const secret of ['new', 'old'])
      expect((await post('{ trusted }', { headers: { 'x-gateway-secret': secret } })).body.data).toEqual({
        trusted: true,
      });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('makes nobody trusted when there is none', async () => {
    const { post } = await start();
    expect((await post('{ trusted }', { headers: { 'x-gateway-secret': '' } })).body.data).toEqual({ trusted: false });
    expect((await post('{ trusted }', { headers: { 'x-gateway-secret': 'x' } })).body.data).toEqual({ trusted: false });
  });
});

describe('GET /graphql by somebody who looks at it', () => {
  it('shows an explorer that loads nothing from elsewhere', async () => {
    const { url } = await start({ gatewaySecrets: ['s'] });
    const response = await fetch(`${url}/graphql`, { headers: { accept: 'text/html,application/xhtml+xml' } });
    expect(response.headers.get('content-type')).toContain('text/html');
    const html = await response.text();
    expect(html).toContain('Fullscript subgraph');
    expect(html).not.toMatch(/<(?:script|link|img|iframe)[^>]+(?:src|href)=["']?https?:/i);
  });
});

describe('POST /webhooks/fullscript', () => {
  const send = (url: string, body: string | undefined, headers: Record<string, string> = {}) =>
    fetch(`${url}/webhooks/fullscript`, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });

  it('hands the bytes and the signature on, and answers with the challenge', async () => {
    const { url, webhooks } = await start();
    const body = '{"event": {"id": "é"}}';
    const response = await send(url, body, { 'content-type': 'application/json', 'fullscript-signature': 't=1,v1=2' });
    expect([response.status, await response.json()]).toEqual([200, { challenge: 'chal' }]);
    expect((await send(url, 'not json')).status).toBe(200);
    expect((await send(url, undefined)).status).toBe(200);
    expect((await send(url, '', { 'content-type': 'application/json' })).status).toBe(200);
    expect(webhooks).toEqual([
      { body, signature: 't=1,v1=2' },
      { body: 'not json', signature: undefined },
      { body: '', signature: undefined },
      { body: '', signature: undefined },
    ]);
  });

  it.each<[ReceiveWebhookOutcome, number]>([
    [{ kind: 'badSignature' }, 401],
    [{ kind: 'notAnEvent' }, 400],
    [{ kind: 'notConfigured' }, 503],
  ])('answers %j with %i and no challenge', async (webhook, status) => {
    const { url } = await start({ webhook });
    const response = await send(url, '{}');
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain('chal');
  });

  it('refuses a body over 1 MiB', async () => {
    const { url, webhooks } = await start();
    expect((await send(url, 'x'.repeat(1_048_577))).status).toBe(413);
    expect(webhooks).toEqual([]);
  });
});

describe('GET /lab-results/{token}', () => {
  it('streams the PDF and lets nobody keep it', async () => {
    const stream = Readable.from([Buffer.from('%PDF-1.4 '), Buffer.from('end')]);
    const labResult = {
      kind: 'file',
      stream,
      contentLength: 12,
      fileName: 'Fullscript lab "result" 2026-03-02.pdf',
    } as const;
    const { url, opened } = await start({ labResult });
    const token = 't'.repeat(3000);
    const response = await fetch(`${url}/lab-results/${token}`, { headers: { authorization: 'Bearer me' } });
    expect(await response.text()).toBe('%PDF-1.4 end');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-disposition': 'inline; filename="Fullscript lab _result_ 2026-03-02.pdf"',
      'content-length': '12',
    });
    expect(opened).toEqual([{ token, bearer: 'me' }]);
  });

  it('tells a missing Authorization header from one without a bearer token', async () => {
    const { url, opened } = await start();
    await fetch(`${url}/lab-results/a`);
    await fetch(`${url}/lab-results/a`, { headers: { authorization: 'Basic abc' } });
    expect(opened.map(({ bearer }) => bearer)).toEqual([null, '']);
  });

  it.each<[Exclude<OpenLabResultOutcome['kind'], 'file'>, number]>([
    ['notFound', 404],
    ['expired', 410],
    ['forbidden', 403],
    ['badFile', 502],
    ['unavailable', 503],
  ])('answers %s with %i in plain text', async (kind, status) => {
    const { url } = await start({ labResult: { kind } });
    const response = await fetch(`${url}/lab-results/abc`);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('answers an address that cannot be read like every other fault, without repeating it', async () => {
    const { url, lines } = await start();
    for (const path of ['/lab-results/%E0%A4%A', '/lab-results/secret%zz', `/lab-results/${'t'.repeat(8193)}`]) {
      const response = await fetch(url + path, { headers: { 'x-request-id': 'my-id.2' } });
      expect(response.headers.get('x-request-id')).toBe('my-id.2');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect([400, 414]).toContain(response.status);
      expect(await response.json()).toEqual({
        error: response.status === 400 ? 'The request cannot be read' : 'The request was refused',
        code: 'BAD_REQUEST',
      });
    }
    expect(JSON.stringify(lines)).not.toMatch(/E0%A4|secret|ttt/);
  });
});

describe('operations', () => {
  it('tells health, readiness and metrics', async () => {
    const { url, post } = await start();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await post('{ who }');
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('http_request_duration_seconds_count{route="/graphql",method="POST",status="200"}');
  });

  it('names the part that is not ready', async () => {
    const { url } = await start({ unready: 'migrations' });
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.json()]).toEqual([503, { status: 'not ready', failing: 'migrations' }]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('logs routes and never addresses, queries or tokens', async () => {
    const { url, lines } = await start();
    await fetch(`${url}/lab-results/secret-token`);
    await fetch(`${url}/graphql?query=${encodeURIComponent('{ who }')}&variables=secret-words`);
    await fetch(`${url}/secret-path?secret=1`, { headers: { authorization: 'Bearer secret-bearer' } });
    await expect.poll(() => lines.filter(({ message }) => message === 'Answered').length).toBe(3);
    expect(JSON.stringify(lines)).not.toContain('secret');
    expect(lines.map(({ entry }) => entry['route'])).toEqual(
      expect.arrayContaining(['/lab-results/:token', '/graphql', 'unmatched']),
    );
  });
});

describe('closing', () => {
  it('lets a request under way finish and takes no new ones', async () => {
    const { post, release, close, written, url } = await start();
    const slow = post('{ slow }');
    await expect.poll(() => written.count).toBe(1);
    const closing = close();
    await expect.poll(() => refusesConnections(url)).toBe(true);
    release();
    expect((await slow).body).toEqual({ data: { slow: 'done' } });
    await closing;
  });

  it('cuts what does not finish in time', async () => {
    const { post, close, written } = await start({ drainMs: 50 });
    const slow = post('{ slow }').catch(() => 'cut');
    await expect.poll(() => written.count).toBe(1);
    await close();
    expect(await slow).toBe('cut');
  });
});

function refusesConnections(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}
