/** Work that runs by itself. Jobs of several processes run at the same time; what they claim keeps them apart. */
export interface Job {
  name: string;
  /** From the end of one run to the start of the next, in milliseconds; a little chance is added so that processes do not march in step. */
  everyMs: number;
  /** From the start of the process to the first run. */
  firstAfterMs: number;
  /** Ends early when `signal` fires. What it throws is logged, and it runs again as if nothing had happened. */
  run(signal: AbortSignal): Promise<unknown>;
}
