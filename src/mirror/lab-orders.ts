import { FullscriptFailure } from '../domain/errors.ts';
import { isCurrent } from '../domain/freshness.ts';
import type { Call } from '../fullscript/call.ts';
import type { ReadLabOrder } from '../fullscript/labs.ts';
import { toRowKey } from '../store/keys.ts';
import type { NewLabDocument } from '../store/lab-documents.ts';
import type { StoredLabOrder } from '../store/lab-orders.ts';
import type { LabResultChange } from '../store/lab-results.ts';
import { toSharedCall, type MirrorNeeds } from './needs.ts';
import { createReadThrough, type ReadThrough } from './read-through.ts';
import type { ClinicScope } from './scope.ts';

/** The stored copy of lab orders and their results, kept current. */
export interface LabOrderMirror extends ReadThrough {
  /** Labs exist in the United States only; elsewhere nothing is asked and every list is empty. */
  readonly hasLabs: boolean;
  /**
   * Fetches one order and stores it; null when Fullscript does not know it. `told` is what the event that named it says. Throws FullscriptFailure.
   */
  refreshOrder(scope: ClinicScope, orderId: string, call: Call, told?: ToldLabOrder): Promise<StoredLabOrder | null>;
  /** Like `refreshOrder`, together with everybody else who wants the same order; waits until `signal` fires. */
  fetchOrder(
    scope: ClinicScope,
    orderId: string,
    requestId: string,
    signal: AbortSignal,
  ): Promise<StoredLabOrder | null>;
  /** Compares the clinic's orders that are not final by one walk of the clinic-wide list: their silent states send no event. */
  pollClinic(scope: ClinicScope, call: Call): Promise<void>;
}

/** What an event says of a lab order. */
export interface ToldLabOrder {
  /** The event's time, which becomes the date of results that are ready for the first time; null when it does not tell. */
  at: string | null;
  /** Whose order it is, for when the order itself does not say. */
  fullscriptPatientId: string | null;
  fullscriptPractitionerId: string | null;
}

/** What is to be made of results that became ready or were amended; pure, since it runs inside the transaction that stores them. */
export type ToLabDocuments = (changes: readonly LabResultChange[]) => readonly NewLabDocument[];

/**
 * Looks up, before results of these Fullscript patients are stored, what decides on documents for the EMR; `eventAt` when an event brings the
 * news. The same result may come again, by its event, after a reader has come upon it.
 */
export type PrepareLabDocuments = (
  scope: ClinicScope,
  fullscriptPatientIds: readonly string[],
  eventAt: string | null,
) => Promise<ToLabDocuments>;

