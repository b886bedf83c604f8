/** Who wants a slot. */
export interface SlotRequest {
  priority: 'interactive' | 'background';
  /** Fires when somebody interactive has begun to wait for the answer: from then on the call is interactive. */
  raised?: AbortSignal | undefined;
  /** Ends waiting; what runs already ends itself. */
  signal?: AbortSignal | undefined;
  /** For what may hang for long: such calls never hold more than half of the slots. */
  isPatient?: boolean | undefined;
}

/** A process's slots for calls under way. */
export interface Slots {
  /**
   * Runs `task` in a slot. Interactive calls come before background ones, which leave a fifth of the slots free for them; while both wait, every tenth slot
   * that becomes free goes to a background call. Rejects with the signal's reason when it fires before `task` began.
   */
  run<T>(request: SlotRequest, task: () => Promise<T>): Promise<T>;
  /** From now on so many calls at a time, at least 1; those under way are left alone. */
  setLimit(limit: number): void;
  stats(): { inFlight: number; queued: number };
}

interface Waiter {
  isBackground: boolean;
  isPatient: boolean;
  begin: () => void;
}

/** While both wait, one slot in so many goes to a background call. */
const backgroundShare = 10;

/** How many of `limit` slots background calls leave to interactive ones: a fifth, and the only one to whoever comes. */
export function toReservedSlots(limit: number): number {
  return limit > 1 ? Math.ceil(limit / 5) : 0;
}

/** Makes slots for `initialLimit` calls at a time, all free. */
export function createSlots(initialLimit: number): Slots {
  let limit = initialLimit;
  const waiting = new Set<Waiter>();
  const running = new Set<Waiter>();
  let passedOver = 0;

  function findNext(): Waiter | undefined {
    let patient = 0;
    let inBackground = 0;
    for (const waiter of running) {
      if (waiter.isPatient) patient += 1;
      if (waiter.isBackground) inBackground += 1;
    }
    const hasPatientSlot = patient < Math.max(1, Math.floor(limit / 2));
    const hasBackgroundSlot = inBackground < limit - toReservedSlots(limit);
    let interactive: Waiter | undefined;
    let background: Waiter | undefined;
    for (const waiter of waiting) {
      if (waiter.isPatient && !hasPatientSlot) continue;
      if (!waiter.isBackground) interactive ??= waiter;
      else if (hasBackgroundSlot) background ??= waiter;
      if (interactive && (background || !hasBackgroundSlot)) break;
    }
    if (!interactive || !background) return interactive ?? background;
    passedOver = (passedOver + 1) % backgroundShare;
    return passedOver === 0 ? background : interactive;
  }

  function serve(): void {
    while (running.size < limit) {
      const next = findNext();
      if (!next) return;
      waiting.delete(next);
      running.add(next);
      next.begin();
    }
  }

  /** Resolves when it is this call's turn; gives what to call at its end. */
  function enter({ priority, raised, signal, isPatient = false }: SlotRequest): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.delete(waiter);
        settle();
        reject(signal?.reason instanceof Error ? signal.reason : new Error('The caller stopped waiting'));
      };
      const raise = () => {
        waiter.isBackground = false;
        serve();
      };
      const settle = () => {
        signal?.removeEventListener('abort', leave);
        raised?.removeEventListener('abort', raise);
      };
      const waiter: Waiter = {
        isBackground: priority === 'background' && raised?.aborted !== true,
        isPatient,
        begin() {
          signal?.removeEventListener('abort', leave);
          resolve(() => {
            settle();
            running.delete(waiter);
            serve();
          });
        },
      };
      if (signal?.aborted) return leave();
      signal?.addEventListener('abort', leave, { once: true });
      if (waiter.isBackground) raised?.addEventListener('abort', raise, { once: true });
      waiting.add(waiter);
      serve();
    });
  }

  return {
    async run(request, task) {
      const leave = await enter(request);
      try {
        return await task();
      } finally {
        leave();
      }
    },
    setLimit(next) {
      limit = Math.max(1, next);
      serve();
    },
    stats: () => ({ inFlight: running.size, queued: waiting.size }),
  };
}
