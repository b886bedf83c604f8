/** Longest that Node's timers take, in milliseconds. */
const maxTimerMs = 2_147_483_647;

/** Resolves after `milliseconds`, or as soon as `signal` fires; never rejects. */
export function wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(Math.max(0, milliseconds), maxTimerMs));
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** `promise`, or a rejection with what `toError` makes as soon as `signal` fires; `promise` itself goes on undisturbed. */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  toError: () => Error,
): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    const end = () => reject(toError());
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