/** `onDocuments` is called once documents are stored. */
export function createLabOrderMirror(
  needs: MirrorNeeds,
  prepareDocuments: PrepareLabDocuments,
  onDocuments: () => void,
): LabOrderMirror {
  const { store, fullscript, flights, settings, now } = needs;
  const hasLabs = settings.environment === 'us' || settings.environment === 'us-snd';

  async function put(
    scope: ClinicScope,
    orders: readonly ReadLabOrder[],
    readAt: string,
    eventAt: string | null = null,
  ): Promise<void> {
    if (orders.length === 0) return;
    const toDocuments = await prepareDocuments(scope, await findPatientIds(scope, orders), eventAt);
    let queued = 0;
    const changes = await store.labOrders.upsertMany(scope, orders, readAt, eventAt, (changed) => {
      const documents = toDocuments(changed);
      queued = documents.length;
      return documents;
    });
    if (eventAt !== null) {
      const before = await findSeenBeforeTold(scope, orders, changes, eventAt);
      queued += await store.labDocuments.put(toDocuments(before));
    }
    if (queued > 0) onDocuments();
  }

  /** The patients of these orders, by the stored copy where an answer does not say. */
  async function findPatientIds(scope: ClinicScope, orders: readonly ReadLabOrder[]): Promise<string[]> {
    const unnamed = orders.filter((order) => order.fullscriptPatientId === null).map(({ id }) => id);
    const stored = [...(await store.labOrders.findByIds(scope.organizationId, unnamed)).values()].flat();
    const ids = [...orders, ...stored.filter(({ clinicKey }) => clinicKey === scope.clinicKey)];
    return [...new Set(ids.map((order) => order.fullscriptPatientId).filter((id) => id !== null))];
  }

  /** Results that a reader happened to see first, after they had come and before their event arrived: the event is news of them all the same. */
  async function findSeenBeforeTold(
    scope: ClinicScope,
    orders: readonly ReadLabOrder[],
    changes: readonly LabResultChange[],
    eventAt: string,
  ): Promise<LabResultChange[]> {
    const found = await store.labResults.findByOrders(orders.map(({ id }) => ({ clinicKey: scope.clinicKey, id })));
    const told = new Set(changes.map(({ result }) => result.id));
    return [...found.values()]
      .flat()
      .filter(({ id, availableAt }) => availableAt !== null && availableAt >= eventAt && !told.has(id))
      .map((result) => ({ result, kind: 'ready' as const }));
  }

  /** List rows may lack tests and results; those are fetched one by one. An order that went away meanwhile is left out. */
  async function toDetailed(call: Call, rows: readonly ReadLabOrder[]): Promise<ReadLabOrder[]> {
    const orders = await Promise.all(
      rows.map(async (row) => {
        if (row.isDetailed) return row;
        try {
          return withNames(await fullscript.labs.get(call, row.id), row);
        } catch (error) {
          if (error instanceof FullscriptFailure && error.kind === 'not_found') return null;
          throw error;
        }
      }),
    );
    return orders.filter((order) => order !== null);
  }

  async function sync(scope: ClinicScope, fullscriptPatientId: string, call: Call): Promise<void> {
    const listedAt = now().toISOString();
    if (hasLabs) {
      const orders = await toDetailed(call, await fullscript.labs.listByPatient(call, fullscriptPatientId));
      await put(
        scope,
        orders.map((order) => ({ ...order, fullscriptPatientId: order.fullscriptPatientId ?? fullscriptPatientId })),
        listedAt,
      );
      await store.labOrders.removeMissing(
        scope.clinicKey,
        fullscriptPatientId,
        orders.map((order) => order.id),
        listedAt,
      );
    }
    await store.copies.set(scope, 'labs', fullscriptPatientId, listedAt);
  }

  async function refreshOrder(
    scope: ClinicScope,
    orderId: string,
    call: Call,
    told: ToldLabOrder | null = null,
  ): Promise<StoredLabOrder | null> {
    const readAt = now().toISOString();
    const key = { clinicKey: scope.clinicKey, id: orderId };
    try {
      const order = await fullscript.labs.get(call, orderId);
      await put(scope, [told === null ? order : withNames(order, told)], readAt, told?.at);
    } catch (error) {
      if (!(error instanceof FullscriptFailure) || error.kind !== 'not_found') throw error;
      await store.labOrders.remove(key);
      return null;
    }
    return await store.labOrders.find(key);
  }

  return {
    ...createReadThrough(needs, {
      kind: 'labs',
      sync,
      forget: (scope, id, askedAt) => store.labOrders.removeMissing(scope.clinicKey, id, [], askedAt),
      async adjustAges(scope, ages) {
        const vouchedBySweep = [...ages].filter(
          ([, age]) =>
            isCurrent(age, now(), settings.freshForSeconds) &&
            !isCurrent({ ...age, sweptAt: null }, now(), settings.freshForSeconds),
        );
        if (vouchedBySweep.length === 0) return ages;
        const open = await store.labOrders.findPatientsWithOpen(
          vouchedBySweep.map(([fullscriptPatientId]) => ({ clinicKey: scope.clinicKey, fullscriptPatientId })),
        );
        return new Map(
          [...ages].map(([id, age]) => [id, open.has(toRowKey(scope.clinicKey, id)) ? { ...age, sweptAt: null } : age]),
        );
      },
    }),
    hasLabs,
    refreshOrder,
    async fetchOrder(scope, orderId, requestId, signal) {
      const order = await flights.run(`${scope.clinicKey}:lab-order:${orderId}`, scope.accountId, signal, () =>
        refreshOrder(scope, orderId, toSharedCall(needs, scope.accountId, requestId)),
      );
      // Each of the requests that share the flight completes its own copy with what only it may see.
      return structuredClone(order);
    },
    async pollClinic(scope, call) {
      if (!hasLabs) return;
      const listedAt = now().toISOString();
      const rows = await fullscript.labs.listAll(call);
      const open = new Map((await store.labOrders.findOpen(scope.clinicKey, 1000)).map((order) => [order.id, order]));
      const stored = await store.labOrders.findByIds(
        scope.organizationId,
        rows.map((row) => row.id),
      );
      const moved = rows.filter((row) => {
        const copy = stored.get(row.id)?.find((order) => order.clinicKey === scope.clinicKey);
        return copy === undefined || copy.rawStatus !== row.rawStatus || copy.updatedAt !== row.updatedAt;
      });
      await put(scope, await toDetailed(call, moved), listedAt);
      const patients = new Set(
        rows
          .filter((row) => open.has(row.id))
          .map((row) => row.fullscriptPatientId ?? open.get(row.id)?.fullscriptPatientId)
          .filter((id) => id !== null && id !== undefined),
      );
      if (patients.size > 0) await store.copies.setMany(scope, 'labs', [...patients], listedAt);
    },
  };
}

type Names = Pick<ReadLabOrder, 'fullscriptPatientId' | 'fullscriptPractitionerId'> &
  Partial<Pick<ReadLabOrder, 'treatmentPlanId'>>;

/** The order with whom it is of, as somebody else tells, where it does not say so itself. */
function withNames(order: ReadLabOrder, told: Names): ReadLabOrder {
  return {
    ...order,
    fullscriptPatientId: order.fullscriptPatientId ?? told.fullscriptPatientId,
    fullscriptPractitionerId: order.fullscriptPractitionerId ?? told.fullscriptPractitionerId,
    treatmentPlanId: order.treatmentPlanId ?? told.treatmentPlanId ?? null,
  };
}
