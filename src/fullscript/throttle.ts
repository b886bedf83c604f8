import { toThrottleMs } from './retry.ts';

/** What calls that Fullscript refused with 429 mean for everybody, since the limit is everybody's. */
export interface Throttle {
  /** Nobody calls for as long as Fullscript said, 300 s at the most. Without its word the time grows, and of calls that are refused together one counts. */
  slowDown(retryAfterSeconds: number | undefined): void;
  /** A call got through: the next refusal begins small again. */
  forget(): void;
}

/** As long as the limit looks back. */
const maxPauseSeconds = 300;

/** Makes a throttle that pauses a budget by `pause`, in milliseconds; `random` gives 0 to 1. */
export function createThrottle(needs: {
  pause: (milliseconds: number) => void;
  now: () => Date;
  random: () => number;
}): Throttle {
  let unexplainedRefusals = 0;
  let throttledUntil = 0;

  return {
    slowDown(retryAfterSeconds) {
      if (retryAfterSeconds !== undefined) {
        needs.pause(Math.min(retryAfterSeconds, maxPauseSeconds) * 1000);
        return;
      }
      const at = needs.now().getTime();
      if (at < throttledUntil) return;
      unexplainedRefusals += 1;
      const pauseMs = toThrottleMs(unexplainedRefusals, needs.random());
      throttledUntil = at + pauseMs;
      needs.pause(pauseMs);
    },
    forget() {
      unexplainedRefusals = 0;
    },
  };
}
