import { exportSPKI, generateKeyPair, importJWK, SignJWT, UnsecuredJWT, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDeployment, type Deployment } from '../support/deployment.ts';

const viewer = '{ fullscriptViewer { connectionStatus } }';
const claims = { sub: 'u-ada', org: 'org-juniper', roles: ['practitioner'] };

describe('The bearer token', () => {
  let deployment: Deployment;
  let publicKey: JWK;

  beforeAll(async () => {
    deployment = await startDeployment();
    const keySet = (await (await fetch(deployment.emr.jwksUrl)).json()) as { keys: JWK[] };
    publicKey = keySet.keys[0] ?? {};
  }, 60_000);
  afterAll(() => deployment.stop());

  const askWith = (token: string | null, authorization?: string) =>
    deployment.ask(
      token === null ? null : `token:${token}`,
      viewer,
      authorization ? { headers: { authorization } } : {},
    );

  async function expectRefused(answer: ReturnType<typeof askWith>): Promise<void> {
    const { status, data, errors } = await answer;
    expect(status).toBe(200);
    expect(data ?? null).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
  }

  const sign = (changes: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> => {
    const seconds = Math.floor(Date.now() / 1000);
    const all: Record<string, unknown> = {
      ...claims,
      iss: deployment.emr.issuer,
      aud: deployment.emr.audience,
      iat: seconds,
      exp: seconds + 600,
      ...changes,
    };
    return foreignSign(all, header);
  };
  // A key pair that the EMR has never published.
  const foreign = generateKeyPair('ES256');
  const foreignSign = async (all: Record<string, unknown>, header: Record<string, unknown>): Promise<string> =>
    await new SignJWT(all)
      .setProtectedHeader({ alg: 'ES256', kid: publicKey.kid ?? '', ...header })
      .sign((await foreign).privateKey);

  it('is needed', async () => {
    await expectRefused(askWith(null));
    await expectRefused(askWith(null, ''));
    await expectRefused(askWith(null, 'Bearer'));
    await expectRefused(askWith(null, 'Bearer '));
    await expectRefused(askWith(null, `Basic ${Buffer.from('u-ada:x').toString('base64')}`));
    await expectRefused(askWith(null, await deployment.emr.tokenFor('u-ada')));
  });

  it('may be announced in any case', async () => {
    const token = await deployment.emr.tokenFor('u-ada');
    expect((await askWith(null, `bearer ${token}`)).errors).toEqual([]);
    expect((await askWith(null, `BEARER  ${token}`)).errors).toEqual([]);
  });

  it.each([
    ['text', 'abc'],
    ['three empty parts', '..'],
    ['parts that are no base64', '!!!.???.###'],
    ['a header that is no object', `${Buffer.from('1').toString('base64url')}.e30.e30`],
    ['a very long text', 'a'.repeat(50_000)],
    ['five parts', 'a.b.c.d.e'],
  ])('is refused when it is %s', async (_, token) => {
    if (token.length > 16_000) {
      const response = await fetch(`${deployment.app.url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ query: viewer }),
      });
      expect([401, 431]).toContain(response.status);
      return;
    }
    await expectRefused(askWith(token));
  });

  it('is refused when another key signed it, whatever key it brings along', async () => {
    const spki = await exportSPKI((await foreign).publicKey);
    await expectRefused(sign({}).then((token) => askWith(token)));
    await expectRefused(sign({}, { kid: 'emr-999' }).then((token) => askWith(token)));
    await expectRefused(sign({}, { jwk: publicKey }).then((token) => askWith(token)));
    await expectRefused(sign({}, { jku: 'https://evil.example/keys' }).then((token) => askWith(token)));
    await expectRefused(sign({}, { x5c: [spki] }).then((token) => askWith(token)));
  });

  it('is refused unsigned, or with a shared secret made of the public key', async () => {
    const unsigned = new UnsecuredJWT({ ...claims })
      .setIssuer(deployment.emr.issuer)
      .setAudience(deployment.emr.audience)
      .setExpirationTime('1h')
      .encode();
    await expectRefused(askWith(unsigned));
    await expectRefused(askWith(unsigned.replace(/^[^.]+/, Buffer.from('{"alg":"None"}').toString('base64url'))));
    const imported = await importJWK(publicKey, 'ES256', { extractable: true });
    const pem = imported instanceof Uint8Array ? '' : await exportSPKI(imported);
    for (const secret of [pem, JSON.stringify(publicKey)]) {
      const token = await new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'HS256', kid: publicKey.kid ?? '' })
        .setIssuer(deployment.emr.issuer)
        .setAudience(deployment.emr.audience)
        .setExpirationTime('1h')
        .sign(new TextEncoder().encode(secret));
      await expectRefused(askWith(token));
    }
  });

  it('is refused when its body was changed after signing', async () => {
    const [header, body, signature] = (await deployment.emr.tokenFor('u-ada')).split('.');
    const changed = { ...(JSON.parse(Buffer.from(body ?? '', 'base64url').toString()) as object), roles: ['admin'] };
    const forged = [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
    await expectRefused(askWith(forged));
  });

  it('is refused from another issuer or for another audience', async () => {
    await expectRefused(askWith(await deployment.emr.tokenFor('u-ada', { issuer: 'https://other.example' })));
    await expectRefused(askWith(await deployment.emr.tokenFor('u-ada', { audience: 'other' })));
  });

  it('ends with 30 s of tolerance', async () => {
    expect((await askWith(await deployment.emr.tokenFor('u-ada', { expiresInSeconds: -25 }))).errors).toEqual([]);
    await expectRefused(askWith(await deployment.emr.tokenFor('u-ada', { expiresInSeconds: -35 })));
  });

  it.each([
    ['no sub', { org: 'org-juniper' }],
    ['an empty sub', { sub: '', org: 'org-juniper' }],
    ['no org', { sub: 'u-ada' }],
    ['an empty org', { sub: 'u-ada', org: '' }],
    ['a blank org', { sub: 'u-ada', org: '  ' }],
    ['a numeric org', { sub: 'u-ada', org: 7 as unknown as string }],
    ['several orgs', { sub: 'u-ada', org: ['org-juniper', 'org-tamarack'] as unknown as string }],
    ['an org of 256 characters', { sub: 'u-ada', org: 'o'.repeat(256) }],
    ['a sub of 256 characters', { sub: 'u'.repeat(256), org: 'org-juniper' }],
    ['a practitioner_id that is an object', { ...claims, practitioner_id: {} as unknown as string }],
  ])('is refused with %s', async (_, bad) => {
    await expectRefused(askWith(await deployment.emr.signToken({ roles: ['practitioner'], ...bad })));
  });

  it.each([
    ['a text', 'admin'],
    ['missing', undefined],
    ['an object', { admin: true }],
    ['strange', ['ADMIN', 'root', 7, null, ['admin']]],
  ])('gives no role when roles are %s', async (_, roles) => {
    const token = await deployment.emr.signToken({ sub: 'u-ada', org: 'org-juniper', roles: roles as string[] });
    const answer = await askWith(token);
    expect(answer.errors[0]?.extensions['code']).toBe('FORBIDDEN');
  });

  it.each(['RS256', 'EdDSA'] as const)(
    'may be signed with %s',
    async (algorithm) => {
      const other = await startDeployment({ emr: { algorithm } });
      try {
        expect((await other.ask('u-ada', viewer)).errors).toEqual([]);
      } finally {
        await other.stop();
      }
    },
    60_000,
  );

  it('never shows in an answer or a log', async () => {
    const token = await deployment.emr.tokenFor('u-ada', { audience: 'other' });
    const answer = await askWith(token);
    const [, body = '', signature = ''] = token.split('.');
    for (const secret of [body, signature]) {
      expect(JSON.stringify(answer)).not.toContain(secret);
      expect(deployment.logs.join('\n')).not.toContain(secret);
    }
  });
});

describe("The EMR's key set", () => {
  it('is read again for an unknown key at most once in 30 s, and a rotated key works within 45 s', async () => {
    let offsetMs = 0;
    const now = (): Date => new Date(Date.now() + offsetMs);
    const deployment = await startDeployment({ outside: { now }, emr: { now } });
    try {
      expect((await deployment.ask('u-ada', viewer)).errors).toEqual([]);
      offsetMs += 31_000;
      const fetched = deployment.emr.calls.keyFetches();
      const { privateKey } = await generateKeyPair('ES256');
      const flood = await Promise.all(
        [...Array(60).keys()].map(async (index) => {
          const token = await new SignJWT({ ...claims })
            .setProtectedHeader({ alg: 'ES256', kid: `unknown-${String(index)}` })
            .setIssuer(deployment.emr.issuer)
            .setAudience(deployment.emr.audience)
            .setExpirationTime(Math.floor(now().getTime() / 1000) + 600)
            .sign(privateKey);
          return await deployment.ask(`token:${token}`, viewer);
        }),
      );
      expect(flood.every(({ errors }) => errors[0]?.extensions['code'] === 'UNAUTHENTICATED')).toBe(true);
      expect(deployment.emr.calls.keyFetches() - fetched).toBeLessThanOrEqual(1);

      await deployment.emr.rotateKeys();
      offsetMs += 45_000;
      expect((await deployment.ask('u-ada', viewer)).errors).toEqual([]);
      expect((await deployment.ask('u-ben', viewer)).errors).toEqual([]);
    } finally {
      await deployment.stop();
    }
  }, 60_000);

  it('once known, goes on working while the EMR does not publish it; never known, nobody is told to sign in', async () => {
    const deployment = await startDeployment();
    try {
      expect((await deployment.ask('u-ada', viewer)).errors).toEqual([]);
      deployment.emr.faults.keysDown = true;
      expect((await deployment.ask('u-ben', viewer)).errors).toEqual([]);
      const cold = await deployment.startAnother();
      const answer = await deployment.ask('u-ada', viewer, { url: cold.url });
      expect(answer).toMatchObject({ status: 200, errors: [{ extensions: { code: 'EMR_UNAVAILABLE' } }] });
    } finally {
      await deployment.stop();
    }
  }, 60_000);
});

describe('Introspection', () => {
  const schemaOnly = [
    '{ __schema { types { name } } }',
    '{ __type(name: "Patient") { name } }',
    '{ _service { sdl } }',
  ];

  it('and the SDL need no token while introspection is on; nothing else comes with them', async () => {
    const deployment = await startDeployment();
    try {
      for (const query of schemaOnly) expect((await deployment.ask(null, query)).errors).toEqual([]);
      const mixed = await deployment.ask(null, '{ _service { sdl } fullscriptViewer { connectionStatus } }');
      expect(mixed.data ?? null).toBeNull();
      expect(mixed.errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
      const entities = await deployment.askEntities(null, [{ __typename: 'Practitioner', id: 'pr-ada' }], '__typename');
      expect(entities.errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    } finally {
      await deployment.stop();
    }
  }, 60_000);

  it.each([
    ['INTROSPECTION is off', { INTROSPECTION: 'off' }],
    ['in production', { NODE_ENV: 'production' }],
  ])(
    'is refused when %s, with and without a token',
    async (_, env) => {
      const deployment = await startDeployment({ env });
      try {
        for (const query of schemaOnly) {
          for (const who of [null, 'u-admin']) {
            const answer = await deployment.ask(who, query);
            expect(answer.data ?? null).toBeNull();
            expect(answer.errors.length).toBeGreaterThan(0);
          }
        }
        expect((await deployment.ask('u-admin', viewer)).errors).toEqual([]);
        const page = await fetch(`${deployment.app.url}/graphql`, { headers: { accept: 'text/html' } });
        expect(await page.text()).not.toMatch(/<script/);
      } finally {
        await deployment.stop();
      }
    },
    60_000,
  );
});
