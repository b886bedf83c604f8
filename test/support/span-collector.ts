import { startHttpServer } from './http-server.ts';
import { waitFor } from './reading.ts';

/** A span as it arrived at the collector. */
export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  kind: number;
  attributes: Record<string, unknown>;
  /** 2 for a failure. */
  status: number;
  service: string;
}

/** A collector that takes OTLP as JSON over HTTP. */
export interface SpanCollector {
  /** What OTEL_EXPORTER_OTLP_ENDPOINT is set to. */
  endpoint: string;
  /** What to answer; 200 at first. */
  answer: { status: number; fault?: 'hang' | 'reset' };
  spans(): CollectedSpan[];
  /** Everything that came, headers too, as text; but for times and the ids of traces and spans, whose digits are anything. */
  text(): string;
  /** Headers of the first request. */
  headers(): Record<string, unknown>;
  /** Waits until a span like this has come. */
  find(what: string, isIt: (span: CollectedSpan) => boolean): Promise<CollectedSpan>;
  close(): Promise<void>;
}

interface Value {
  stringValue?: string;
  intValue?: number | string;
  doubleValue?: number;
  boolValue?: boolean;
}

interface Exported {
  resourceSpans: {
    resource: { attributes: { key: string; value: Value }[] };
    scopeSpans: {
      spans: {
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        name: string;
        kind: number;
        attributes: { key: string; value: Value }[];
        status?: { code?: number };
      }[];
    }[];
  }[];
}

const toRecord = (attributes: { key: string; value: Value }[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] as unknown]));

/** Starts one on a free port. */
export async function startSpanCollector(): Promise<SpanCollector> {
  const answer: SpanCollector['answer'] = { status: 200 };
  const server = await startHttpServer(() => ({ ...answer, body: {} }));
  const spans = (): CollectedSpan[] =>
    server.seen.flatMap(({ json }) =>
      (json as Exported).resourceSpans.flatMap(({ resource, scopeSpans }) =>
        scopeSpans.flatMap((scope) =>
          scope.spans.map((span) => ({
            traceId: span.traceId,
            spanId: span.spanId,
            parentSpanId: span.parentSpanId === '' ? undefined : span.parentSpanId,
            name: span.name,
            kind: span.kind,
            attributes: toRecord(span.attributes),
            status: span.status?.code ?? 0,
            service: String(toRecord(resource.attributes)['service.name']),
          })),
        ),
      ),
    );
  return {
    endpoint: server.url,
    answer,
    spans,
    text: () =>
      server.seen
        .map(({ json, headers }) =>
          JSON.stringify([json, headers], (key, value: unknown) =>
            /^(traceId|spanId|parentSpanId|\w+UnixNano)$/.test(key) ? undefined : value,
          ),
        )
        .join('\n'),
    headers: () => server.seen[0]?.headers ?? {},
    find: (what, isIt) => waitFor(`the span of ${what}`, () => spans().find(isIt), 30_000),
    close: () => server.close(),
  };
}
