import {
  createContextKey,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind as OtelSpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import type { SpanAttributes, SpanKind, Tracing } from './domain/tracing.ts';

/** Where spans go, and how many. */
export interface TracingSettings {
  /** Takes OTLP as JSON over HTTP. */
  url: string;
  headers: Readonly<Record<string, string>>;
  serviceName: string;
  sampler: { parentBased: boolean; ratio: number };
  /** How long spans wait for company before they are sent. */
  delayMs: number;
}

interface TracingLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A trace that nothing has happened in yet. */
interface Head {
  name: string;
  attributes: Attributes;
  startedAtMs: number;
  span: Span | null;
}

const headKey = createContextKey('head');
/** Longest wait for the last spans at a stop. */
const flushMs = 2000;
const exportTimeoutMs = 5000;

const spanKinds: Record<SpanKind, OtelSpanKind> = {
  internal: OtelSpanKind.INTERNAL,
  server: OtelSpanKind.SERVER,
  client: OtelSpanKind.CLIENT,
};

/**
 * Starts to send traces by OpenTelemetry. Nothing is registered globally and nothing is instrumented by itself: what is not told through the port is not sent.
 * Spans that cannot be sent are dropped, which the log says once until it works again.
 */
export function startTracing(settings: TracingSettings, log: TracingLog): Tracing {
  const ratio = new TraceIdRatioBasedSampler(settings.sampler.ratio);
  const processor = new BatchSpanProcessor(createExporter(settings, log), {
    scheduledDelayMillis: settings.delayMs,
    exportTimeoutMillis: exportTimeoutMs,
    maxQueueSize: 4096,
    maxExportBatchSize: 512,
  });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': settings.serviceName }),
    sampler: settings.sampler.parentBased ? new ParentBasedSampler({ root: ratio }) : ratio,
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('fullscript-subgraph');
  const contexts = new AsyncLocalStorageContextManager();
  contexts.enable();

  /** The context a new step belongs to. The head of its trace comes about with its first step. */
  function getParent(): Context {
    const active = contexts.active();
    const head = active.getValue(headKey) as Head | undefined;
    if (head === undefined || trace.getSpan(active) !== undefined) return active;
    head.span ??= tracer.startSpan(
      head.name,
      { attributes: head.attributes, startTime: head.startedAtMs },
      ROOT_CONTEXT,
    );
    return trace.setSpan(active, head.span);
  }

  async function runInside<T>(span: Span, context: Context, work: () => Promise<T>): Promise<T> {
    try {
      return await contexts.with(context, work);
    } catch (error) {
      noteFailure(span, toKind(error));
      throw error;
    } finally {
      span.end();
    }
  }

  return {
    enabled: true,
    span(name, attributes, work, kind = 'internal') {
      const parent = getParent();
      const span = tracer.startSpan(name, { attributes: toAttributes(attributes), kind: spanKinds[kind] }, parent);
      return runInside(span, trace.setSpan(parent, span), work);
    },
    async head(name, attributes, work) {
      const head: Head = { name, attributes: toAttributes(attributes), startedAtMs: Date.now(), span: null };
      try {
        return await contexts.with(ROOT_CONTEXT.setValue(headKey, head), work);
      } catch (error) {
        // A run that failed is worth a trace, even when nothing had happened in it.
        head.span ??= tracer.startSpan(
          name,
          { attributes: head.attributes, startTime: head.startedAtMs },
          ROOT_CONTEXT,
        );
        noteFailure(head.span, toKind(error));
        throw error;
      } finally {
        head.span?.end();
      }
    },
    note(name, attributes, durationMs, failure) {
      const endedAtMs = Date.now();
      const startTime = endedAtMs - Math.max(0, durationMs);
      const span = tracer.startSpan(
        name,
        { attributes: toAttributes(attributes), kind: OtelSpanKind.CLIENT, startTime },
        getParent(),
      );
      if (failure !== undefined) noteFailure(span, failure);
      span.end(endedAtMs);
    },
    open(name, traceparent, attributes) {
      const caller = readTraceparent(traceparent);
      const parent = caller === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, caller);
      const options = { attributes: toAttributes(attributes), kind: OtelSpanKind.SERVER };
      const span = tracer.startSpan(name, options, parent);
      const context = trace.setSpan(parent, span);
      return {
        run: (work) => contexts.with(context, work),
        end(more, failure) {
          span.setAttributes(toAttributes(more));
          if (failure !== undefined) noteFailure(span, failure);
          span.end();
        },
      };
    },
    traceparent() {
      const context = findSpanContext(contexts.active());
      if (context === undefined) return undefined;
      const flags = (context.traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0');
      return `00-${context.traceId}-${context.spanId}-${flags}`;
    },
    ids() {
      const context = findSpanContext(contexts.active());
      return context === undefined ? undefined : { traceId: context.traceId, spanId: context.spanId };
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, flushMs);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
      contexts.disable();
    },
  };
}

/** Sends to the collector. Its own words about failures stay out of the log: they may repeat the address or what was answered. */
function createExporter(settings: TracingSettings, log: TracingLog): SpanExporter {
  const exporter = new OTLPTraceExporter({
    url: settings.url,
    headers: { ...settings.headers },
    timeoutMillis: exportTimeoutMs,
    concurrencyLimit: 2,
  });
  let fails = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const code: number = result.code;
        const failed = code !== 0;
        if (failed && !fails) log.warn({}, 'traces cannot be sent: they are dropped until they can');
        if (!failed && fails) log.info({}, 'traces are sent again');
        fails = failed;
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

function findSpanContext(context: Context): SpanContext | undefined {
  const found = trace.getSpanContext(context);
  return found !== undefined && isSpanContextValid(found) ? found : undefined;
}

function toAttributes(attributes: SpanAttributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

function noteFailure(span: Span, failure: string): void {
  span.setAttribute('error.type', failure);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The word for an error: its kind or code when it has one that is a plain word, otherwise its class. Messages stay here. */
function toKind(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  for (const word of ['kind' in error ? error.kind : null, 'code' in error ? error.code : null, error.name])
    if (typeof word === 'string' && /^[A-Za-z][A-Za-z_]{0,59}$/.test(word)) return word;
  return 'Error';
}

/** By W3C Trace Context; null for anything that is none. What vendors put beside it (`tracestate`, `baggage`) is not taken on. */
function readTraceparent(text: string | undefined): SpanContext | null {
  const match = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/.exec(text ?? '');
  const [, traceId = '', spanId = '', flags = ''] = match ?? [];
  const context = { traceId, spanId, traceFlags: parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return match !== null && isSpanContextValid(context) ? context : null;
}
