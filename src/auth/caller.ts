import type { Viewer } from './viewer.ts';

/** One request and who stands behind it. */
export interface Caller {
  viewer: Viewer;
  requestId: string;
  /** The end of the time this request may spend on Fullscript. */
  signal: AbortSignal;
}
