import { compactDecrypt, CompactEncrypt, decodeProtectedHeader } from 'jose';

/** Thrown when no configured key opens a text, or the text is broken. Its message holds the key id at most. */
export class UndecryptableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UndecryptableError';
  }
}

/** Encrypts what must not be readable in a stolen database. */
export interface Secrets {
  /** The id of the key that encrypts. */
  readonly currentKeyId: string;
  /** The ids of keys that only decrypt. */
  readonly olderKeyIds: readonly string[];
  /** Gives a compact JWE (dir, A256GCM) made with the first key. */
  encrypt(text: string): Promise<string>;
  /** Opens a JWE with whichever configured key made it; throws `UndecryptableError`. */
  decrypt(jwe: string): Promise<string>;
}

/**
 * Builds `Secrets` over keys of 32 bytes: the first encrypts, all decrypt, so a key is replaced by putting a new one in front
 * and dropping the old one after everything was encrypted again. Throws for no keys, a wrong length or a repeated id.
 */
export function createSecrets(keys: readonly { kid: string; key: Uint8Array }[]): Secrets {
  const [current] = keys;
  if (current === undefined) throw new TypeError('At least one encryption key is needed');
  const byId = new Map(keys.map(({ kid, key }) => [kid, key]));
  if (byId.size !== keys.length) throw new TypeError('Two encryption keys have the same id');
  if (keys.some(({ key }) => key.byteLength !== 32)) throw new TypeError('An encryption key must have 32 bytes');
  return {
    currentKeyId: current.kid,
    olderKeyIds: keys.slice(1).map(({ kid }) => kid),
    encrypt(text) {
      return new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: current.kid })
        .encrypt(current.key);
    },
    async decrypt(jwe) {
      const key = byId.get(keyIdOf(jwe));
      if (key === undefined) throw new UndecryptableError('No configured encryption key has the id this was made with');
      try {
        const { plaintext } = await compactDecrypt(jwe, key, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        });
        return new TextDecoder().decode(plaintext);
      } catch {
        // What the library says of the text stays here: it is of no use to an operator.
        throw new UndecryptableError('The encrypted text is broken or was made with another key of the same id');
      }
    },
  };
}

/** The id of the key that a JWE was made with; throws `UndecryptableError` for what is no JWE of ours. */
export function keyIdOf(jwe: string): string {
  try {
    const { kid } = decodeProtectedHeader(jwe);
    if (typeof kid === 'string') return kid;
  } catch {
    // Falls through: what cannot be read was not made by us.
  }
  throw new UndecryptableError('The encrypted text does not say which key it was made with');
}

/** As `decrypt`, but gives null for what no configured key opens. */
export async function decryptOrNull(secrets: Secrets, jwe: string): Promise<string | null> {
  try {
    return await secrets.decrypt(jwe);
  } catch (error) {
    if (error instanceof UndecryptableError) return null;
    throw error;
  }
}
