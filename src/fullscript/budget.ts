/** A share of Fullscript's 5000 calls per rolling 300 s. */
export interface RateBudget {
  /**
   * Waits for permission to make one call. Interactive comes before background, and background leaves a reserve.
   * Throws FullscriptFailure `rate_limited` (with `retryAfterSeconds`) when that would take longer than `maxWaitMs`, `unavailable` when `signal` fires.
   */
  take(request: {
    priority: 'interactive' | 'background';
    maxWaitMs: number;
    signal?: AbortSignal | undefined;
  }): Promise<void>;
  /** Nobody calls for so long: what a 429 with Retry-After asks for. */
  pause(milliseconds: number): void;
  stats(): BudgetStats;
  /** Ends timers and connections; waiting takers are refused. */
  close(): Promise<void>;
}

export interface BudgetStats {
  limit: number;
  /** Calls of the last 300 s as far as this process knows. */
  used: number;
  waiting: number;
  /** False while the shared budget is out of reach and the local share is used. */
  shared: boolean;
}
