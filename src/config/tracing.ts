import type { EnvironmentValues } from './rules.ts';

/** Traces by OpenTelemetry, as its own variables say. */
export interface TracingConfig {
  /** Where spans are sent as JSON, such as `http://127.0.0.1:4318/v1/traces`. */
  url: string;
  /** Sent with them; may hold secrets. */
  headers: Readonly<Record<string, string>>;
  serviceName: string;
  /** How long spans wait for company before they are sent. */
  delayMs: number;
  sampler: {
    /** Whether a caller's own decision is followed. */
    parentBased: boolean;
    /** Which share of the traces that begin here is kept, 0 to 1. */
    ratio: number;
  };
}

/** Reads the standard variables, of which the one for traces alone comes before the one for everything; null when no traces are to be made. */
export function toTracingConfig(values: EnvironmentValues): TracingConfig | null {
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base === undefined ? null : `${base}/v1/traces`);
  if (url === null || values.OTEL_SDK_DISABLED) return null;
  const sampler = values.OTEL_TRACES_SAMPLER;
  return {
    url,
    headers: { ...values.OTEL_EXPORTER_OTLP_HEADERS, ...values.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
    serviceName: values.OTEL_SERVICE_NAME,
    delayMs: values.OTEL_BSP_SCHEDULE_DELAY,
    sampler: {
      parentBased: sampler.startsWith('parentbased_'),
      ratio: sampler.endsWith('always_on')
        ? 1
        : sampler.endsWith('always_off')
          ? 0
          : (values.OTEL_TRACES_SAMPLER_ARG ?? 1),
    },
  };
}
