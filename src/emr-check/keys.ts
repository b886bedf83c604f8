import { createKeyLoader, type KeySource } from '../auth/key-set.ts';
import { note, ok, quote, wrong, type Finding } from './findings.ts';

/** A published key, as far as it is looked at. */
type PublishedKey = Readonly<Record<string, unknown>>;

/** Whether the EMR's public keys can be read, and whether there is one that tokens can be verified with. */
export async function* checkKeys(source: KeySource, fetchImplementation: typeof fetch): AsyncGenerator<Finding> {
  const variable = 'url' in source ? 'EMR_JWKS_URL' : 'EMR_JWKS_FILE';
  let keys: readonly PublishedKey[];
  try {
    const set = await createKeyLoader(source, fetchImplementation)();
    keys = set.keys.filter((key: unknown) => typeof key === 'object' && key !== null) as PublishedKey[];
  } catch (error) {
    yield wrong(`${variable}: ${toReason(error)}. It must be a JSON Web Key Set: {"keys":[...]}`);
    return;
  }
  const usable = keys.flatMap((key) => {
    const algorithm = findAlgorithm(key);
    return algorithm === null ? [] : [{ key, algorithm }];
  });
  if (usable.length === 0) {
    yield wrong(
      `${variable}: none of its ${keys.length} keys can verify a token. Publish an RSA key for RS256, a P-256 key for ES256 or an Ed25519 key for EdDSA, with "use":"sig" or without "use"`,
    );
  } else {
    const names = usable.map(({ key, algorithm }) => `${quote(key['kid'])} ${algorithm}`).join(', ');
    yield ok(`${variable}: ${usable.length} of ${keys.length} keys can verify tokens: ${names}`);
  }
  if (keys.some((key) => 'd' in key || 'k' in key))
    yield wrong(
      `${variable}: it publishes a PRIVATE or shared key (a "d" or a "k"). Replace that key now: whoever read it can make tokens`,
    );
  if (usable.length > 1 && usable.some(({ key }) => typeof key['kid'] !== 'string'))
    yield note(
      `${variable}: a key without "kid" among several. Give each key a "kid", and name it in the tokens' headers`,
    );
}

/** The algorithm that a key verifies here; null for one that is of no use. */
function findAlgorithm({ kty, crv, use, alg }: PublishedKey): string | null {
  const own = kty === 'RSA' ? 'RS256' : kty === 'EC' && crv === 'P-256' ? 'ES256' : null;
  const algorithm = kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : own;
  if (use !== undefined && use !== 'sig') return null;
  return alg === undefined || alg === algorithm ? algorithm : null;
}

function toReason(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be read';
  if (error.name === 'TimeoutError') return 'no answer within 5 s';
  if (error instanceof SyntaxError) return 'what it holds is not JSON';
  if (error instanceof TypeError) return 'no connection, or a redirect, which is not followed';
  return 'code' in error && typeof error.code === 'string' ? `it cannot be read (${error.code})` : error.message;
}
