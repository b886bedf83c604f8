import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDeployment, type Answer, type Deployment } from '../support/deployment.ts';
import { startHttpServer, type HttpServer } from '../support/http-server.ts';
import { createTokenMint, toPart, type TokenMint } from '../support/tokens.ts';

const viewer = '{ fullscriptViewer { connectionStatus } }';
const soon = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

/** Tokens that are wrong in one point each; `elsewhere` is an address that nobody must be sent to. */
const hostile: Record<string, (mint: TokenMint, elsewhere: string) => string> = {
  'of no signature': (mint) => `${toPart({ alg: 'none', kid: 'es' })}.${toPart(mint.toClaims())}.`,
  'of no signature, written otherwise': (mint) => `${toPart({ alg: 'None' })}.${toPart(mint.toClaims())}.`,
  'of no algorithm': (mint) => mint.sign({}, { alg: undefined }),
  'whose signature was cut off': (mint) => mint.sign().replace(/[^.]+$/, ''),
  'whose claims were changed after signing': (mint) => {
    const [header, , signature] = mint.sign().split('.');
    return [header, toPart(mint.toClaims({ roles: ['admin'] })), signature].join('.');
  },
  'signed with the public key (PEM) as a shared secret': (mint) =>
    mint.sign({}, {}, { secret: mint.publicKeys.rs.export({ type: 'spki', format: 'pem' }) }),
  'signed with the public key (PKCS#1 PEM) as a shared secret': (mint) =>
    mint.sign({}, {}, { secret: mint.publicKeys.rs.export({ type: 'pkcs1', format: 'pem' }) }),
  'signed with the public key (DER) as a shared secret': (mint) =>
    mint.sign({}, {}, { secret: mint.publicKeys.rs.export({ type: 'spki', format: 'der' }) }),
  'signed with the public key (JWK) as a shared secret': (mint) =>
    mint.sign({}, { kid: 'es' }, { secret: JSON.stringify(mint.publicKeys.es.export({ format: 'jwk' })) }),
  'signed with an empty secret': (mint) => mint.sign({}, {}, { secret: '' }),
  'signed with RS512': (mint) => mint.sign({}, { alg: 'RS512' }, 'rs'),
  'signed with RS384': (mint) => mint.sign({}, { alg: 'RS384' }, 'rs'),
  'signed with PS256': (mint) => mint.sign({}, { alg: 'PS256' }, 'rs'),
  'signed with one algorithm and announced as another': (mint) => mint.sign({}, { alg: 'RS256' }, 'es'),
  'signed with a key that is published for another algorithm': (mint) => mint.sign({}, {}, 'bound'),
  'signed with a key that is published for encrypting': (mint) => mint.sign({}, {}, 'encrypting'),
  'signed with a key that is not published': (mint) => mint.sign({}, {}, 'unpublished'),
  'signed with another key than it names': (mint) => mint.sign({}, { kid: 'es' }, 'unpublished'),
  'that names no key where several fit': (mint) => mint.sign({}, { kid: undefined }),
  'that names a key that is no text': (mint) => mint.sign({}, { kid: 7 }),
  'that names an unknown key like a path': (mint) => mint.sign({}, { kid: '../../../dev/null' }),
  'that brings its key along': (mint) =>
    mint.sign({}, { kid: undefined, jwk: mint.publicKeys.unpublished.export({ format: 'jwk' }) }, 'unpublished'),
  'that says where its key is': (mint, elsewhere) =>
    mint.sign({}, { jku: `${elsewhere}/jku`, kid: 'unpublished' }, 'unpublished'),
  'that says where its certificate is': (mint, elsewhere) =>
    mint.sign({}, { x5u: `${elsewhere}/x5u`, kid: 'unpublished' }, 'unpublished'),
  'that brings its certificate along': (mint) =>
    mint.sign(
      {},
      { x5c: [mint.publicKeys.unpublished.export({ type: 'spki', format: 'der' }).toString('base64')] },
      'unpublished',
    ),
  'with a critical extension that nobody knows': (mint) => mint.sign({}, { crit: ['exp-soon'], 'exp-soon': true }),
  'with an empty list of critical extensions': (mint) => mint.sign({}, { crit: [] }),
  'with an unencoded body': (mint) => mint.sign({}, { crit: ['b64'], b64: false }),
  'of another issuer': (mint) => mint.sign({ iss: 'https://other.example' }),
  'of an issuer that only begins alike': (mint) => mint.sign({ iss: `${mint.issuer}.evil.example` }),
  'of several issuers': (mint) => mint.sign({ iss: [mint.issuer] }),
  'of no issuer': (mint) => mint.sign({ iss: undefined }),
  'for another audience': (mint) => mint.sign({ aud: 'billing' }),
  'for several audiences, none of them ours': (mint) => mint.sign({ aud: ['billing', 'supergraph2'] }),
  'for an empty list of audiences': (mint) => mint.sign({ aud: [] }),
  'for no audience': (mint) => mint.sign({ aud: undefined }),
  'that has expired': (mint) => mint.sign({ exp: soon(-45) }),
  'that never expires': (mint) => mint.sign({ exp: undefined }),
  'that expires in words': (mint) => mint.sign({ exp: '2999-01-01' }),
  'that is not valid yet': (mint) => mint.sign({ nbf: soon(90) }),
  'valid from a time in words': (mint) => mint.sign({ nbf: 'now' }),
  'issued at a time in words': (mint) => mint.sign({ iat: 'yesterday' }),
  'of no user': (mint) => mint.sign({ sub: undefined }),
  'of a user who is null': (mint) => mint.sign({ sub: null }),
  'of an empty user': (mint) => mint.sign({ sub: '' }),
  'of a user that is no text': (mint) => mint.sign({ sub: 7 }),
  'of a user of 256 characters': (mint) => mint.sign({ sub: 'u'.repeat(256) }),
  'of no organization': (mint) => mint.sign({ org: undefined }),
  'of an empty organization': (mint) => mint.sign({ org: '' }),
  'of a blank organization': (mint) => mint.sign({ org: '  ' }),
  'of an organization that is no text': (mint) => mint.sign({ org: 7 }),
  'of several organizations': (mint) => mint.sign({ org: ['org-juniper', 'org-tamarack'] }),
  'of an organization of 256 characters': (mint) => mint.sign({ org: 'o'.repeat(256) }),
  'of a practitioner that is an object': (mint) => mint.sign({ practitioner_id: { id: 'pr-ada' } }),
  'of a practitioner that is a number': (mint) => mint.sign({ practitioner_id: 7 }),
  'of an empty practitioner': (mint) => mint.sign({ practitioner_id: '' }),
  'with a body that is a list': (mint) => mint.sign().replace(/\.[^.]+\./, `.${toPart([mint.toClaims()])}.`),
  'with a header that is no object': (mint) => mint.sign().replace(/^[^.]+/, toPart(1)),
  'of any text': () => 'abc',
  'of three empty parts': () => '..',
  'of five parts': (mint) => `${mint.sign()}.b.c`,
  'in no base64': () => '!!!.???.###',
  'of almost 16 kB': (mint) => mint.sign({ padding: 'x'.repeat(11_000) }, {}, 'unpublished'),
};

