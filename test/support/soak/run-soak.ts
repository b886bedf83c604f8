import { setTimeout as pause } from 'node:timers/promises';
import type { RunningEmr } from '../../../src/demo/emr/start.ts';
import type { FaultInput } from '../../../src/sandbox/faults.ts';
import { createSeededRandom } from '../../../src/sandbox/ids.ts';
import type { RunningSandbox } from '../../../src/sandbox/start.ts';
import type { Database } from '../../../src/store/database.ts';
import { createChanges } from './changes.ts';
import { compareRows, type Comparison } from './compare-rows.ts';
import { createHistory, soakSelection, type ShownPatient } from './history.ts';
import { pick, type SoakClinic } from './people-and-plans.ts';

/** How much is done, and for how long. */
export interface SoakSettings {
  seconds: number;
  readsPerSecond: number;
  /** Changes at Fullscript that record an event. */
  changesPerSecond: number;
  /** Moves of lab orders of which Fullscript tells nobody. */
  silentChangesPerSecond: number;
  /** The subgraph's own settings, in seconds. */
  sweepSeconds: number;
  freshForSeconds: number;
  /** The subgraph's time-out of one attempt at Fullscript, in milliseconds. */
  timeoutMs: number;
  /** What everything that is left to chance begins with; another one than the clinic was made with. */
  seed: number;
}

/** What is soaked: a subgraph whose worker runs, over `database`, connected as the clinic's practitioner, with its webhooks on. */
export interface SoakSubject {
  sandbox: RunningSandbox;
  emr: RunningEmr;
  database: Database;
  clinic: SoakClinic;
  /** Asks the subgraph as the clinic's practitioner, with the gateway's secret. */
  ask(
    query: string,
    variables: object,
  ): Promise<{ data?: { _entities?: unknown[] }; errors?: { extensions: { code: string } }[] }>;
  /** Compares lab orders with the clinic-wide list now, as the job does now and then. */
  pollLabOrders(): Promise<void>;
}

