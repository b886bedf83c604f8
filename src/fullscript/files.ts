import { Readable } from 'node:stream';
import { FullscriptFailure } from '../domain/errors.ts';
import { findAllowance, lendAllowance } from '../domain/wait-allowance.ts';
import type { AccessTokens } from './access-tokens.ts';
import { toMaxWaitMs, type Call } from './call.ts';
import { readRetryAfterSeconds, toFailureKind } from './errors.ts';
import { createPatience } from './patience.ts';
import { toRetryWait } from './retry.ts';
import type { FullscriptSettings } from './settings.ts';
import type { Transport } from './transport.ts';
import { untilAborted } from './wait.ts';

export interface OpenFileOptions {
  /** Hosts, each with its subdomains, that may be asked over https besides the API's own origin. */
  allowedHosts: readonly string[];
  /** The stream fails with `contract` behind this many bytes; a declared length over it is refused at once. */
  maxBytes: number;
  signal?: AbortSignal | undefined;
}

export interface OpenFile {
  /** A PDF: it begins with `%PDF-`. Destroying it ends the download. */
  stream: Readable;
  /** When Fullscript said so. */
  contentLength?: number;
}

export interface Files {
  /**
   * Opens a result file. The bearer goes to the API's own origin only. Throws `contract` for a host or redirect that is not allowed, for what is not a PDF
   * or is too large; `not_found` when the link is dead; `withdrawn`, `forbidden`, `rate_limited`, `unavailable` like every call.
   */
  open(call: Call, url: string, options: OpenFileOptions): Promise<OpenFile>;
}

export interface FilesNeeds {
  settings: Pick<FullscriptSettings, 'apiUrl' | 'timeoutMs'>;
  transport: Transport;
  accessTokens: AccessTokens;
  now: () => Date;
  /** 0 up to 1. */
  random: () => number;
}

const maxRedirects = 3;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const magic = Buffer.from('%PDF-');

/** Makes the one door through which result files come in. */
export function createFiles(needs: FilesNeeds): Files {
  const { settings, transport, accessTokens } = needs;
  const apiOrigin = new URL(settings.apiUrl).origin;

  function isAllowed(url: URL, allowedHosts: readonly string[]): boolean {
    if (url.username !== '' || url.password !== '') return false;
    if (url.origin === apiOrigin) return true;
    if (url.protocol !== 'https:' || url.port !== '') return false;
    return allowedHosts.some((host) => {
      const name = host.toLowerCase();
      return name !== '' && (url.hostname === name || url.hostname.endsWith(`.${name}`));
    });
  }

  /** One request, repeated while Fullscript has passing trouble. Any status may come back. */
  async function fetchFile(call: Call, url: URL, accessToken: string | undefined): Promise<Response> {
    const patience = createPatience(call, needs.now);
    for (let attempt = 1; ; attempt += 1) {
      let response: Response | undefined;
      let failure: unknown;
      try {
        response = await transport.openFile({ ...call, maxWaitMs: patience.leftMs() }, url, {
          accessToken,
          isOwn: url.origin === apiOrigin,
          attempt,
        });
        if (response.status < 429) return response;
      } catch (error) {
        if (!(error instanceof FullscriptFailure) || error.kind !== 'unavailable' || call.signal?.aborted) throw error;
        failure = error;
      }
      const retryAfterSeconds = readRetryAfterSeconds(response?.headers.get('retry-after') ?? null, needs.now());
      const isAsked = response?.status === 429 || retryAfterSeconds !== undefined;
      const waitMs = toRetryWait({
        attempt,
        method: 'GET',
        idempotent: true,
        failure: response ? 'answer' : 'reset',
        status: response?.status,
        retryAfterSeconds,
        maxWaitMs: isAsked ? patience.leftMs() : toMaxWaitMs(call),
        random: needs.random(),
      });
      if (waitMs === 'stop') {
        if (response) return response;
        throw failure;
      }
      await discard(response);
      await patience.pause(waitMs, isAsked);
    }
  }

  /** At the API's own origin: with the bearer, without it where the link is permission enough and the bearer in the way, and with a fresh one. */
  async function fetchOwn(call: Call, url: URL): Promise<Response> {
    const { accessToken } = await untilAborted(accessTokens.get(call.accountId), call.signal, toBroken);
    const first = await fetchFile(call, url, accessToken);
    if (first.status !== 400 && first.status !== 401 && first.status !== 403) return first;
    await discard(first);
    const bare = await fetchFile(call, url, undefined);
    if (bare.status < 400 || first.status !== 401) return bare;
    await discard(bare);
    const renewed = await untilAborted(
      accessTokens.refreshAfter401(call.accountId, accessToken),
      call.signal,
      toBroken,
    );
    return fetchFile(call, url, renewed.accessToken);
  }

  function toFileFailure(response: Response, isOwn: boolean): FullscriptFailure {
    const { status } = response;
    // Elsewhere than at the API a refusal is about the link, which lives for a while only.
    if (!isOwn && (status === 400 || status === 401 || status === 403)) {
      return new FullscriptFailure('not_found', `The link to a Fullscript file is no longer good: ${status}`, {
        status,
      });
    }
    const kind = status === 401 ? 'forbidden' : toFailureKind(status);
    return new FullscriptFailure(kind === 'rejected' ? 'contract' : kind, `Fullscript gave no file: ${status}`, {
      status,
      retryAfterSeconds: readRetryAfterSeconds(response.headers.get('retry-after'), needs.now()),
    });
  }

  return {
    async open(givenCall, address, options) {
      const signals = [givenCall.signal, options.signal].filter((signal) => signal !== undefined);
      const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined;
      if (signal) lendAllowance(signal, findAllowance(givenCall.signal));
      const call: Call = { ...givenCall, signal };
      let url = toFileUrl(address, settings.apiUrl);
      for (let hops = 0; ; hops += 1) {
        if (!isAllowed(url, options.allowedHosts)) {
          throw new FullscriptFailure('contract', 'A Fullscript file is at a host that is not allowed');
        }
        const isOwn = url.origin === apiOrigin;
        const response = isOwn ? await fetchOwn(call, url) : await fetchFile(call, url, undefined);
        if (response.ok) return openPdf(response, options.maxBytes, settings.timeoutMs);
        await discard(response);
        const location = redirects.has(response.status) ? response.headers.get('location') : null;
        if (location === null) throw toFileFailure(response, isOwn);
        if (hops >= maxRedirects) throw new FullscriptFailure('contract', 'A Fullscript file is redirected too often');
        url = toFileUrl(location, url.href);
      }
    },
  };
}