describe('The bearer token', () => {
  let deployment: Deployment;
  let mint: TokenMint;
  let elsewhere: HttpServer;

  beforeAll(async () => {
    mint = createTokenMint();
    elsewhere = await startHttpServer(() => ({
      body: { keys: [mint.publicKeys.unpublished.export({ format: 'jwk' })] },
    }));
    const { issuer, audience, file } = mint;
    deployment = await startDeployment({
      env: { EMR_JWKS_URL: undefined, EMR_JWKS_FILE: file, EMR_JWT_ISSUER: issuer, EMR_JWT_AUDIENCE: audience },
    });
  }, 60_000);
  afterAll(async () => {
    await deployment.stop();
    await elsewhere.close();
    mint.close();
  });

  const askWith = (token: string | null, authorization?: string): Promise<Answer> =>
    deployment.ask(
      token === null ? null : `token:${token}`,
      viewer,
      authorization === undefined ? {} : { headers: { authorization } },
    );

  function expectRefused({ status, data, errors }: Pick<Answer, 'status' | 'data' | 'errors'>): void {
    expect(status).toBe(200);
    expect(data ?? null).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
  }

  it.each(['rs', 'es', 'ed'] as const)('is taken when it is right and signed with the key %s', async (key) => {
    expect(await askWith(mint.sign({}, {}, key))).toMatchObject({ status: 200, errors: [] });
  });

  it('is taken in every form that says the same', async () => {
    for (const changes of [
      { aud: ['billing', mint.audience] },
      { exp: soon(-20) },
      { nbf: soon(20) },
      { iat: undefined },
      { practitioner_id: undefined },
      { practitioner_id: null },
      { more: { of: ['another', 'subgraph'] } },
    ])
      expect((await askWith(mint.sign(changes))).errors).toEqual([]);
    expect((await askWith(mint.sign({}, { typ: 'at+jwt' }))).errors).toEqual([]);
    // Without a name, but only one of the published keys fits.
    expect((await askWith(mint.sign({}, { kid: undefined }, 'rs'))).errors).toEqual([]);
    // Only the key itself counts, not what the token says of it.
    expect((await askWith(mint.sign({}, { jku: `${elsewhere.url}/jku` }))).errors).toEqual([]);
    for (const scheme of ['bearer ', 'BEARER  ']) {
      expect((await askWith(null, `${scheme}${mint.sign()}`)).errors).toEqual([]);
    }
  });

  it.each(Object.entries(hostile))('is refused %s, and stands in no log', async (_, make) => {
    deployment.logs.length = 0;
    const token = make(mint, elsewhere.url);
    const answer = await askWith(token);
    expectRefused(answer);
    const said = JSON.stringify(answer.errors) + deployment.logs.join('\n');
    for (const part of token.split('.').filter((text) => text.length > 8)) expect(said).not.toContain(part);
    expect(said).not.toMatch(/u-ada|org-juniper|pr-ada/);
    expect(elsewhere.seen).toEqual([]);
  });

  it('is needed', async () => {
    expectRefused(await askWith(null));
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      `Basic ${Buffer.from('u-ada:x').toString('base64')}`,
      mint.sign(),
      `Bearer ${mint.sign()} ${mint.sign()}`,
      `Bearer ${mint.sign()}, Bearer ${mint.sign()}`,
    ])
      expectRefused(await askWith(null, authorization));
  });

  it('is refused over 16 kB, by us or by the HTTP server', async () => {
    const token = mint.sign({ padding: 'x'.repeat(12_100) });
    expect(token.length).toBeGreaterThan(16_000);
    const response = await fetch(`${deployment.app.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: viewer }),
    });
    expect([401, 431]).toContain(response.status);
  });

  it('is taken from one Authorization header only: two of them are nobody', async () => {
    const good = `Bearer ${mint.sign()}`;
    const send = (authorization: string[]): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const body = JSON.stringify({ query: viewer });
        const headers = [
          ...authorization.flatMap((value) => ['authorization', value]),
          ...['content-type', 'application/json', 'content-length', String(body.length)],
          ...['host', '127.0.0.1', 'x-gateway-secret', deployment.env['GATEWAY_SECRET'] ?? ''],
        ];
        const sent = request(`${deployment.app.url}/graphql`, { method: 'POST', headers }, (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => {
            const { data, errors = [] } = JSON.parse(text) as Partial<Answer>;
            resolve({ status: response.statusCode ?? 0, data, errors, headers: new Headers() });
          });
        });
        sent.on('error', reject);
        sent.end(body);
      });
    expect((await send([good])).errors).toEqual([]);
    expectRefused(await send([good, good]));
    expectRefused(await send([good, 'Bearer abc']));
    expectRefused(await send(['Basic abc', good]));
  });

  it('is not looked for in the address, in the body or in a cookie', async () => {
    const token = mint.sign();
    deployment.logs.length = 0;
    const url = `${deployment.app.url}/graphql?access_token=${token}&authorization=Bearer%20${token}&token=${token}`;
    const secret = { 'x-gateway-secret': deployment.env['GATEWAY_SECRET'] ?? '' };
    const json = { 'content-type': 'application/json', ...secret };
    const body = JSON.stringify({
      query: viewer,
      access_token: token,
      extensions: { authorization: `Bearer ${token}` },
    });
    const answers = [
      await fetch(url, { method: 'POST', headers: json, body }),
      await fetch(`${url}&query=${encodeURIComponent(viewer)}`, { headers: secret }),
      await fetch(`${deployment.app.url}/graphql`, {
        method: 'POST',
        headers: { ...json, cookie: `authorization=Bearer ${token}; access_token=${token}` },
        body: JSON.stringify({ query: viewer }),
      }),
    ];
    for (const response of answers) {
      const { data, errors = [] } = (await response.json()) as Partial<Answer>;
      expectRefused({ status: response.status, data, errors });
    }
    expect(deployment.logs.join('\n')).not.toContain(token.split('.')[2]);
  });

  it.each([
    ['a text', 'admin'],
    ['missing', undefined],
    ['an object', { admin: true }],
    ['strange', ['ADMIN', 'root', 7, null, ['admin']]],
    ['nested', [['admin'], { role: 'admin' }]],
  ])('gives no role when roles are %s', async (_, given) => {
    const { errors } = await askWith(mint.sign({ roles: given }));
    expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['FORBIDDEN']);
  });

  it('counts for the roles among many that are ours', async () => {
    expect((await askWith(mint.sign({ roles: ['billing', 7, 'practitioner'] }))).errors).toEqual([]);
  });
});
