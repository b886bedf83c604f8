import type { Logger } from 'pino';
import type { Tracing } from '../domain/tracing.ts';
import type { Emr } from '../emr/emr.ts';
import type { CallRecord } from '../fullscript/transport.ts';
import type { Job } from '../jobs/definition.ts';
import type { ApplyEvent } from '../mirror/apply-event.ts';
import type { Flights, Work } from '../mirror/flights.ts';

/*
 * The rooms as they are, with each step told to the trace. Without tracing nothing is wrapped. Attributes are patterns, kinds and counts; ids stay out.
 */

/** Every attempt at Fullscript, as it is told for metrics. */
export function noteCall(tracing: Tracing, record: CallRecord): void {
  const { endpoint, outcome, status, attempt, priority, durationMs } = record;
  tracing.note(
    `fullscript ${endpoint}`,
    {
      'fullscript.endpoint': endpoint,
      'fullscript.outcome': outcome,
      'http.response.status_code': status,
      attempt,
      priority,
    },
    durationMs,
    outcome === 'ok' ? undefined : outcome,
  );
}

/** Every question to the EMR. */
export function traceEmr(tracing: Tracing, emr: Emr): Emr {
  if (!tracing.enabled) return emr;
  const span = <T>(name: string, work: () => Promise<T>, count?: number): Promise<T> =>
    tracing.span(`emr ${name}`, { 'emr.operation': name, count }, work, 'client');
  return {
    findPatients: (bearer, ids, ...rest) => span('patients', () => emr.findPatients(bearer, ids, ...rest), ids.length),
    findChart: (...args) => span('chart', () => emr.findChart(...args)),
    findPractitioner: (...args) => span('practitioner', () => emr.findPractitioner(...args)),
    addChartItems: (bearer, input, ...rest) =>
      span('addChartItems', () => emr.addChartItems(bearer, input, ...rest), input.items.length),
    addDocument: (...args) => span('addDocument', () => emr.addDocument(...args)),
  };
}

/** A `fetch` by which the callee becomes a part of the trace. Not for Fullscript, which is another party. */
export function traceFetch(tracing: Tracing, fetchOutside: typeof fetch): typeof fetch {
  if (!tracing.enabled) return fetchOutside;
  return (input, init) => {
    const traceparent = tracing.traceparent();
    if (traceparent === undefined) return fetchOutside(input, init);
    const headers = new Headers(init?.headers);
    headers.set('traceparent', traceparent);
    return fetchOutside(input, { ...init, headers });
  };
}

/** What fetches are about, as the second part of their key says. */
const fetchedKinds: ReadonlySet<string> = new Set([
  'plans',
  'plan',
  'labs',
  'lab-order',
  'patient',
  'match',
  'candidates',
]);

function toFetchedKind(key: string): string {
  const [first = '', second = ''] = key.split(':');
  if (first === 'variant') return 'product';
  return fetchedKinds.has(second) ? second : 'other';
}

/** Every fetch of the copy that is started; whoever joins it is in another trace and only waits. */
export function traceFlights(tracing: Tracing, flights: Flights): Flights {
  if (!tracing.enabled) return flights;
  const traced =
    <T>(key: string, work: Work<T>): Work<T> =>
    (raised) =>
      tracing.span('copy fetch', { 'copy.kind': toFetchedKind(key) }, () => work(raised));
  return {
    ...flights,
    run: (key, accountId, signal, work) => flights.run(key, accountId, signal, traced(key, work)),
    runAnew: (key, accountId, signal, work) => flights.runAnew(key, accountId, signal, traced(key, work)),
  };
}

/** Every job that finds something to do. */
export function traceJobs(tracing: Tracing, jobs: readonly Job[]): readonly Job[] {
  if (!tracing.enabled) return jobs;
  return jobs.map((job) => ({
    ...job,
    run: (signal) => tracing.head(`job ${job.name}`, { 'job.name': job.name }, () => job.run(signal)),
  }));
}

/** Every event that is applied. */
export function traceEvents(tracing: Tracing, applyEvent: ApplyEvent): ApplyEvent {
  if (!tracing.enabled) return applyEvent;
  return (event, ...rest) =>
    tracing.span('event', { 'event.type': toEventType(event.type) }, () => applyEvent(event, ...rest));
}

/** Kinds of events are Fullscript's words; what does not look like one is left out. */
function toEventType(type: string): string {
  return /^[a-z_]{1,30}\.[a-z_]{1,30}$/.test(type) ? type : 'other';
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** The log, each line with the ids of the trace and step it is written in. */
export function traceLog(tracing: Tracing, log: Logger): Logger {
  if (!tracing.enabled) return log;
  const traced = Object.fromEntries(
    levels.map((level) => [
      level,
      (entry: object, message: string) => log[level]({ ...tracing.ids(), ...entry }, message),
    ]),
  );
  return Object.assign(Object.create(log) as Logger, traced);
}
