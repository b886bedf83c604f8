/** On whose behalf and how urgently Fullscript is asked. */
export interface Call {
  /** The account whose authorization the call uses. */
  accountId: string;
  /** Interactive calls (somebody waits for the answer) come before background ones wherever something is scarce. */
  priority: 'interactive' | 'background';
  /** The caller's deadline or cancellation; ends waiting, sending and reading alike. */
  signal?: AbortSignal | undefined;
  /** Our own request id; sent to Fullscript as `x-request-id` and given to `onCall`. */
  requestId?: string | undefined;
  /** Most milliseconds spent waiting for the budget or for a Retry-After. Default: 2000 interactive, unbounded background. */
  maxWaitMs?: number | undefined;
}

/** How long `call` may wait for the budget or for a Retry-After, in milliseconds. */
export function toMaxWaitMs(call: Pick<Call, 'priority' | 'maxWaitMs'>): number {
  return call.maxWaitMs ?? (call.priority === 'interactive' ? 2000 : Number.POSITIVE_INFINITY);
}
