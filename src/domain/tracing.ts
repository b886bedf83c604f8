/** What a step of a trace says about itself: patterns, kinds, counts. Never an id, a token, or anything of a person. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Whom a step serves or asks: `server` answers a request, `client` asks somebody else, `internal` is neither. */
export type SpanKind = 'internal' | 'server' | 'client';

/** A request's step, which begins and ends in different places. */
export interface OpenSpan {
  /** Runs `work`, and whatever it leads to, inside this step. */
  run<T>(work: () => T): T;
  /** Ends the step, with what is known by then. `failure` is a word for what went wrong. */
  end(attributes: SpanAttributes, failure?: string): void;
}

/** Where steps of work are told to, so that a request can be followed through processes. Off, all of this costs a call and nothing more. */
export interface Tracing {
  enabled: boolean;
  /** Runs `work` as a step of the trace under way, or of a new one. Of what it throws only the kind is told. */
  span<T>(name: string, attributes: SpanAttributes, work: () => Promise<T>, kind?: SpanKind): Promise<T>;
  /** Runs `work` at the head of a trace of its own, which exists only if a step happens in it: most looks for work find none. */
  head<T>(name: string, attributes: SpanAttributes, work: () => Promise<T>): Promise<T>;
  /** Tells of a step that has just ended after `durationMs`. `failure` is a word for what went wrong. */
  note(name: string, attributes: SpanAttributes, durationMs: number, failure?: string): void;
  /** Begins a request's step, as a part of the caller's trace when `traceparent` (by W3C) names one. */
  open(name: string, traceparent: string | undefined, attributes: SpanAttributes): OpenSpan;
  /** The `traceparent` that makes the callee a part of the trace under way; undefined outside of one. */
  traceparent(): string | undefined;
  /** The ids of the trace and the step under way, for log lines; undefined outside of one. */
  ids(): { traceId: string; spanId: string } | undefined;
  /** Sends what is left, for up to two seconds. */
  close(): Promise<void>;
}

/** Tells nobody anything. */
export const noTracing: Tracing = {
  enabled: false,
  span: (_name, _attributes, work) => work(),
  head: (_name, _attributes, work) => work(),
  note: () => undefined,
  open: () => ({ run: (work) => work(), end: () => undefined }),
  traceparent: () => undefined,
  ids: () => undefined,
  close: () => Promise.resolve(),
};
