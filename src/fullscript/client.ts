import type { FullscriptFailureKind } from '../domain/errors.ts';

/** One attempt at Fullscript. Holds route patterns and ids of requests only. */
export interface CallRecord {
  /** Method and route pattern, as in `GET /clinic/patients/{id}`. */
  endpoint: string;
  outcome: 'ok' | FullscriptFailureKind;
  /** Undefined when no answer came. */
  status: number | undefined;
  durationMs: number;
  /** Fullscript's `X-Request-Id`. */
  upstreamRequestId: string | undefined;
  requestId: string | undefined;
  /** 1 for the first. */
  attempt: number;
}
