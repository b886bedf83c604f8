import { FullscriptFailure } from '../domain/errors.ts';

/** Collapses equal work: while one fetch of a key is under way, everybody who wants the same gets its answer. */
export interface Flights {
  /**
   * Joins the flight of `key`, or starts one. When the one that was joined fails for its own account's sake (withdrawn or not
   * permitted), the work is done once more with the joiner's account. Waits until `signal` fires, while the flight itself goes on.
   */
  run<T>(key: string, accountId: string, signal: AbortSignal | null, work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing is in flight any more, for a clean stop. */
  settled(): Promise<void>;
  /** Joins and starts so far, for the collapse ratio. */
  stats(): { started: number; joined: number; inFlight: number };
}

interface Flight {
  accountId: string;
  promise: Promise<unknown>;
}

export function createFlights(): Flights {
  const flights = new Map<string, Flight>();
  const counts = { started: 0, joined: 0 };

  function start<T>(key: string, accountId: string, work: () => Promise<T>): Promise<T> {
    counts.started += 1;
    const promise = work().finally(() => {
      if (flights.get(key)?.promise === promise) flights.delete(key);
    });
    flights.set(key, { accountId, promise });
    // Whoever waits hears of a failure; that nobody may be waiting any more is not a fault of its own.
    promise.catch(() => undefined);
    return promise;
  }

  return {
    async run(key, accountId, signal, work) {
      const flight = flights.get(key);
      if (!flight) return await waitFor(start(key, accountId, work), signal);
      counts.joined += 1;
      try {
        return (await waitFor(flight.promise, signal)) as Awaited<ReturnType<typeof work>>;
      } catch (error) {
        const theirsAlone =
          error instanceof FullscriptFailure &&
          (error.kind === 'withdrawn' || error.kind === 'forbidden') &&
          flight.accountId !== accountId;
        if (!theirsAlone) throw error;
        return await waitFor(start(`${key}:${accountId}`, accountId, work), signal);
      }
    },
    async settled() {
      while (flights.size > 0) await Promise.allSettled([...flights.values()].map((flight) => flight.promise));
    },
    stats: () => ({ ...counts, inFlight: flights.size }),
  };
}

/** Waits for `promise` until `signal` fires; then throws `unavailable`, because that is what the caller sees. */
async function waitFor<T>(promise: Promise<T>, signal: AbortSignal | null): Promise<T> {
  if (!signal) return await promise;
  if (signal.aborted) throw outOfTime();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(outOfTime());
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}

function outOfTime(): FullscriptFailure {
  return new FullscriptFailure('unavailable', 'Fullscript did not answer within the time of this request');
}