function toFileUrl(address: string, base: string): URL {
  if (!URL.canParse(address, base)) {
    throw new FullscriptFailure('contract', 'The address of a Fullscript file cannot be read');
  }
  return new URL(address, base);
}

async function discard(response: Response | undefined): Promise<void> {
  await response?.body?.cancel().catch(() => undefined);
}

async function openPdf(response: Response, maxBytes: number, stallMs: number): Promise<OpenFile> {
  const declared = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  const contentLength = declared !== null && /^\d+$/.test(declared) ? Number(declared) : undefined;
  if (!response.body) throw toNoPdf();
  if (contentLength !== undefined && contentLength > maxBytes) {
    await discard(response);
    throw toTooLarge();
  }
  const reader: Reader = response.body.getReader();
  try {
    let head = Buffer.alloc(0);
    while (head.length < magic.length) {
      const chunk = await readChunk(reader, stallMs);
      if (chunk === null) break;
      head = Buffer.concat([head, chunk]);
    }
    if (!head.subarray(0, magic.length).equals(magic)) throw toNoPdf();
    if (head.length > maxBytes) throw toTooLarge();
    const stream = toStream(reader, head, maxBytes, stallMs);
    return contentLength === undefined ? { stream } : { stream, contentLength };
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw error;
  }
}

interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** The next bytes, null at the end. Throws `unavailable` when none come within `stallMs` or the connection breaks. */
async function readChunk(reader: Reader, stallMs: number): Promise<Uint8Array | null> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(toBroken()), stallMs);
  });
  try {
    const { done, value } = await Promise.race([reader.read(), stalled]);
    return done ? null : (value ?? new Uint8Array());
  } catch {
    throw toBroken();
  } finally {
    clearTimeout(timer);
  }
}

function toStream(reader: Reader, head: Uint8Array, maxBytes: number, stallMs: number): Readable {
  let pending: Uint8Array | null = head;
  let size = 0;
  async function next(): Promise<Uint8Array | null> {
    const chunk = pending ?? (await readChunk(reader, stallMs));
    pending = null;
    size += chunk?.length ?? 0;
    if (size > maxBytes) throw toTooLarge();
    return chunk;
  }
  return new Readable({
    read() {
      next().then(
        (chunk) => this.push(chunk),
        (error: unknown) => this.destroy(error instanceof Error ? error : toBroken()),
      );
    },
    destroy(error, done) {
      // Also when somebody stops listening half-way: the rest must not be downloaded.
      reader
        .cancel()
        .catch(() => undefined)
        .finally(() => done(error));
    },
  });
}

function toNoPdf(): FullscriptFailure {
  return new FullscriptFailure('contract', 'A Fullscript file is not a PDF');
}

function toTooLarge(): FullscriptFailure {
  return new FullscriptFailure('contract', 'A Fullscript file is too large');
}

function toBroken(): FullscriptFailure {
  return new FullscriptFailure('unavailable', 'Fullscript broke off a file');
}
