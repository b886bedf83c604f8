/** On whose behalf and how urgently Fullscript is asked. */
export interface Call {
  /** The account whose authorization the call uses. */
  accountId: string;
  /** Interactive calls (somebody waits for the answer) come before background ones wherever something is scarce. */
  priority: 'interactive' | 'background';
  /**
   * The caller's deadline or cancellation; ends waiting, sending and reading alike. An allowance that was lent with it bounds `maxWaitMs` for all calls
   * of the request together.
   */
  signal?: AbortSignal | undefined;
  /** Our own request id; sent to Fullscript as `x-request-id` and given to `onCall`. */
  requestId?: string | undefined;
  /** Most milliseconds spent waiting for the budget or for a Retry-After. Default: 2000 interactive, unbounded background. */
  maxWaitMs?: number | undefined;
  /** Fires when somebody begins to wait for what was asked in the background: from then on the call is interactive. */
  raised?: AbortSignal | undefined;
}

/** How long an interactive call, or a request with all its calls, waits for the budget or for a Retry-After, in milliseconds. */
export const interactiveWaitMs = 2000;

/** How long `call` may wait for the budget or for a Retry-After, in milliseconds. */
export function toMaxWaitMs(call: Pick<Call, 'priority' | 'maxWaitMs'>): number {
  return call.maxWaitMs ?? (call.priority === 'interactive' ? interactiveWaitMs : Number.POSITIVE_INFINITY);
}
