import type { LabTest } from './treatment-plan.ts';

export type LabOrderStatus =
  | 'NOT_PURCHASED'
  | 'PURCHASED'
  | 'SCHEDULE_APPOINTMENT'
  | 'UPCOMING_APPOINTMENT'
  | 'PROCESSING'
  | 'PARTIAL_RESULTS'
  | 'RESULTS_READY'
  | 'RESULTS_AMENDED'
  | 'INTERPRETATION_READY'
  | 'INTERPRETATION_SHARED'
  | 'OTHER';

/** The three stages an EMR shows. */
export type LabStage = 'NOT_PURCHASED' | 'PURCHASED' | 'RESULTS_READY';

const statuses: Record<string, LabOrderStatus> = {
  not_purchased: 'NOT_PURCHASED',
  purchased: 'PURCHASED',
  schedule_appointment: 'SCHEDULE_APPOINTMENT',
  upcoming_appointment: 'UPCOMING_APPOINTMENT',
  processing: 'PROCESSING',
  partial_results: 'PARTIAL_RESULTS',
  results_ready: 'RESULTS_READY',
  results_amended: 'RESULTS_AMENDED',
  interpretation_ready: 'INTERPRETATION_READY',
  interpretation_shared: 'INTERPRETATION_SHARED',
  // What Fullscript's webhooks call the same two states.
  results_received: 'PARTIAL_RESULTS',
  all_results_received: 'RESULTS_READY',
};

/** Reads either of Fullscript's two vocabularies; a word that neither knows is OTHER (the raw word is kept beside it). */
export function readLabOrderStatus(rawStatus: string): LabOrderStatus {
  return (
    statuses[
      rawStatus
        .trim()
        .toLowerCase()
        .replaceAll(/[\s-]+/g, '_')
    ] ?? 'OTHER'
  );
}

/** Whether a result's own word says that it was amended; it need not be the order's word. */
export function isAmendedWord(rawStatus: string | null): boolean {
  return rawStatus !== null && (/\bamended\b/i.test(rawStatus) || readLabOrderStatus(rawStatus) === 'RESULTS_AMENDED');
}

const ready: ReadonlySet<LabOrderStatus> = new Set([
  'RESULTS_READY',
  'RESULTS_AMENDED',
  'INTERPRETATION_READY',
  'INTERPRETATION_SHARED',
]);

/** NOT_PURCHASED without an order or when only recommended; RESULTS_READY from "results ready" on; everything else PURCHASED. */
export function toLabStage(status: LabOrderStatus | null): LabStage {
  if (status === null || status === 'NOT_PURCHASED') return 'NOT_PURCHASED';
  return ready.has(status) ? 'RESULTS_READY' : 'PURCHASED';
}

/** True once Fullscript has nothing further to report silently: only then does a clinic-wide event sweep prove the copy current. */
export function isFinalLabStatus(status: LabOrderStatus): boolean {
  return status === 'INTERPRETATION_SHARED';
}

/** A result file of a lab order. Tests and results do not map one to one. */
export interface LabResult {
  id: string;
  name: string | null;
  rawStatus: string | null;
  /** Fullscript's own link to the PDF; it may expire, is fetched afresh before a download, and is never shown to anybody. */
  fileUrl: string | null;
  /** Fullscript's id of the file, where it tells one besides the result's own: a result that is given another file gets another. */
  artifactId?: string | null;
  /** When Fullscript last changed this result, where it tells. */
  updatedAt?: string | null;
}

/** The title under which a result is filed: the date is the one it became available on, UTC. */
export function toLabResultTitle(availableAt: string | null): string {
  return availableAt === null ? 'Fullscript lab result' : `Fullscript lab result ${availableAt.slice(0, 10)}`;
}

/** What an order is called: its own name, else its tests. */
export function toLabOrderName(order: Pick<LabOrder, 'id' | 'name' | 'tests'>): string {
  return order.name ?? (order.tests.map((test) => test.name).join(', ') || `Lab order ${order.id}`);
}

/** A lab order as Fullscript gives it. */
export interface LabOrder {
  id: string;
  name: string | null;
  rawStatus: string;
  fullscriptPatientId: string | null;
  fullscriptPractitionerId: string | null;
  treatmentPlanId: string | null;
  tests: readonly LabTest[];
  results: readonly LabResult[];
  createdAt: string | null;
  updatedAt: string | null;
}

/**
 * The order that a plan's lab recommendation belongs to, among the orders of that plan, newest first: the one that shares most tests with it, else one of its
 * name. Of several that fit equally well, one of its name goes first, then a bought one, then the newest. Null when none fits.
 */
export function findRecommendedOrder<T extends Pick<LabOrder, 'name' | 'tests'> & { status: LabOrderStatus }>(
  recommendation: { name: string; tests: readonly LabTest[] },
  orders: readonly T[],
): T | null {
  const testIds = new Set(recommendation.tests.map((test) => test.id));
  const name = toPlainName(recommendation.name);
  const candidates = orders
    .map((order) => ({
      order,
      shared: new Set(order.tests.map((test) => test.id).filter((id) => testIds.has(id))).size,
      isNamesake: name !== '' && toPlainName(order.name) === name,
      isBought: order.status !== 'NOT_PURCHASED',
    }))
    .filter(({ shared, isNamesake }) => shared > 0 || isNamesake)
    .toSorted(
      (a, b) =>
        b.shared - a.shared || Number(b.isNamesake) - Number(a.isNamesake) || Number(b.isBought) - Number(a.isBought),
    );
  return candidates[0]?.order ?? null;
}

function toPlainName(name: string | null): string {
  return (name ?? '').trim().toLowerCase();
}
