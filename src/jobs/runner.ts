import type { Job } from './definition.ts';

export interface JobRunner {
  /** Begins to run the jobs: all of them, or only those named. */
  start(only?: readonly string[]): void;
  /** Runs a job now, or once more right after the run that is under way. */
  wake(name: string): void;
  /** Starts nothing new, asks what runs to end, and waits for it. */
  stop(): Promise<void>;
}

interface JobLog {
  debug(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Runs each job again and again, never twice at the same time in this process. `random` gives 0 up to 1. */
export function createJobRunner(jobs: readonly Job[], log: JobLog, random: () => number = Math.random): JobRunner {
  const stopping = new AbortController();
  const states = new Map(
    jobs.map((job) => [
      job.name,
      {
        job,
        started: false,
        timer: undefined as NodeJS.Timeout | undefined,
        running: null as Promise<void> | null,
        again: false,
      },
    ]),
  );

  function schedule(name: string, afterMs: number): void {
    const state = states.get(name);
    if (!state || stopping.signal.aborted) return;
    clearTimeout(state.timer);
    state.timer = setTimeout(() => run(name), afterMs);
  }

  function run(name: string): void {
    const state = states.get(name);
    if (!state || stopping.signal.aborted) return;
    if (state.running) {
      state.again = true;
      return;
    }
    state.again = false;
    state.running = state.job
      .run(stopping.signal)
      .then(() => undefined)
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) log.error({ job: name, err: error }, 'a job failed and will run again');
      })
      .finally(() => {
        state.running = null;
        schedule(name, state.again ? 0 : state.job.everyMs * (1 + random() / 10));
      });
  }

  return {
    start(only = [...states.keys()]) {
      for (const name of only) {
        const state = states.get(name);
        if (!state) continue;
        state.started = true;
        schedule(name, state.job.firstAfterMs);
      }
    },
    wake(name) {
      const state = states.get(name);
      if (!state?.started) return;
      if (state.running) state.again = true;
      else schedule(name, 0);
    },
    async stop() {
      stopping.abort();
      for (const state of states.values()) clearTimeout(state.timer);
      await Promise.all([...states.values()].map(async (state) => await state.running));
    },
  };
}
