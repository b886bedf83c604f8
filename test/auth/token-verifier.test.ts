import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type JWK } from 'jose';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKeySet, type KeySource } from '../../src/auth/key-set.ts';
import { createTokenVerifier, type TokenVerifier } from '../../src/auth/token-verifier.ts';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

interface Published {
  keys: JWK[];
  /** How the source behaves; `endless` sends keys without end, `elsewhere` sends on to `redirectTo`. */
  mode: 'up' | 'down' | 'garbage' | 'hanging' | 'endless' | 'elsewhere';
  redirectTo: string;
  /** How much an `endless` answer came to. */
  sentBytes: number;
  fetches: number;
  url: string;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const pairs: Record<string, Pair> = {};
beforeAll(async () => {
  pairs['rs'] = await generateKeyPair('RS256', { extractable: true });
  pairs['es'] = await generateKeyPair('ES256', { extractable: true });
  pairs['ed'] = await generateKeyPair('EdDSA', { extractable: true });
  pairs['next'] = await generateKeyPair('ES256', { extractable: true });
  pairs['strange'] = await generateKeyPair('ES256', { extractable: true });
});

function pair(name: string): Pair {
  const found = pairs[name];
  if (!found) throw new Error(`no key pair ${name}`);
  return found;
}

async function toPublicJwk(name: string): Promise<JWK> {
  return { ...(await exportJWK(pair(name).publicKey)), kid: name, use: 'sig' };
}

async function publish(keys: JWK[]): Promise<Published> {
  const published: Published = { keys, mode: 'up', redirectTo: '', sentBytes: 0, fetches: 0, url: '' };
  const server = createServer((_, response) => {
    published.fetches += 1;
    if (published.mode === 'hanging') return;
    if (published.mode === 'endless') sendWithoutEnd(response, published);
    else if (published.mode === 'down') response.writeHead(503).end();
    else if (published.mode === 'elsewhere') response.writeHead(302, { location: published.redirectTo }).end();
    else response.end(published.mode === 'garbage' ? '<html>' : JSON.stringify({ keys: published.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  published.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  closers.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return published;
}

function sendWithoutEnd(response: ServerResponse, published: Published): void {
  const piece = ' '.repeat(65_536);
  response.write('{"keys":[');
  const send = (): void => {
    if (response.destroyed) return;
    published.sentBytes += piece.length;
    if (response.write(piece)) setImmediate(send);
    else response.once('drain', send);
  };
  send();
}

class Clock {
  ms = Date.UTC(2026, 2, 2, 14);
  readonly now = (): number => this.ms;
  pass(seconds: number): void {
    this.ms += seconds * 1000;
  }
}

function buildVerifier(source: KeySource, clock: Clock): TokenVerifier {
  return createTokenVerifier({
    issuer: 'https://emr.example',
    audience: 'supergraph',
    keySet: createKeySet({ source, now: clock.now }),
    now: clock.now,
  });
}

const algorithms: Record<string, string> = { rs: 'RS256', ed: 'EdDSA' };

async function sign(
  clock: Clock,
  claims: Record<string, unknown> = {},
  key = 'es',
  kid: string | null = key,
): Promise<string> {
  const payload: Record<string, unknown> = {
    iss: 'https://emr.example',
    aud: 'supergraph',
    exp: clock.ms / 1000 + 3600,
    sub: 'u-1',
    org: 'org-1',
    roles: ['practitioner'],
    practitioner_id: 'pr-1',
    ...claims,
  };
  const given = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
  return new SignJWT(given)
    .setProtectedHeader({ alg: algorithms[key] ?? 'ES256', ...(kid === null ? {} : { kid }) })
    .sign(pair(key).privateKey);
}

const unauthenticated = expect.objectContaining({ code: 'UNAUTHENTICATED' });

describe('token verifier', () => {
  it.each(['rs', 'es', 'ed'])('accepts a token signed with the key %s', async (name) => {
    const clock = new Clock();
    const published = await publish([await toPublicJwk('rs'), await toPublicJwk('es'), await toPublicJwk('ed')]);
    const token = await sign(clock, {}, name);
    await expect(buildVerifier(published, clock).verify(token)).resolves.toEqual({
      userId: 'u-1',
      organizationId: 'org-1',
      practitionerId: 'pr-1',
      roles: new Set(['practitioner']),
      bearer: token,
    });
  });

  it('ignores roles it does not know, and takes missing roles for none', async () => {
    const clock = new Clock();
    const verifier = buildVerifier(await publish([await toPublicJwk('es')]), clock);
    const roles = async (value: unknown) => (await verifier.verify(await sign(clock, { roles: value }))).roles;
    expect(await roles(['admin', 'billing', 7, 'staff'])).toEqual(new Set(['admin', 'staff']));
    expect(await roles(undefined)).toEqual(new Set());
    expect(await roles('admin')).toEqual(new Set());
  });

  it('has no practitioner where the token names none', async () => {
    const clock = new Clock();
    const verifier = buildVerifier(await publish([await toPublicJwk('es')]), clock);
    expect((await verifier.verify(await sign(clock, { practitioner_id: undefined }))).practitionerId).toBeNull();
    expect((await verifier.verify(await sign(clock, { practitioner_id: null }))).practitionerId).toBeNull();
  });

  it('allows 30 s between the clocks, and no more', async () => {
    const clock = new Clock();
    const verifier = buildVerifier(await publish([await toPublicJwk('es')]), clock);
    const token = await sign(clock, { exp: clock.ms / 1000 + 10 });
    await verifier.verify(token);
    clock.pass(39);
    await verifier.verify(token);
    clock.pass(2);
    await expect(verifier.verify(token)).rejects.toThrow(unauthenticated);
    await expect(verifier.verify(await sign(clock, { nbf: clock.ms / 1000 + 25 }))).resolves.toBeDefined();
    await expect(verifier.verify(await sign(clock, { nbf: clock.ms / 1000 + 35 }))).rejects.toThrow(unauthenticated);
  });

  it.each<[string, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'billing' }],
    ['no audience', { aud: undefined }],
    ['no expiry', { exp: undefined }],
    ['an expiry in words', { exp: 'tomorrow' }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['no organization', { org: undefined }],
    ['a blank organization', { org: ' ' }],
    ['an organization that is no text', { org: 7 }],
    ['an organization of 256 characters', { org: 'x'.repeat(256) }],
    ['a practitioner that is no text', { practitioner_id: { id: 'pr-1' } }],
  ])('refuses a token with %s', async (_, claims) => {
    const clock = new Clock();
    const verifier = buildVerifier(await publish([await toPublicJwk('es')]), clock);
    await expect(verifier.verify(await sign(clock, claims))).rejects.toThrow(unauthenticated);
  });

  it('refuses tokens that are not signed by the EMR', async () => {
    const clock = new Clock();
    const verifier = buildVerifier(await publish([await toPublicJwk('rs'), await toPublicJwk('es')]), clock);
    const claims = { sub: 'u-1', org: 'org-1', exp: clock.ms / 1000 + 3600 };
    const good = await sign(clock);
    const [head = '', , signature = ''] = good.split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'u-2' })).toString('base64url');
    const hostile = {
      unsigned: new UnsecuredJWT(claims).setIssuer('https://emr.example').setAudience('supergraph').encode(),
      // The classic: the public RSA key used as if it were a shared secret.
      hmacWithPublicKey: await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid: 'rs' })
        .setIssuer('https://emr.example')
        .setAudience('supergraph')
        .sign(new TextEncoder().encode(await exportSPKI(pair('rs').publicKey))),
      anotherKeyUnderOurId: await sign(clock, {}, 'strange', 'es'),
      unknownKey: await sign(clock, {}, 'strange'),
      swappedClaims: `${head}.${forged}.${signature}`,
      noToken: 'nonsense',
      empty: '',
      long: `${good}${'x'.repeat(20_000)}`,
    };
    for (const [name, token] of Object.entries(hostile))
      await expect(verifier.verify(token), name).rejects.toThrow(unauthenticated);
    await expect(verifier.verify(null)).rejects.toThrow(unauthenticated);
    await expect(verifier.verify(good)).resolves.toBeDefined();
  });

