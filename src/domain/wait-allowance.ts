/**
 * What one request may still spend on waiting for Fullscript's limit on calls. Time in which several of its calls wait counts once. Whoever waits takes
 * what is left as their bound, so that the request as a whole keeps to it.
 */
export interface WaitAllowance {
  /** Milliseconds that are left now, at least 0. */
  leftMs(): number;
  /** Runs `waiting` and counts its time. */
  spend<T>(waiting: () => Promise<T>): Promise<T>;
}

const lent = new WeakMap<AbortSignal, WaitAllowance>();

/**
 * Has the allowance go wherever the signal goes that ends the request's time for Fullscript: whoever has the one is bound by the other. A signal made out
 * of several has to be lent it anew. Gives the signal; without an allowance nothing is lent.
 */
export function lendAllowance(signal: AbortSignal, allowance: WaitAllowance | undefined): AbortSignal {
  if (allowance) lent.set(signal, allowance);
  return signal;
}

/** The allowance that goes with a signal, if there is one. */
export function findAllowance(signal: AbortSignal | null | undefined): WaitAllowance | undefined {
  return signal ? lent.get(signal) : undefined;
}

/** An allowance of `totalMs` milliseconds, measured with `now`. */
export function createWaitAllowance(totalMs: number, now: () => Date): WaitAllowance {
  let spentMs = 0;
  let waiting = 0;
  let since = 0;

  const elapsedMs = () => (waiting > 0 ? Math.max(0, now().getTime() - since) : 0);

  return {
    leftMs: () => Math.max(0, totalMs - spentMs - elapsedMs()),
    async spend(wait) {
      if (waiting === 0) since = now().getTime();
      waiting += 1;
      try {
        return await wait();
      } finally {
        if (waiting === 1) spentMs += elapsedMs();
        waiting -= 1;
      }
    },
  };
}
