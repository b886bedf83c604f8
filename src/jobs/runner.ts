import type { Job } from './definition.ts';

export interface JobRunner {
  /** Begins to run the jobs: all of them, or only those named. */
  start(only?: readonly string[]): void;
  /** Runs a job now, or once more right after the run that is under way. */
  wake(name: string): void;
  /** How the jobs that were started have fared, for metrics. */
  stats(): JobStats[];
  /** Milliseconds since any job last began or ended, or the runner was started; null while nothing is started. Jobs come every second, so it stays small. */
  quietMs(): number | null;
  /** Starts nothing new, asks what runs to end, and waits for it. */
  stop(): Promise<void>;
}

/** How one job has fared in this process. */
export interface JobStats {
  name: string;
  succeeded: number;
  failed: number;
  /** How long the last run took that has ended, in milliseconds; null before the first has. */
  lastDurationMs: number | null;
  /** Milliseconds since a run last ended without failing; since the start of the job when none has. */
  sinceSuccessMs: number;
}

interface JobLog {
  debug(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Runs each job again and again, never twice at the same time in this process. `random` gives 0 up to 1, `nowMs` the time. */
export function createJobRunner(
  jobs: readonly Job[],
  log: JobLog,
  random: () => number = Math.random,
  nowMs: () => number = Date.now,
): JobRunner {
  const stopping = new AbortController();
  let movedAtMs: number | null = null;
  const states = new Map(
    jobs.map((job) => [
      job.name,
      {
        job,
        started: false,
        timer: undefined as NodeJS.Timeout | undefined,
        running: null as Promise<void> | null,
        again: false,
        succeeded: 0,
        failed: 0,
        lastDurationMs: null as number | null,
        succeededAtMs: 0,
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
    const startedAtMs = nowMs();
    movedAtMs = startedAtMs;
    state.running = state.job
      .run(stopping.signal)
      .then(() => {
        state.succeeded += 1;
        state.succeededAtMs = nowMs();
      })
      .catch((error: unknown) => {
        state.failed += 1;
        if (!stopping.signal.aborted) log.error({ job: name, err: error }, 'a job failed and will run again');
      })
      .finally(() => {
        state.running = null;
        movedAtMs = nowMs();
        state.lastDurationMs = movedAtMs - startedAtMs;
        schedule(name, state.again ? 0 : state.job.everyMs * (1 + random() / 10));
      });
  }

  return {
    start(only = [...states.keys()]) {
      for (const name of only) {
        const state = states.get(name);
        if (!state) continue;
        state.started = true;
        state.succeededAtMs = movedAtMs = nowMs();
        schedule(name, state.job.firstAfterMs);
      }
    },
    wake(name) {
      const state = states.get(name);
      if (!state?.started) return;
      if (state.running) state.again = true;
      else schedule(name, 0);
    },
    stats: () =>
      [...states.values()]
        .filter(({ started }) => started)
        .map(({ job, succeeded, failed, lastDurationMs, succeededAtMs }) => ({
          name: job.name,
          succeeded,
          failed,
          lastDurationMs,
          sinceSuccessMs: Math.max(0, nowMs() - succeededAtMs),
        })),
    quietMs: () => (movedAtMs === null ? null : Math.max(0, nowMs() - movedAtMs)),
    async stop() {
      stopping.abort();
      for (const state of states.values()) clearTimeout(state.timer);
      await Promise.all([...states.values()].map(async (state) => await state.running));
    },
  };
}
