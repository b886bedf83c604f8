import { FullscriptFailure } from '../domain/errors.ts';
import { isCurrent, toKnownAt, type CopyAge } from '../domain/freshness.ts';
import type { Call } from '../fullscript/call.ts';
import { toCopyKey, type CopyKey } from '../store/copies.ts';
import { toSharedCall, type MirrorNeeds } from './needs.ts';
import type { ClinicScope, Reading } from './scope.ts';

/** How the answer from the stored copy is to be labelled. */
export interface CopyState {
  syncedAt: string | null;
  stale: boolean;
}

/** A part of the copy that is fetched as a whole for one Fullscript patient. */
export interface CopyPart {
  kind: CopyKey['kind'];
  /** Fetches and stores it; throws FullscriptFailure. */
  sync(scope: ClinicScope, fullscriptPatientId: string, call: Call): Promise<void>;
  /** Deletes what was stored of a patient whom Fullscript, asked at `askedAt`, no longer knows. */
  forget(scope: ClinicScope, fullscriptPatientId: string, askedAt: string): Promise<unknown>;
  /** The ages with what a clinic's sweep cannot vouch for taken out. */
  adjustAges?(scope: ClinicScope, ages: Map<string, CopyAge>): Promise<Map<string, CopyAge>>;
}

export interface ReadThrough {
  /**
   * Makes the copies of these Fullscript patients as current as the reading asks, and says how current they are. One patient's failure
   * is that patient's alone. The caller then reads the store.
   */
  ensure(
    reading: Reading,
    fullscriptPatientIds: readonly string[],
  ): Promise<Map<string, CopyState | FullscriptFailure>>;
  /** Fetches one copy now, with everybody else who wants the same. */
  refresh(
    scope: ClinicScope,
    fullscriptPatientId: string,
    requestId: string,
    priority: Call['priority'],
  ): Promise<void>;
}

const neverFetched: CopyAge = { syncedAt: null, sweptAt: null };

/** Builds the read-through of one part of the copy. */
export function createReadThrough(needs: MirrorNeeds, part: CopyPart): ReadThrough {
  const { store, flights, settings, now, log } = needs;

  function refresh(
    scope: ClinicScope,
    fullscriptPatientId: string,
    requestId: string,
    priority: Call['priority'],
    signal: AbortSignal | null = null,
  ): Promise<void> {
    const key = toCopyKey({ clinicKey: scope.clinicKey, kind: part.kind, subject: fullscriptPatientId });
    return flights.run(key, scope.accountId, signal, () =>
      sync(scope, fullscriptPatientId, toSharedCall(needs, scope.accountId, requestId, priority)),
    );
  }

  /** That Fullscript does not know the patient is an answer: what was stored is not shown any more. */
  async function sync(scope: ClinicScope, fullscriptPatientId: string, call: Call): Promise<void> {
    const askedAt = now().toISOString();
    try {
      await part.sync(scope, fullscriptPatientId, call);
    } catch (error) {
      if (error instanceof FullscriptFailure && error.kind === 'not_found') {
        await part.forget(scope, fullscriptPatientId, askedAt);
        await store.copies.forget({ clinicKey: scope.clinicKey, kind: part.kind, subject: fullscriptPatientId });
      }
      throw error;
    }
  }

  function refreshBehind(reading: Reading, fullscriptPatientId: string): void {
    refresh(reading.scope, fullscriptPatientId, reading.requestId, 'background').catch((error: unknown) => {
      log.warn(
        {
          requestId: reading.requestId,
          copy: part.kind,
          kind: error instanceof FullscriptFailure ? error.kind : 'bug',
        },
        'a copy could not be refreshed behind the answer',
      );
    });
  }

  async function findAges(scope: ClinicScope, ids: readonly string[]): Promise<Map<string, CopyAge>> {
    const found = await store.copies.findMany(
      ids.map((subject) => ({ clinicKey: scope.clinicKey, kind: part.kind, subject })),
    );
    const ages = new Map<string, CopyAge>();
    for (const id of ids) {
      const age = found.get(toCopyKey({ clinicKey: scope.clinicKey, kind: part.kind, subject: id }));
      if (age) ages.set(id, age);
    }
    return part.adjustAges ? await part.adjustAges(scope, ages) : ages;
  }

  function toState(age: CopyAge, forceStale = false): CopyState {
    return { syncedAt: toKnownAt(age), stale: forceStale || !isCurrent(age, now(), settings.freshForSeconds) };
  }

  async function fetchOne(
    reading: Reading,
    id: string,
    age: CopyAge | undefined,
  ): Promise<CopyState | FullscriptFailure> {
    const startedAt = now().toISOString();
    try {
      await refresh(reading.scope, id, reading.requestId, 'interactive', reading.signal);
      return { syncedAt: startedAt, stale: false };
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
      const answerable =
        error.isOutage && reading.freshness !== 'CURRENT' && age !== undefined && age.syncedAt !== null;
      return answerable ? toState(age, true) : error;
    }
  }

  return {
    async ensure(reading, fullscriptPatientIds) {
      const ids = [...new Set(fullscriptPatientIds)];
      const ages = await findAges(reading.scope, ids);
      const states = await Promise.all(
        ids.map(async (id): Promise<[string, CopyState | FullscriptFailure]> => {
          const age = ages.get(id);
          if (reading.freshness === 'STORED') return [id, toState(age ?? neverFetched)];
          if (reading.freshness === 'CURRENT') return [id, await fetchOne(reading, id, age)];
          // A part that was once stored and then expired is answered from the copy, too.
          if (age === undefined) return [id, await fetchOne(reading, id, age)];
          const state = toState(age);
          if (state.stale) refreshBehind(reading, id);
          return [id, state];
        }),
      );
      return new Map(states);
    },
    refresh: (scope, id, requestId, priority) => refresh(scope, id, requestId, priority),
  };
}
