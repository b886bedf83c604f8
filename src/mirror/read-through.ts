import { FullscriptFailure } from '../domain/errors.ts';
import { isCurrent, toKnownAt, type CopyAge } from '../domain/freshness.ts';
import type { Call } from '../fullscript/call.ts';
import { toCopyKey, type CopyKey } from '../store/copies.ts';
import type { Work } from './flights.ts';
import { toSharedCall, type MirrorNeeds } from './needs.ts';
import { createRevalidation } from './revalidation.ts';
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
  const { store, flights, settings, reads, now } = needs;
  const revalidation = createRevalidation(needs, { kind: part.kind, called: 'a copy' });

  /** Gives when Fullscript was asked. With `anew` never by somebody who asked before this moment. */
  function fetch(
    scope: ClinicScope,
    fullscriptPatientId: string,
    requestId: string,
    how: { priority: Call['priority']; signal: AbortSignal | null; anew?: boolean },
  ): Promise<string> {
    const key = toCopyKey({ clinicKey: scope.clinicKey, kind: part.kind, subject: fullscriptPatientId });
    const work: Work<string> = (raised) => {
      const { priority, signal: reader } = how;
      return sync(
        scope,
        fullscriptPatientId,
        toSharedCall(needs, scope.accountId, requestId, { priority, raised, reader }),
      );
    };
    return how.anew
      ? flights.runAnew(key, scope.accountId, how.signal, work)
      : flights.run(key, scope.accountId, how.signal, work);
  }

  /** That Fullscript does not know the patient is an answer: what was stored is not shown any more. */
  async function sync(scope: ClinicScope, fullscriptPatientId: string, call: Call): Promise<string> {
    const askedAt = now().toISOString();
    try {
      await part.sync(scope, fullscriptPatientId, call);
      return askedAt;
    } catch (error) {
      if (error instanceof FullscriptFailure && error.kind === 'not_found') {
        await part.forget(scope, fullscriptPatientId, askedAt);
        await store.copies.forget({ clinicKey: scope.clinicKey, kind: part.kind, subject: fullscriptPatientId });
      }
      throw error;
    }
  }

  function refreshBehind({ scope, requestId }: Reading, fullscriptPatientIds: readonly string[]): void {
    revalidation.begin({
      clinic: scope,
      subjects: fullscriptPatientIds,
      requestId,
      async findStale(ids) {
        const ages = await findAges(scope, ids);
        return ids.filter((id) => toState(ages.get(id) ?? neverFetched).stale);
      },
      refresh: (id) => fetch(scope, id, requestId, { priority: 'background', signal: null }),
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

  function toState(age: CopyAge): CopyState {
    return { syncedAt: toKnownAt(age), stale: !isCurrent(age, now(), settings.freshForSeconds) };
  }

  async function fetchFirst(
    { scope, requestId, signal, freshness }: Reading,
    id: string,
  ): Promise<CopyState | FullscriptFailure> {
    try {
      const anew = freshness === 'CURRENT';
      const askedAt = await fetch(scope, id, requestId, { priority: 'interactive', signal, anew });
      return { syncedAt: askedAt, stale: false };
    } catch (error) {
      if (error instanceof FullscriptFailure) return error;
      throw error;
    }
  }

  return {
    async ensure(reading, fullscriptPatientIds) {
      const ids = [...new Set(fullscriptPatientIds)];
      const ages = await findAges(reading.scope, ids);
      const old: string[] = [];
      const find = (id: string): CopyState | Promise<CopyState | FullscriptFailure> => {
        const age = ages.get(id);
        if (reading.freshness === 'CURRENT') {
          reads.count(part.kind, 'checked');
          return fetchFirst(reading, id);
        }
        if (age === undefined) {
          reads.count(part.kind, 'miss');
          return reading.freshness === 'STORED' ? toState(neverFetched) : fetchFirst(reading, id);
        }
        const state = toState(age);
        reads.count(part.kind, state.stale ? 'stale' : 'hit');
        if (state.stale && reading.freshness !== 'STORED') old.push(id);
        return state;
      };
      const states = await Promise.all(
        ids.map(async (id): Promise<[string, CopyState | FullscriptFailure]> => [id, await find(id)]),
      );
      if (old.length > 0) refreshBehind(reading, old);
      return new Map(states);
    },
    async refresh(scope, fullscriptPatientId, requestId, priority) {
      await fetch(scope, fullscriptPatientId, requestId, { priority, signal: null });
    },
  };
}