interface Latency {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface SoakReport {
  reads: number;
  /** Errors in answers by code, which nobody should see while there is a copy. */
  errors: Record<string, number>;
  /** From the moment a read was due to its answer: quiet, and during the soak. */
  quietLatency: Latency;
  latency: Latency;
  changes: number;
  changesByKind: Record<string, number>;
  silentChanges: number;
  webhooks: { sent: number; events: number; lost: number };
  /** Calls at Fullscript while nothing changed, and their bound. */
  quiet: { reads: number; calls: number; mostCalls: number };
  /** Calls at Fullscript from the first change to the end of the comparison. */
  calls: number;
  /** What the changes may cost at most, whatever the reads. */
  mostCalls: number;
  failedCalls: number;
  callsByRoute: Record<string, number>;
  /** Share of reads that were behind, and by how much. */
  staleness: { share: number; p50Ms: number; p99Ms: number; maxMs: number; maxCalledCurrentMs: number };
  /** Answers that said something untrue. */
  untruths: string[];
  /** Results that came or were amended during the soak, and the documents that the EMR got of them. */
  documents: { results: number; amendments: number; filed: number };
  /** From the last change until the sweep that vouches for everything was done. */
  settledMs: number;
  comparison: Comparison;
  /** What makes this soak fail; empty when all is well. */
  failures: string[];
}

const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${soakSelection} } }`;

/** Five calls in a hundred fail, each in its own way. */
function toFaults(timeoutMs: number): FaultInput[] {
  const share = 0.01;
  return [
    { share, status: 500 },
    { share, status: 503, body: '<html>Service Unavailable</html>' },
    { share, reset: true },
    { share, lost: true },
    { share, latencyMs: timeoutMs * 1.5 },
  ];
}

function toQuantile(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

function toLatency(values: readonly number[]): Latency {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50Ms: toQuantile(sorted, 0.5), p99Ms: toQuantile(sorted, 0.99), maxMs: Math.round(sorted.at(-1) ?? 0) };
}

/** Does `work` so many times a second, whether or not what was begun is done: nothing that is slow makes less of it. */
async function atRate(perSecond: number, seconds: number, work: (dueAtMs: number) => void): Promise<void> {
  const startedMs = performance.now();
  const total = Math.round(perSecond * seconds);
  for (let done = 0; done < total; done += 1) {
    const dueMs = startedMs + (done * 1000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await pause(waitMs);
    work(dueMs);
  }
}

async function waitUntil(what: string, limitMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`waited ${String(limitMs)} ms for ${what}`);
    await pause(100);
  }
}

/** Reads everybody's page once, until nothing more is asked of Fullscript by itself: matching, metadata, the first filling. */
async function warmUp(subject: SoakSubject): Promise<void> {
  const { clinic, database, sandbox } = subject;
  for (const patient of clinic.patients) {
    await waitUntil(`the page of ${patient.representation.id}`, 60_000, async () => {
      const { data, errors } = await subject.ask(query, { representations: [patient.representation] });
      const [entity] = (data?._entities ?? []) as ({ connectionStatus?: string } | null)[];
      return errors === undefined && entity?.connectionStatus === 'CONNECTED';
    });
  }
  await waitUntil('metadata, events and the first sweep', 300_000, async () => {
    const [tasks] = await database.read<{ total: number }>('SELECT COUNT(*) AS total FROM metadata_task');
    const [clinicRow] = await database.read<{ swept_at: string | null }>('SELECT swept_at FROM clinic WHERE id = ?', [
      clinic.clinicId,
    ]);
    return Number(tasks?.total) === 0 && clinicRow?.swept_at != null;
  });
  // The first filling of the clinic pauses between its steps; a second without any call is its end.
  let calls = -1;
  let quietSinceMs = performance.now();
  await waitUntil('the calls to cease', 300_000, () => {
    const now = sandbox.sandbox.calls.count();
    if (now !== calls) quietSinceMs = performance.now();
    calls = now;
    return Promise.resolve(performance.now() - quietSinceMs > 1500);
  });
}

/**
 * Each result is filed with the EMR at least once, and not more often than there was news of its order: where a further event does not say which of several
 * amended results it means, each of them counts. One more is allowed for a reader who saw the result before any event came.
 */
function countDocuments({ clinic, emr, sandbox }: SoakSubject): {
  counts: SoakReport['documents'];
  failures: string[];
} {
  const counts = { results: 0, amendments: 0, filed: 0 };
  const failures: string[] = [];
  const news = new Map<string, number>();
  for (const { category, data } of sandbox.sandbox.state.events) {
    const id = category === 'lab_orders' ? (data['lab_order'] as { id: string }).id : null;
    if (id !== null) news.set(id, (news.get(id) ?? 0) + 1);
  }
  const patientIds = new Map(clinic.patients.map((one) => [one.fullscriptPatientId, one.representation.id]));
  for (const order of sandbox.sandbox.state.labOrders.values()) {
    const patientId = patientIds.get(order.patientId);
    if (patientId === undefined) continue;
    const filed = emr.documentsOf(patientId);
    for (const result of order.results) {
      const ofResult = filed.filter((document) => document.sourceId === result.id).length;
      counts.results += 1;
      counts.amendments += result.version - 1;
      counts.filed += ofResult;
      const events = news.get(order.id) ?? 0;
      if (ofResult < 1 || ofResult > events + 1)
        failures.push(
          `the EMR has ${String(ofResult)} documents of a result of whose order ${String(events)} events told`,
        );
    }
  }
  return { counts, failures };
}

/**
 * Reads everybody's pages at a steady rate while things change at Fullscript, webhooks come twice, late, in another order or not at all, and calls fail.
 * Then lets one sweep finish, and compares the stored copy with the sandbox row by row.
 */
export async function runSoak(subject: SoakSubject, settings: SoakSettings): Promise<SoakReport> {
  const { clinic, database } = subject;
  const { sandbox } = subject.sandbox;
  const random = createSeededRandom(settings.seed);
  const history = createHistory(sandbox);
  for (const patient of clinic.patients) history.note(patient.fullscriptPatientId);
  await warmUp(subject);

  const behind: number[] = [];
  let maxCalledCurrentMs = 0;
  const errors: Record<string, number> = {};
  const countError = (code: string): void => void (errors[code] = (errors[code] ?? 0) + 1);
  const untruths: string[] = [];
  let latencies: number[] = [];
  const underWay = new Set<Promise<void>>();
  const readOne = async (dueMs: number): Promise<void> => {
    const patient = pick(random, clinic.patients);
    const askedAt = sandbox.instant();
    try {
      const { data, errors: answered } = await subject.ask(query, { representations: [patient.representation] });
      latencies.push(performance.now() - dueMs);
      const [entity] = (data?._entities ?? []) as (ShownPatient | null)[];
      for (const { extensions } of answered ?? []) countError(extensions.code);
      if (answered !== undefined) return;
      if (!entity) {
        countError('nothing');
        return;
      }
      const verdict = history.judge(patient.fullscriptPatientId, entity, askedAt);
      if (verdict.behindMs > 0) behind.push(verdict.behindMs);
      if (verdict.calledCurrent) maxCalledCurrentMs = Math.max(maxCalledCurrentMs, verdict.behindMs);
      untruths.push(...verdict.untruths);
    } catch (error) {
      countError(error instanceof Error ? error.message : 'unknown');
    }
  };
  const read = (dueMs: number): void => {
    const one = readOne(dueMs).finally(() => underWay.delete(one));
    underWay.add(one);
  };

  // Nothing changes: reads must cost nothing but the look through events and the walk of the list of labs.
  const quietSeconds = Math.max(3, settings.seconds / 6);
  sandbox.calls.clear();
  const quietSinceMs = performance.now();
  await atRate(settings.readsPerSecond, quietSeconds, read);
  await Promise.all(underWay);
  // A busy machine takes longer, and what comes by the clock comes more often.
  const quietForSeconds = (performance.now() - quietSinceMs) / 1000;
  const quietReads = latencies.length;
  const quietCalls = sandbox.calls.count();
  const toRounds = (seconds: number, everySeconds: number): number => Math.ceil(seconds / everySeconds) + 1;
  const mostQuietCalls =
    toRounds(quietForSeconds, settings.sweepSeconds) * 6 +
    toRounds(quietForSeconds, settings.freshForSeconds / 2) * Math.ceil(sandbox.state.labOrders.size / 20 + 1);
  const quietLatency = toLatency(latencies);
  latencies = [];

  // The soak.
  sandbox.calls.clear();
  const eventsBefore = sandbox.state.events.length;
  const deliveriesBefore = sandbox.state.deliveries.length;
  Object.assign(sandbox.settings.webhooks, { duplicateShare: 0.5, dropShare: 0.1 });
  for (const fault of toFaults(settings.timeoutMs)) sandbox.faults.add(fault);
  const changes = createChanges(sandbox, clinic, random);
  const changesByKind: Record<string, number> = {};
  const note = (change: { kind: string; fullscriptPatientId: string } | null): void => {
    if (change === null) return;
    changesByKind[change.kind] = (changesByKind[change.kind] ?? 0) + 1;
    history.note(change.fullscriptPatientId);
  };
  const startedMs = performance.now();
  await Promise.all([
    atRate(settings.readsPerSecond, settings.seconds, read),
    atRate(settings.changesPerSecond, settings.seconds, () => {
      sandbox.settings.webhooks.reorder = random() < 0.3;
      note(changes.make());
    }),
    atRate(settings.silentChangesPerSecond, settings.seconds, () => note(changes.makeSilently())),
  ]);
  await Promise.all(underWay);
  const reads = latencies.length;
  sandbox.webhooks.flush();
  sandbox.faults.clear();
  const failedCalls = sandbox.calls.list().filter(({ status }) => status === 0 || status >= 500).length;
  Object.assign(sandbox.settings.webhooks, { duplicateShare: 0, dropShare: 0, reorder: false });
  await sandbox.webhooks.settle();

  // One sweep that finishes.
  const endedAt = sandbox.instant();
  const endedMs = performance.now();
  await waitUntil('the sweep after the soak', 120_000 + settings.sweepSeconds * 3000, async () => {
    const [row] = await database.read<{ swept_at: string | null }>('SELECT swept_at FROM clinic WHERE id = ?', [
      clinic.clinicId,
    ]);
    return row?.swept_at != null && row.swept_at > endedAt;
  });
  await subject.pollLabOrders();
  const settledMs = Math.round(performance.now() - endedMs);
  const comparison = await compareRows(database, sandbox, clinic.clinicId);
  await waitUntil('the documents for the EMR', 60_000, async () => {
    const [row] = await database.read<{ total: number }>(
      "SELECT COUNT(*) AS total FROM lab_document WHERE state = 'PENDING'",
    );
    return Number(row?.total) === 0;
  });
  const documents = countDocuments(subject);

  const events = sandbox.state.events.slice(eventsBefore);
  const deliveries = sandbox.state.deliveries.slice(deliveriesBefore);
  const delivered = new Set(deliveries.map((delivery) => delivery.eventId));
  const lost = events.filter((event) => !delivered.has(event.id)).length;
  const silentChanges = changesByKind['lab order moved silently'] ?? 0;
  const { total: calls, counts: callsByRoute } = sandbox.calls.summary();
  const elapsedSeconds = (performance.now() - startedMs) / 1000;
  // Each change is read by the event that names it (and what it names); an order makes the next reader look at the patient's labs; the rest is
  // rounds that come by the clock. A tenth on top for calls that are made again.
  const labOrdersOf = (sandbox.state.labOrders.size * 2) / clinic.patients.length + 2;
  const ordered = (changesByKind['supplements ordered'] ?? 0) + (changesByKind['labs ordered'] ?? 0);
  const mostCalls = Math.ceil(
    1.1 *
      (events.length * 3 +
        ordered * labOrdersOf +
        silentChanges +
        toRounds(elapsedSeconds, settings.sweepSeconds) * (5 + events.length / 50) +
        toRounds(elapsedSeconds, settings.freshForSeconds / 2) *
          (2 + sandbox.state.labOrders.size / 20 + events.length / 4)),
  );
  const sortedBehind = behind.toSorted((a, b) => a - b);

  const failures = [
    ...(comparison.differences.length > 0 ? [`${String(comparison.differences.length)} rows differ`] : []),
    ...documents.failures,
    ...Object.entries(errors).map(([code, count]) => `${String(count)} reads were answered with ${code}`),
    ...(untruths.length > 0 ? [`${String(untruths.length)} answers claimed to know more than they showed`] : []),
    ...(calls > mostCalls ? [`${String(calls)} calls where ${String(mostCalls)} would do`] : []),
    ...(quietCalls > mostQuietCalls
      ? [`${String(quietCalls)} calls while nothing changed, where ${String(mostQuietCalls)} would do`]
      : []),
    ...(maxCalledCurrentMs > settings.freshForSeconds * 1000 + 5000
      ? [`something ${String(maxCalledCurrentMs)} ms behind was called current`]
      : []),
  ];
  return {
    reads,
    errors,
    quietLatency,
    latency: toLatency(latencies),
    changes: events.length,
    changesByKind,
    silentChanges,
    webhooks: { sent: deliveries.length, events: events.length, lost },
    quiet: { reads: quietReads, calls: quietCalls, mostCalls: mostQuietCalls },
    calls,
    mostCalls,
    failedCalls,
    callsByRoute,
    staleness: {
      share: behind.length / Math.max(1, reads),
      p50Ms: toQuantile(sortedBehind, 0.5),
      p99Ms: toQuantile(sortedBehind, 0.99),
      maxMs: Math.round(sortedBehind.at(-1) ?? 0),
      maxCalledCurrentMs,
    },
    untruths,
    documents: documents.counts,
    settledMs,
    comparison,
    failures,
  };
}
