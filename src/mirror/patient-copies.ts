import { FullscriptFailure } from '../domain/errors.ts';
import { isCurrent } from '../domain/freshness.ts';
import type { FullscriptPatient } from '../domain/patient.ts';
import type { Call } from '../fullscript/call.ts';
import { toRowKey } from '../store/keys.ts';
import type { StoredFullscriptPatient } from '../store/patients.ts';
import { toSharedCall, type MirrorNeeds } from './needs.ts';
import { createRevalidation } from './revalidation.ts';
import type { ClinicScope, Reading } from './scope.ts';

/** The stored copies of Fullscript patients, whoever they are linked to. */
export interface PatientCopies {
  /** The stored copies of Fullscript patients, fetched where missing and refreshed behind where old. */
  findPatients(
    reading: Reading,
    fullscriptPatientIds: readonly string[],
    sweptAt: string | null,
  ): Promise<Map<string, StoredFullscriptPatient | FullscriptFailure>>;
  /** Fetches one patient and stores it; null when Fullscript does not know it. Throws FullscriptFailure. */
  refreshPatient(scope: ClinicScope, fullscriptPatientId: string, call: Call): Promise<StoredFullscriptPatient | null>;
  /**
   * Takes what a write of ours that was sent at `sentAt` was answered with into the copy, and takes the doubt of that moment back: Fullscript sends no event
   * for it. Where the answer is thin, or somebody has read the patient meanwhile, the patient is read once more; should that fail, the copy stays in doubt.
   */
  storeWritten(scope: ClinicScope, written: FullscriptPatient, sentAt: string, call: Call): Promise<void>;
}

/** Makes the keeper of the patients' copies. */
export function createPatientCopies(needs: MirrorNeeds): PatientCopies {
  const { store, fullscript, flights, settings, reads, now } = needs;
  const revalidation = createRevalidation(needs, { kind: 'patient', called: 'a patient' });

  async function refreshPatient(
    scope: ClinicScope,
    fullscriptPatientId: string,
    call: Call,
  ): Promise<StoredFullscriptPatient | null> {
    const key = { clinicKey: scope.clinicKey, id: fullscriptPatientId };
    const readNow = async (readAt: string): Promise<StoredFullscriptPatient | null> => {
      await store.patients.upsertMany(scope, [await fullscript.patients.get(call, fullscriptPatientId)], readAt);
      return (await store.patients.findMany([key])).get(toRowKey(key.clinicKey, key.id)) ?? null;
    };
    const readAt = now().toISOString();
    try {
      const stored = await readNow(readAt);
      // An own write that was answered meanwhile has overtaken this read, which may all the same have seen more than that answer tells.
      return stored !== null && stored.syncedAt > readAt ? await readNow(now().toISOString()) : stored;
    } catch (error) {
      if (!(error instanceof FullscriptFailure) || error.kind !== 'not_found') throw error;
      await store.patients.remove(key);
      return null;
    }
  }

  async function storeWritten(
    scope: ClinicScope,
    written: FullscriptPatient,
    sentAt: string,
    call: Call,
  ): Promise<void> {
    const times = { sentAt, answeredAt: now().toISOString() };
    // Thin answers tell no discount.
    const isStored = written.discountPercent !== null && (await store.patients.putWritten(scope, written, times));
    try {
      if (!isStored) await refreshPatient(scope, written.id, call);
      await store.patients.trust({ clinicKey: scope.clinicKey, id: written.id }, sentAt);
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
    }
  }

  function fetchPatient(
    reading: Omit<Reading, 'freshness'>,
    fullscriptPatientId: string,
    how: { priority: Call['priority']; signal: AbortSignal | null; anew?: boolean },
  ): Promise<StoredFullscriptPatient | null> {
    const { scope, requestId } = reading;
    const key = `${scope.clinicKey}:patient:${fullscriptPatientId}`;
    const work = (raised: AbortSignal): ReturnType<typeof refreshPatient> => {
      const options = { priority: how.priority, raised, reader: how.signal };
      return refreshPatient(scope, fullscriptPatientId, toSharedCall(needs, scope.accountId, requestId, options));
    };
    return how.anew
      ? flights.runAnew(key, scope.accountId, how.signal, work)
      : flights.run(key, scope.accountId, how.signal, work);
  }

  async function findPatientCopies(
    scope: ClinicScope,
    fullscriptPatientIds: readonly string[],
  ): Promise<Map<string, StoredFullscriptPatient>> {
    const stored = await store.patients.findMany(
      fullscriptPatientIds.map((id) => ({ clinicKey: scope.clinicKey, id })),
    );
    return new Map([...stored.values()].map((copy) => [copy.id, copy]));
  }

  /** Whether Fullscript may be ahead of the copy. */
  function isStale(copy: StoredFullscriptPatient | undefined, sweptAt: string | null): boolean {
    const { syncedAt = null, doubtful = false } = copy ?? {};
    const age = { syncedAt, sweptAt, expiredAt: doubtful ? syncedAt : null };
    return !isCurrent(age, now(), settings.freshForSeconds);
  }

  function refreshBehind(reading: Reading, fullscriptPatientIds: readonly string[]): void {
    const { scope, requestId } = reading;
    revalidation.begin({
      clinic: scope,
      subjects: fullscriptPatientIds,
      requestId,
      async findStale(ids) {
        const [stored, clinic] = await Promise.all([
          findPatientCopies(scope, ids),
          store.clinics.find(scope.clinicKey),
        ]);
        return ids.filter((id) => isStale(stored.get(id), clinic?.sweptAt ?? null));
      },
      refresh: (id) => fetchPatient(reading, id, { priority: 'background', signal: null }),
    });
  }

  return {
    refreshPatient,
    storeWritten,
    async findPatients(reading, fullscriptPatientIds, sweptAt) {
      const { scope, freshness, signal } = reading;
      const stored = await findPatientCopies(scope, fullscriptPatientIds);
      const old: string[] = [];
      const fetchFirst = async (id: string): Promise<StoredFullscriptPatient | FullscriptFailure> => {
        try {
          const anew = freshness === 'CURRENT';
          const fetched = await fetchPatient(reading, id, { priority: 'interactive', signal, anew });
          return (
            fetched ??
            new FullscriptFailure('not_found', 'Fullscript does not know this patient any more', { status: 404 })
          );
        } catch (error) {
          if (error instanceof FullscriptFailure) return error;
          throw error;
        }
      };
      const findOne = (id: string): StoredFullscriptPatient | Promise<StoredFullscriptPatient | FullscriptFailure> => {
        const copy = stored.get(id);
        if (freshness === 'CURRENT' || !copy) {
          reads.count('patients', copy ? 'checked' : 'miss');
          return fetchFirst(id);
        }
        const stale = isStale(copy, sweptAt);
        reads.count('patients', stale ? 'stale' : 'hit');
        if (stale && freshness !== 'STORED') old.push(id);
        return copy;
      };
      const found = await Promise.all(
        fullscriptPatientIds.map(async (id): Promise<[string, StoredFullscriptPatient | FullscriptFailure]> => [
          id,
          await findOne(id),
        ]),
      );
      if (old.length > 0) refreshBehind(reading, old);
      return new Map(found);
    },
  };
}
