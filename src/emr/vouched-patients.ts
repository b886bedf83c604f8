import { LRUCache } from 'lru-cache';
import type { Refusal } from '../domain/errors.ts';
import type { EmrChart } from '../domain/chart.ts';
import type { EmrPatient } from '../domain/patient.ts';
import type { Emr } from './emr.ts';

/** Who is asking the EMR, as the token says: its answers hold for this caller only. */
export interface EmrCaller {
  readonly organizationId: string;
  readonly userId: string;
  readonly roles: ReadonlySet<string>;
  readonly practitionerId: string | null;
  readonly bearer: string;
}

/** The EMR's word for it that a caller may see a patient or a chart. `requestId` is sent along when the EMR is asked. */
export interface VouchedPatients {
  /** Asks the EMR now, for mutations and root fields. In the order asked; null for what it hides. */
  ask(caller: EmrCaller, ids: readonly string[], requestId?: string): Promise<(EmrPatient | null | Refusal)[]>;
  /** Like `ask`, but a good answer of the last 60 s to the same caller suffices, so that entity reads go on when the EMR dies. */
  recall(caller: EmrCaller, ids: readonly string[], requestId?: string): Promise<(EmrPatient | null | Refusal)[]>;
  /** The chart as the EMR shows it to the caller now. Throws EMR_UNAVAILABLE. */
  askChart(caller: EmrCaller, id: string, requestId?: string): Promise<EmrChart | null>;
  /** Like `askChart`, with the same 60 s. */
  recallChart(caller: EmrCaller, id: string, requestId?: string): Promise<EmrChart | null>;
}

/** How long the EMR's "yes" holds for entity reads. A "no" is never kept: access that was just given works at once. */
const vouchedForMs = 60_000;

/**
 * Keeps the EMR's good answers in this process's memory, per caller, bounded in number. `now` is the clock.
 * A caller is the user with their roles: the next token of the same user is the same caller, one with other roles asks anew.
 */
export function createVouchedPatients(emr: Emr, now: () => Date = () => new Date()): VouchedPatients {
  const perf = { now: () => now().getTime() };
  const patients = new LRUCache<string, EmrPatient>({ max: 20_000, ttl: vouchedForMs, ttlResolution: 0, perf });
  const charts = new LRUCache<string, EmrChart>({ max: 5_000, ttl: vouchedForMs, ttlResolution: 0, perf });

  const keyOf = ({ organizationId, userId, roles, practitionerId }: EmrCaller, id: string): string =>
    JSON.stringify([organizationId, userId, [...roles].sort(), practitionerId, id]);

  async function ask(
    caller: EmrCaller,
    ids: readonly string[],
    requestId?: string,
  ): Promise<(EmrPatient | null | Refusal)[]> {
    const once = [...new Set(ids)];
    const answers = await emr.findPatients(caller.bearer, once, requestId);
    const byId = new Map(once.map((id, index) => [id, answers[index] ?? null]));
    for (const [id, answer] of byId) {
      if (answer === null) patients.delete(keyOf(caller, id));
      else if (!(answer instanceof Error)) patients.set(keyOf(caller, id), answer);
    }
    return ids.map((id) => byId.get(id) ?? null);
  }

  async function askChart(caller: EmrCaller, id: string, requestId?: string): Promise<EmrChart | null> {
    const chart = await emr.findChart(caller.bearer, id, requestId);
    if (chart) charts.set(keyOf(caller, id), chart);
    else charts.delete(keyOf(caller, id));
    return chart;
  }

  return {
    ask,
    askChart,
    async recall(caller, ids, requestId) {
      const known = ids.map((id) => patients.get(keyOf(caller, id)));
      const unknownIds = ids.filter((_, index) => known[index] === undefined);
      const asked = await ask(caller, unknownIds, requestId);
      let next = 0;
      return known.map((patient) => patient ?? asked[next++] ?? null);
    },
    async recallChart(caller, id, requestId) {
      return charts.get(keyOf(caller, id)) ?? (await askChart(caller, id, requestId));
    },
  };
}
