import { FullscriptFailure } from '../domain/errors.ts';
import type { Call } from '../fullscript/call.ts';
import type { ReadLabOrder } from '../fullscript/labs.ts';
import { toChunks } from '../store/conditions.ts';
import { toCopyKey, type CopyKey } from '../store/copies.ts';
import { toRowKey } from '../store/keys.ts';
import type { NewLabDocument } from '../store/lab-documents.ts';
import type { StoredLabOrder } from '../store/lab-orders.ts';
import type { LabResultChange } from '../store/lab-results.ts';
import { createFetchOne, type FetchOne } from './fetch-one.ts';
import type { MirrorNeeds } from './needs.ts';
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
  /** Like `refreshOrder`, together with everybody else who wants the same order. */
  fetchOrder: FetchOne<StoredLabOrder>;
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
  const { store, fullscript, settings, now } = needs;
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

  /** Results, or new versions of them, that a reader happened to see first, after they had come and before their event arrived: the event is news of them all the same. */
  async function findSeenBeforeTold(
    scope: ClinicScope,
    orders: readonly ReadLabOrder[],
    changes: readonly LabResultChange[],
    eventAt: string,
  ): Promise<LabResultChange[]> {
    const found = await store.labResults.findByOrders(orders.map(({ id }) => ({ clinicKey: scope.clinicKey, id })));
    const told = new Set(changes.map(({ result }) => result.id));
    return [...found.values()].flat().flatMap((result): LabResultChange[] => {
      const { id, availableAt, changedAt } = result;
      if (told.has(id) || availableAt === null || changedAt === null || changedAt < eventAt) return [];
      // An event from before it was there tells of its first version, though that has been amended since; a later one tells of the present version.
      const isFirst = changedAt === availableAt;
      if (availableAt >= eventAt) return [{ result: isFirst ? result : { ...result, version: 1 }, kind: 'ready' }];
      return [{ result, kind: 'amended' }];
    });
  }

  /** The order with its tests and results; null when it went away since it was listed. */
  async function findDetailed(call: Call, row: ReadLabOrder): Promise<ReadLabOrder | null> {
    try {
      return withNames(await fullscript.labs.get(call, row.id), row);
    } catch (error) {
      if (error instanceof FullscriptFailure && error.kind === 'not_found') return null;
      throw error;
    }
  }

  /**
   * Stores orders that a list of `listedAt` named, each with its tests and results, which list rows may lack: those are fetched one by one and count as
   * read when they were. What was fetched is stored also when others fail. Gives the ids of those that are there, and the failures by id.
   */
  async function putListed(
    scope: ClinicScope,
    call: Call,
    rows: readonly ReadLabOrder[],
    listedAt: string,
  ): Promise<{ ids: string[]; failures: Map<string, unknown> }> {
    const whole = rows.filter((row) => row.isDetailed);
    await put(scope, whole, listedAt);
    const readAt = now().toISOString();
    const found: ReadLabOrder[] = [];
    const failures = new Map<string, unknown>();
    await Promise.all(
      rows
        .filter((row) => !row.isDetailed)
        .map(async (row) => {
          try {
            const order = await findDetailed(call, row);
            if (order) found.push(order);
          } catch (error) {
            failures.set(row.id, error);
          }
        }),
    );
    await put(scope, found, readAt);
    return { ids: [...whole, ...found].map(({ id }) => id), failures };
  }

  async function sync(scope: ClinicScope, fullscriptPatientId: string, call: Call): Promise<void> {
    const listedAt = now().toISOString();
    if (hasLabs) {
      const rows = await fullscript.labs.listByPatient(call, fullscriptPatientId);
      const named = rows.map((row) => ({
        ...row,
        fullscriptPatientId: row.fullscriptPatientId ?? fullscriptPatientId,
      }));
      const { ids, failures } = await putListed(scope, call, named, listedAt);
      for (const failure of failures.values()) throw failure;
      await store.labOrders.removeMissing(scope.clinicKey, fullscriptPatientId, ids, listedAt);
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

  async function pollClinic(scope: ClinicScope, call: Call): Promise<void> {
    if (!hasLabs) return;
    const listedAt = now().toISOString();
    const open = await store.labOrders.findOpen(scope.clinicKey);
    const rows = await fullscript.labs.listAll(call);
    const copies = await findCopies(scope, rows);
    // What called their copies into question may not show in a row.
    const inDoubt: ReadonlySet<string | null | undefined> = await findInDoubt(scope, open);
    const failures = new Map<string, unknown>();
    // Bit by bit, so that what has been compared stays when the rest fails.
    for (const chunk of toChunks(
      rows.filter(
        (row) =>
          hasMoved(row, copies.get(row.id)) ||
          inDoubt.has(row.fullscriptPatientId ?? copies.get(row.id)?.fullscriptPatientId),
      ),
      pollChunk,
    )) {
      const put = await putListed(scope, call, chunk, listedAt);
      for (const [id, failure] of put.failures) failures.set(id, failure);
      // One that cannot be read must not keep the others from being compared; anything else concerns them all.
      for (const failure of failures.values()) if (!isOwnFault(failure)) throw failure;
    }
    // Under way here and not listed: gone, or slipped through between two pages.
    const listed = new Set(rows.map(({ id }) => id));
    for (const { id } of open) {
      if (listed.has(id)) continue;
      try {
        await refreshOrder(scope, id, call);
      } catch (error) {
        if (!isOwnFault(error)) throw error;
        failures.set(id, error);
      }
    }
    const named = new Map(rows.map((row) => [row.id, row.fullscriptPatientId]));
    const known = open.map(({ id, fullscriptPatientId }) => ({
      id,
      patientId: fullscriptPatientId ?? named.get(id) ?? null,
    }));
    const doubted = new Set(known.filter(({ id }) => failures.has(id)).map(({ patientId }) => patientId));
    const compared = known.map(({ patientId }) => patientId).filter((id) => id !== null && !doubted.has(id));
    await store.copies.setMany(
      scope,
      'labs',
      [...new Set(compared)].filter((id) => id !== null),
      listedAt,
    );
    for (const failure of failures.values()) throw failure;
  }

  /** Those patients whose labs were called into question and not compared since. */
  async function findInDoubt(
    { clinicKey }: ClinicScope,
    orders: readonly { fullscriptPatientId: string | null }[],
  ): Promise<Set<string>> {
    const ids = new Set(orders.map(({ fullscriptPatientId }) => fullscriptPatientId).filter((id) => id !== null));
    const inDoubt = new Set<string>();
    for (const chunk of toChunks([...ids], 1000)) {
      const keys = chunk.map((subject): CopyKey => ({ clinicKey, kind: 'labs', subject }));
      const ages = await store.copies.findMany(keys);
      for (const key of keys) if ((ages.get(toCopyKey(key))?.expiredAt ?? null) !== null) inDoubt.add(key.subject);
    }
    return inDoubt;
  }

  /** What is stored of listed orders, by id. */
  async function findCopies(scope: ClinicScope, rows: readonly ReadLabOrder[]): Promise<Map<string, StoredLabOrder>> {
    const copies = new Map<string, StoredLabOrder>();
    const ids = rows.map(({ id }) => id);
    for (const chunk of toChunks(ids, 5000)) {
      const stored = await store.labOrders.findByIds(scope.organizationId, chunk);
      for (const order of [...stored.values()].flat())
        if (order.clinicKey === scope.clinicKey) copies.set(order.id, order);
    }
    return copies;
  }

  return {
    ...createReadThrough(needs, {
      kind: 'labs',
      sync,
      forget: (scope, id, askedAt) => store.labOrders.removeMissing(scope.clinicKey, id, [], askedAt),
      async adjustAges(scope, ages) {
        const vouchedBySweep = [...ages].filter(
          ([, { syncedAt, sweptAt }]) => syncedAt !== null && sweptAt !== null && sweptAt > syncedAt,
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
    fetchOrder: createFetchOne(needs, 'lab-order', (scope, id, call) => refreshOrder(scope, id, call)),
    pollClinic,
  };
}

/** True for an answer about one order that cannot be read, which says nothing about others. */
function isOwnFault(error: unknown): boolean {
  return error instanceof FullscriptFailure && error.kind === 'contract';
}

/** How many orders are fetched and stored together during a walk of the clinic. */
const pollChunk = 50;

/** Whether a row of a list says other than the stored copy; what the row does not tell is not compared. */
function hasMoved(row: ReadLabOrder, copy: StoredLabOrder | undefined): boolean {
  if (copy === undefined || copy.rawStatus !== row.rawStatus) return true;
  return row.updatedAt !== null && row.updatedAt !== copy.updatedAt;
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
