import type { Readable } from 'node:stream';
import type { Call } from './call.ts';

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
