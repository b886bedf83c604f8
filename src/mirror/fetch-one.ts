import type { Call } from '../fullscript/call.ts';
import { toSharedCall, type MirrorNeeds } from './needs.ts';
import type { ClinicScope } from './scope.ts';

/** Fetches one object by Fullscript's id together with everybody else who wants the same, and stores it; null when Fullscript does not know it. */
export type FetchOne<T> = (
  scope: ClinicScope,
  id: string,
  requestId: string,
  /** Until when the caller waits; the fetch itself goes on. */
  signal: AbortSignal,
  /** `anew`: never with the answer to a question that was asked before this moment. Priority is interactive unless said. */
  how?: { anew?: boolean; priority?: Call['priority'] },
) => Promise<T | null>;

/** Makes the shared fetch of one kind of object out of `refresh`, which asks Fullscript and stores what it says. */
export function createFetchOne<T>(
  needs: Pick<MirrorNeeds, 'flights' | 'settings'>,
  kind: 'plan' | 'lab-order',
  refresh: (scope: ClinicScope, id: string, call: Call) => Promise<T | null>,
): FetchOne<T> {
  const { flights } = needs;
  return async (scope, id, requestId, signal, how = {}) => {
    const key = `${scope.clinicKey}:${kind}:${id}`;
    const work = (raised: AbortSignal): Promise<T | null> => {
      const options = { priority: how.priority, raised, reader: signal };
      return refresh(scope, id, toSharedCall(needs, scope.accountId, requestId, options));
    };
    const found = how.anew
      ? await flights.runAnew(key, scope.accountId, signal, work)
      : await flights.run(key, scope.accountId, signal, work);
    // Each of the requests that share the flight completes its own copy with what only it may see.
    return structuredClone(found);
  };
}
