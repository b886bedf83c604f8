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
  /** Gives a compact JWE (dir, A256GCM) made with the first key. */
  encrypt(text: string): Promise<string>;
  /** Opens a JWE with whichever configured key made it; throws `UndecryptableError`. */
  decrypt(jwe: string): Promise<string>;
}