  it('puts no part of a token into what it throws', async () => {
    const clock = new Clock();
    const verifier = buildVerifier(await publish([await toPublicJwk('es')]), clock);
    const token = await sign(clock, { sub: 'very-private', aud: 'other' });
    const error: unknown = await verifier.verify(token).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    const shown = error as Error;
    expect(JSON.stringify([shown.message, shown.cause])).not.toMatch(/very-private|eyJ/);
  });
});

describe('key set', () => {
  it('accepts a rotated key within 45 s while unknown key ids pour in, at one fetch in 30 s', async () => {
    const clock = new Clock();
    const published = await publish([await toPublicJwk('es')]);
    const verifier = buildVerifier(published, clock);
    await verifier.verify(await sign(clock));
    expect(published.fetches).toBe(1);
    published.keys = [await toPublicJwk('es'), await toPublicJwk('next')];
    const rotated = await sign(clock, {}, 'next');
    let acceptedAfter: number | null = null;
    for (let second = 0; second < 60; second += 1) {
      const flood = await sign(clock, {}, 'strange', `unknown-${second}`);
      await expect(verifier.verify(flood)).rejects.toThrow(unauthenticated);
      if (acceptedAfter === null) {
        const accepted = await verifier.verify(rotated).then(
          () => true,
          () => false,
        );
        if (accepted) acceptedAfter = second;
      }
      clock.pass(1);
    }
    expect(acceptedAfter).toBeLessThanOrEqual(45);
    expect(published.fetches).toBeLessThanOrEqual(3);
  });

  it('stops accepting a removed key within 300 s, also after a long silence', async () => {
    const clock = new Clock();
    const published = await publish([await toPublicJwk('es')]);
    const verifier = buildVerifier(published, clock);
    const token = await sign(clock);
    await verifier.verify(token);
    published.keys = [await toPublicJwk('next')];
    await verifier.verify(token);
    clock.pass(300);
    await expect(verifier.verify(token)).rejects.toThrow(unauthenticated);
  });

  it('goes on with the last good keys while the source fails', async () => {
    const clock = new Clock();
    const published = await publish([await toPublicJwk('es')]);
    const verifier = buildVerifier(published, clock);
    const token = await sign(clock, { exp: clock.ms / 1000 + 86_400 });
    await verifier.verify(token);
    for (const mode of ['down', 'garbage'] as const) {
      published.mode = mode;
      clock.pass(400);
      await expect(verifier.verify(token)).resolves.toBeDefined();
      await expect(verifier.verify(await sign(clock, {}, 'strange'))).rejects.toThrow(unauthenticated);
    }
  });

  it('says that the EMR is out of reach while no keys were ever read, and notices soon when it is there', async () => {
    const clock = new Clock();
    const published = await publish([await toPublicJwk('es')]);
    published.mode = 'down';
    const verifier = buildVerifier(published, clock);
    const token = await sign(clock);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'EMR_UNAVAILABLE' });
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'EMR_UNAVAILABLE' });
    expect(published.fetches).toBe(1);
    published.mode = 'up';
    clock.pass(1);
    await expect(verifier.verify(token)).resolves.toBeDefined();
  });

  it('is not read from another address than the one that is set', async () => {
    const clock = new Clock();
    const published = await publish([await toPublicJwk('es')]);
    const other = await publish([await toPublicJwk('strange')]);
    Object.assign(published, { mode: 'elsewhere', redirectTo: other.url });
    const verifier = buildVerifier(published, clock);
    await expect(verifier.verify(await sign(clock, {}, 'strange'))).rejects.toMatchObject({ code: 'EMR_UNAVAILABLE' });
    expect(other.fetches).toBe(0);
  });

  it('is given up on once it is larger than any key set', async () => {
    const clock = new Clock();
    const published = await publish([]);
    published.mode = 'endless';
    const failures: unknown[] = [];
    const keySet = createKeySet({ source: published, now: clock.now, onFailure: (error) => failures.push(error) });
    await expect(keySet.current()).rejects.toMatchObject({ code: 'EMR_UNAVAILABLE' });
    expect(failures).toEqual([expect.objectContaining({ message: 'The key set is too large' })]);
    expect(published.sentBytes).toBeLessThan(30_000_000);
  });

  it('keeps nobody waiting who can be told with the keys that are known, and nobody else for long', async () => {
    const clock = new Clock();
    const published = await publish([await toPublicJwk('es')]);
    const verifier = buildVerifier(published, clock);
    const token = await sign(clock, { exp: clock.ms / 1000 + 86_400 });
    const fresh = (): Promise<string> => sign(clock, { jti: String(Math.random()) });
    await verifier.verify(token);
    published.mode = 'hanging';
    clock.pass(61);
    // The source is asked behind these, and nothing has come back when they are answered.
    await verifier.verify(token);
    await verifier.verify(await fresh());
    expect(published.fetches).toBe(2);
    // An unknown key waits for the one answer that is on its way, together with all others.
    const floods = await Promise.all(
      [...Array(20).keys()].map((index) => sign(clock, {}, 'strange', `unknown-${index}`)),
    );
    await Promise.all(floods.map((flood) => expect(verifier.verify(flood)).rejects.toThrow(unauthenticated)));
    expect(published.fetches).toBe(2);
    clock.pass(400);
    await verifier.verify(token);
    await verifier.verify(await fresh());
    const cold = buildVerifier(published, clock);
    await expect(cold.verify(token)).rejects.toMatchObject({ code: 'EMR_UNAVAILABLE' });
  }, 60_000);

  it.each([
    ['keys that are no objects', [null, 7]],
    ['a key that is no key', [{ kty: 'EC', kid: 'es', use: 'sig', crv: 'P-256', x: 'AA', y: 'AA' }]],
    ['a shared secret', [{ kty: 'oct', kid: 'es', k: 'AAAA' }]],
    ['none', []],
  ])('lets nobody in with %s published', async (_, keys) => {
    const clock = new Clock();
    const verifier = buildVerifier(await publish(keys as JWK[]), clock);
    await expect(verifier.verify(await sign(clock))).rejects.toMatchObject({
      code: expect.stringMatching(/^(UNAUTHENTICATED|EMR_UNAVAILABLE)$/) as string,
    });
  });

  it('is of use with its good keys while one of them cannot be read', async () => {
    const clock = new Clock();
    const broken = { kty: 'EC', kid: 'broken', use: 'sig', crv: 'P-256', x: 'AA', y: 'AA' };
    const verifier = buildVerifier(await publish([broken, await toPublicJwk('es')]), clock);
    await expect(verifier.verify(await sign(clock))).resolves.toBeDefined();
    await expect(verifier.verify(await sign(clock, {}, 'es', 'broken'))).rejects.toThrow(unauthenticated);
  });

  it('fetches once for many callers at the same time', async () => {
    const clock = new Clock();
    const published = await publish([await toPublicJwk('es')]);
    const verifier = buildVerifier(published, clock);
    const token = await sign(clock);
    await Promise.all(Array.from({ length: 20 }, () => verifier.verify(token)));
    expect(published.fetches).toBe(1);
  });

  it('reads a file in the same way', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keys-'));
    closers.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'jwks.json');
    const clock = new Clock();
    const verifier = buildVerifier({ file }, clock);
    await expect(verifier.verify(await sign(clock))).rejects.toMatchObject({ code: 'EMR_UNAVAILABLE' });
    clock.pass(1);
    await writeFile(file, JSON.stringify({ keys: [await toPublicJwk('es')] }));
    await expect(verifier.verify(await sign(clock))).resolves.toBeDefined();
    await writeFile(file, JSON.stringify({ keys: [await toPublicJwk('next')] }));
    clock.pass(31);
    await expect(verifier.verify(await sign(clock, {}, 'next'))).resolves.toBeDefined();
  });
});
