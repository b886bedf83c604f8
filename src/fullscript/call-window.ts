/** Fullscript's window, in milliseconds: what it limits are the calls of any 300 s. */
export const windowMs = 300_000;

/** A call that was counted. */
export interface CountedCall {
  /** Unique among everybody who counts together. */
  id: string;
  /** Milliseconds since 1970, by the clock of whoever counts. */
  atMs: number;
}

/** The calls of the last 300 s, oldest first: exact over any 300 s, not only over fixed ones. */
export interface CallWindow {
  /** Counts a call made now. */
  add(id: string): CountedCall;
  /** Takes a call back that was never made. */
  remove(call: CountedCall): void;
  count(): number;
  list(): readonly CountedCall[];
  /** 0 while fewer than `usable` are counted, otherwise the milliseconds until that is so, at least 1. */
  toWaitMs(usable: number): number;
}

/** An empty window. */
export function createCallWindow(now: () => Date): CallWindow {
  let calls: CountedCall[] = [];
  let head = 0;

  function dropOld(): number {
    const atMs = now().getTime();
    while (head < calls.length && (calls[head]?.atMs ?? atMs) <= atMs - windowMs) head += 1;
    if (head > 1024 && head * 2 > calls.length) {
      calls = calls.slice(head);
      head = 0;
    }
    return atMs;
  }

  return {
    add(id) {
      const call = { id, atMs: dropOld() };
      calls.push(call);
      return call;
    },
    remove(call) {
      const index = calls.lastIndexOf(call);
      if (index >= head) calls.splice(index, 1);
    },
    count() {
      dropOld();
      return calls.length - head;
    },
    list() {
      dropOld();
      return calls.slice(head);
    },
    toWaitMs(usable) {
      const atMs = dropOld();
      const used = calls.length - head;
      if (used < usable) return 0;
      // As many of the oldest calls have to leave the window as stand above what may be used.
      const leaving = usable > 0 ? calls[head + used - usable] : undefined;
      return Math.max(1, (leaving?.atMs ?? atMs) + windowMs - atMs);
    },
  };
}
