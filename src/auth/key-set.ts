import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { Refusal } from '../domain/errors.ts';

/** Past this age a set is fetched again behind the request. */
const refreshBehindMs = 60_000;
/** Past this age a request waits for the new set, unless the last attempt failed. */
const refreshAheadMs = 300_000;
/** An unknown key id, or a source that fails, causes at most one attempt in this time. */
const retryMs = 30_000;
/** The same while there is no set at all, so that an EMR that starts after us is noticed soon. */
const firstRetryMs = 1_000;
const timeoutMs = 5_000;
const maxBytes = 1_048_576;

/** Where the EMR publishes its public keys. */
export type KeySource = { readonly url: string } | { readonly file: string };

/** The EMR's public keys, kept current. */
export interface KeySet {
  /**
   * The keys as known now. Throws EMR_UNAVAILABLE while none were ever read; a source that fails later leaves the last good keys in use.
   * While the source answers, a key that was removed from it is refused after at most 300 s (60 s with steady traffic).
   */
  current(): Promise<KnownKeys>;
  /** Keys read after `known` were, for a key id that is not among those; null when it is too early to look again (30 s) or nothing newer came. */
  findNewer(known: KnownKeys): Promise<KnownKeys | null>;
}

export interface KnownKeys {
  readonly getKey: JWTVerifyGetKey;
  /** Counts up whenever the published keys change. */
  readonly version: number;
}

/**
 * Reads the key set of an EMR from its address or from a file. `fetch` and `now` (milliseconds) are the outside world;
 * `onFailure` hears of every attempt that failed, for the log.
 */
export function createKeySet(needs: {
  source: KeySource;
  fetch?: typeof fetch;
  now?: () => number;
  onFailure?: (error: unknown) => void;
}): KeySet {
  const now = needs.now ?? Date.now;
  const load = createKeyLoader(needs.source, needs.fetch ?? fetch);
  let known: (KnownKeys & { text: string }) | null = null;
  let readAt = -Infinity;
  let attemptedAt = -Infinity;
  let failing = false;
  let running: Promise<void> | null = null;

  async function attempt(): Promise<void> {
    attemptedAt = now();
    try {
      const set = await load();
      const text = JSON.stringify(set);
      if (known?.text !== text) known = { getKey: createLocalJWKSet(set), version: (known?.version ?? 0) + 1, text };
      readAt = now();
      failing = false;
    } catch (error) {
      failing = true;
      needs.onFailure?.(error);
    }
  }

  /** One attempt at a time; everybody who comes meanwhile shares it. */
  async function refresh(): Promise<void> {
    running ??= attempt().finally(() => {
      running = null;
    });
    await running;
  }

  return {
    async current() {
      if (known === null) {
        if (running !== null || now() - attemptedAt >= firstRetryMs) await refresh();
      } else if (now() - readAt >= refreshBehindMs && (running !== null || now() - attemptedAt >= retryMs)) {
        const refreshed = refresh();
        if (now() - readAt >= refreshAheadMs && !failing) await refreshed;
      }
      if (known === null)
        throw new Refusal('EMR_UNAVAILABLE', "The EMR's signing keys cannot be read, so nobody can be signed in");
      return known;
    },
    async findNewer(before) {
      if (running !== null || now() - attemptedAt >= retryMs) await refresh();
      return known !== null && known.version > before.version ? known : null;
    },
  };
}

/** Reads the key set once, in 5 s and at most 1 MiB, without following a redirect. Throws what went wrong, in words or as the platform says it. */
export function createKeyLoader(source: KeySource, fetch: typeof globalThis.fetch): () => Promise<JSONWebKeySet> {
  if ('file' in source) return async () => readKeys(await readFile(source.file, 'utf8'));
  return async () => {
    const response = await fetch(source.url, {
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`The key set answered ${response.status}`);
    }
    return readKeys(await readText(response));
  };
}

/** The body as text. Throws once it is over 1 MiB, however much is still to come. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error('The key set is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readKeys(text: string): JSONWebKeySet {
  if (text.length > maxBytes) throw new Error('The key set is too large');
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('keys' in value) || !Array.isArray(value.keys))
    throw new Error('The key set has no list of keys');
  return { keys: value.keys as JSONWebKeySet['keys'] };
}
