import { FullscriptFailure } from '../domain/errors.ts';

/**
 * What a flight does. `raised` fires when somebody joins who waits for the answer, as against somebody who wants it in the background: what began without
 * hurry has to hurry from then on.
 */
export type Work<T> = (raised: AbortSignal) => Promise<T>;

/** Collapses equal work: while one fetch of a key is under way, everybody who wants the same gets its answer. */
export interface Flights {
  /**
   * Joins the flight of `key`, or starts one. When the one that was joined fails for its own account's sake (withdrawn or not
   * permitted), the work is done once more with the joiner's account. Waits until `signal` fires, while the flight itself goes on.
   */
  run<T>(key: string, accountId: string, signal: AbortSignal | null, work: Work<T>): Promise<T>;
  /**
   * Like `run`, for who must see what has happened up to now: never joins a flight that has begun, since that may have asked before. Of those who come
   * while such a flight is under way, all share the one that begins after it; so a key has at most one flight of `run`, one of these, and one that waits.
   */
  runAnew<T>(key: string, accountId: string, signal: AbortSignal | null, work: Work<T>): Promise<T>;
  /** Whether a fetch of this key is under way in this process. */
  isUnderWay(key: string): boolean;
  /** Has `settled` wait for work that nobody waits for, too. */
  track(work: Promise<unknown>): void;
  /** Resolves when nothing is in flight any more, for a clean stop. */
  settled(): Promise<void>;
  /** Joins and starts so far, for the collapse ratio. */
  stats(): { started: number; joined: number; inFlight: number };
}

interface Flight {
  accountId: string;
  promise: Promise<unknown>;
  raise: AbortController;
}

/** Builds an empty sky. */
export function createFlights(): Flights {
  /** The newest flight of each key, which others join. */
  const flights = new Map<string, Flight>();
  /** Flights of `runAnew` that have begun. */
  const anew = new Map<string, Flight>();
  /** Those that begin when the one under way has ended. */
  const waiting = new Map<string, Flight>();
  const underWay = new Set<Promise<unknown>>();
  const counts = { started: 0, joined: 0, inFlight: 0 };

  function track(work: Promise<unknown>): void {
    const ended: Promise<unknown> = work
      .catch(() => undefined)
      .finally(() => {
        underWay.delete(ended);
      });
    underWay.add(ended);
  }

  function put(among: Map<string, Flight>, key: string, flight: Flight): void {
    among.set(key, flight);
    const takeAway = (): void => {
      if (among.get(key) === flight) among.delete(key);
    };
    // Whoever waits hears of a failure; that nobody may be waiting any more is not a fault of its own.
    flight.promise.then(takeAway, takeAway);
  }

  function start<T>(key: string, accountId: string, work: Work<T>, raise = new AbortController()): Promise<T> {
    counts.started += 1;
    counts.inFlight += 1;
    const promise = work(raise.signal).finally(() => {
      counts.inFlight -= 1;
    });
    put(flights, key, { accountId, promise, raise });
    track(promise);
    return promise;
  }

  function startAnew<T>(key: string, accountId: string, work: Work<T>, raise = new AbortController()): Promise<T> {
    const promise = start(key, accountId, work, raise);
    put(anew, key, { accountId, promise, raise });
    return promise;
  }

  /** Waits for somebody else's flight; one that failed for the sake of its own account says nothing about the joiner's. */
  async function join<T>(
    flight: Flight,
    key: string,
    accountId: string,
    signal: AbortSignal | null,
    work: Work<T>,
  ): Promise<T> {
    counts.joined += 1;
    if (signal) flight.raise.abort();
    try {
      return (await waitFor(flight.promise, signal)) as Awaited<T>;
    } catch (error) {
      const theirsAlone =
        error instanceof FullscriptFailure &&
        (error.kind === 'withdrawn' || error.kind === 'forbidden') &&
        flight.accountId !== accountId;
      if (!theirsAlone) throw error;
      return await waitFor(start(`${key}:${accountId}`, accountId, work), signal);
    }
  }

  return {
    async run(key, accountId, signal, work) {
      const flight = flights.get(key);
      if (flight) return await join(flight, key, accountId, signal, work);
      return await waitFor(start(key, accountId, work), signal);
    },
    async runAnew(key, accountId, signal, work) {
      const next = waiting.get(key);
      if (next) return await join(next, key, accountId, signal, work);
      const before = anew.get(key);
      if (!before) return await waitFor(startAnew(key, accountId, work), signal);
      const raise = new AbortController();
      const begin = (): ReturnType<typeof work> => {
        waiting.delete(key);
        return startAnew(key, accountId, work, raise);
      };
      const promise = before.promise.then(begin, begin);
      waiting.set(key, { accountId, promise, raise });
      track(promise);
      return await waitFor(promise, signal);
    },
    isUnderWay: (key) => flights.has(key),
    track,
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    stats: () => ({ ...counts }),
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
