/**
 * The stable codes of `extensions.code`. Document faults that Apollo Server finds itself
 * (`GRAPHQL_PARSE_FAILED`, `GRAPHQL_VALIDATION_FAILED`) keep Apollo's own codes.
 */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'FULLSCRIPT_CONNECTION_REQUIRED'
  | 'FULLSCRIPT_UNAVAILABLE'
  | 'FULLSCRIPT_RATE_LIMITED'
  | 'FULLSCRIPT_CONTRACT'
  | 'EMR_UNAVAILABLE'
  | 'NOT_CONFIGURED';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

const levels: Record<ErrorCode, LogLevel> = {
  UNAUTHENTICATED: 'info',
  FORBIDDEN: 'info',
  BAD_USER_INPUT: 'debug',
  NOT_FOUND: 'debug',
  FULLSCRIPT_CONNECTION_REQUIRED: 'info',
  FULLSCRIPT_UNAVAILABLE: 'warn',
  FULLSCRIPT_RATE_LIMITED: 'warn',
  FULLSCRIPT_CONTRACT: 'error',
  EMR_UNAVAILABLE: 'warn',
  NOT_CONFIGURED: 'error',
};

/**
 * A refusal or an upstream failure: the second of the three kinds of error (outcomes are values, anything else is a bug).
 * `message` and `extensions` are shown to the caller and therefore hold no token, secret or patient datum; `cause` is for the log.
 */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly level: LogLevel;

  constructor(
    code: ErrorCode,
    message: string,
    options: { extensions?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Refusal';
    this.code = code;
    this.extensions = options.extensions ?? {};
    this.level = levels[code];
  }
}

/** What a call to Fullscript can end in, apart from success. */
export type FullscriptFailureKind =
  /** 401 after the one forced refresh, or a refresh that Fullscript definitely refused: the authorization is gone. */
  | 'withdrawn'
  /** 403: a scope is missing, or (with `restricted`) the endpoint is not open to this app. */
  | 'forbidden'
  | 'not_found'
  /** 400 and 422: understood and refused; `reasons` holds Fullscript's sentences. */
  | 'rejected'
  /** 409: an equal request is under way. */
  | 'conflict'
  | 'rate_limited'
  /** 5xx, time-out, reset, no connection, caller's deadline. */
  | 'unavailable'
  /** An answer that cannot be read. */
  | 'contract';

/**
 * A failed call to Fullscript, already normalised. `message` is safe to show; `reasons` may repeat what Fullscript said and goes
 * to the caller only, never to a log.
 */
export class FullscriptFailure extends Error {
  readonly kind: FullscriptFailureKind;
  readonly status: number | undefined;
  readonly #reasons: readonly string[];
  /** The scope that a 403 named, when it named one. */
  readonly missingScope: string | undefined;
  /** True for a 403 of an endpoint that Fullscript opens to approved apps only; no reconnecting helps then. */
  readonly restricted: boolean;
  readonly retryAfterSeconds: number | undefined;
  /** Fullscript's `X-Request-Id`, for its support. */
  readonly upstreamRequestId: string | undefined;

  constructor(
    kind: FullscriptFailureKind,
    message: string,
    details: {
      status?: number | undefined;
      reasons?: readonly string[] | undefined;
      missingScope?: string | undefined;
      restricted?: boolean | undefined;
      retryAfterSeconds?: number | undefined;
      upstreamRequestId?: string | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'FullscriptFailure';
    this.kind = kind;
    this.status = details.status;
    this.#reasons = details.reasons ?? [];
    this.missingScope = details.missingScope;
    this.restricted = details.restricted ?? false;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.upstreamRequestId = details.upstreamRequestId;
  }

  /** What Fullscript said, for the caller. No property, so that nobody who prints the error whole repeats it. */
  get reasons(): readonly string[] {
    return this.#reasons;
  }

  /** An outage is answered from the stored copy where there is one; an answer (401, 403, 404, 422) never is. */
  get isOutage(): boolean {
    return (
      this.kind === 'unavailable' ||
      this.kind === 'rate_limited' ||
      this.kind === 'contract' ||
      this.kind === 'conflict'
    );
  }
}
