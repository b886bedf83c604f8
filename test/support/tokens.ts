import { constants, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Keys of an EMR: four that sign, two that are published but not for that, and one that is not published. */
export type KeyName = 'rs' | 'es' | 'other' | 'ed' | 'encrypting' | 'bound' | 'unpublished';

type Jwk = Record<string, unknown>;
type Header = Record<string, unknown>;

/** An issuer of tokens that can make any token, right or wrong; its public keys are in a file. */
export interface TokenMint {
  /** The file that holds the public keys. */
  file: string;
  issuer: string;
  audience: string;
  /** The public halves; each is published under its name as `kid`. */
  publicKeys: Record<KeyName, KeyObject>;
  /** The claims of a token that nobody could object to, with changes; undefined leaves a claim out. */
  toClaims(changes?: Record<string, unknown>): Record<string, unknown>;
  /**
   * Signs the claims with the key of that name (`es`), as the header's `alg` says, which is the key's own unless changed; undefined leaves a
   * parameter of the header out. A `secret` signs with HMAC instead.
   */
  sign(changes?: Record<string, unknown>, header?: Header, by?: KeyName | { secret: string | Buffer }): string;
  close(): void;
}

const algorithms: Record<KeyName, string> = {
  rs: 'RS256',
  es: 'ES256',
  other: 'ES256',
  ed: 'EdDSA',
  encrypting: 'ES256',
  bound: 'RS256',
  unpublished: 'ES256',
};

/** What stands beside each key in the set. */
const published: Partial<Record<KeyName, Jwk>> = {
  rs: { use: 'sig' },
  es: { use: 'sig', alg: 'ES256' },
  other: { use: 'sig' },
  ed: { use: 'sig' },
  encrypting: { use: 'enc' },
  bound: { use: 'sig', alg: 'RS512' },
};

function generate(algorithm: string): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return algorithm === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function toSignature(algorithm: unknown, input: Buffer, key: KeyObject): Buffer {
  const hash = `sha${String(algorithm).slice(2)}`;
  if (key.asymmetricKeyType === 'ed25519') return sign(null, input, key);
  if (key.asymmetricKeyType === 'ec') return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
  if (String(algorithm).startsWith('PS')) {
    return sign(hash, input, {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    });
  }
  return sign(hash, input, key);
}

/** Writes a part of a token down. */
export function toPart(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Makes the keys and publishes them in a throw-away file. */
export function createTokenMint(): TokenMint {
  const folder = mkdtempSync(join(tmpdir(), 'fullscript-keys-'));
  const file = join(folder, 'jwks.json');
  const issuer = 'https://emr.example';
  const audience = 'supergraph';
  const names = Object.keys(algorithms) as KeyName[];
  const pairs = Object.fromEntries(names.map((name) => [name, generate(algorithms[name])])) as Record<
    KeyName,
    ReturnType<typeof generate>
  >;
  const keys = names
    .filter((name) => published[name] !== undefined)
    .map((name) => ({ ...pairs[name].publicKey.export({ format: 'jwk' }), kid: name, ...published[name] }));
  writeFileSync(file, JSON.stringify({ keys }));

  const toClaims: TokenMint['toClaims'] = (changes = {}) => {
    const seconds = Math.floor(Date.now() / 1000);
    return {
      iss: issuer,
      aud: audience,
      iat: seconds,
      exp: seconds + 600,
      sub: 'u-ada',
      org: 'org-juniper',
      roles: ['practitioner'],
      practitioner_id: 'pr-ada',
      ...changes,
    };
  };
  return {
    file,
    issuer,
    audience,
    toClaims,
    publicKeys: Object.fromEntries(names.map((name) => [name, pairs[name].publicKey])) as Record<KeyName, KeyObject>,
    sign(changes = {}, header = {}, by = 'es') {
      const own = typeof by === 'string' ? { alg: algorithms[by], kid: by } : { alg: 'HS256', kid: 'rs' };
      const complete: Header = { ...own, ...header };
      const input = Buffer.from(`${toPart(complete)}.${toPart(toClaims(changes))}`);
      const signature =
        typeof by === 'string'
          ? toSignature(complete['alg'], input, pairs[by].privateKey)
          : createHmac('sha256', by.secret).update(input).digest();
      return `${input.toString()}.${signature.toString('base64url')}`;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
