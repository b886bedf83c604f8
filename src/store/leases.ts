/** What only one process may do at a time. */
export interface Leases {
  /**
   * Runs `work` while holding the lease `name`, which is prolonged while it runs; gives its answer, or null without running it
   * when somebody else holds the lease. With `minIntervalMs` it is also left alone until so long after the last finish.
   */
  withLease<T>(
    name: string,
    options: { owner: string; leaseMs: number; minIntervalMs?: number | undefined },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ result: T } | null>;
  acquire(name: string, owner: string, leaseMs: number, minIntervalMs?: number): Promise<boolean>;
  /** Gives the lease back; `finished` notes the time for `minIntervalMs`. */
  release(name: string, owner: string, finished: boolean): Promise<void>;
  /** When work under this lease last finished. */
  lastFinishedAt(name: string): Promise<string | null>;
}
