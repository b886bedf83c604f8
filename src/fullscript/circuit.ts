import type { FullscriptLog } from './settings.ts';

/** Whether calls go out: all of them, none, or one at a time to see whether Fullscript is back. */
export type CircuitState = 'closed' | 'open' | 'half_open';

/**
 * How a try ended, as far as it tells whether Fullscript is there: with any answer below 500; with 5xx, a time-out or a broken connection; or with neither,
 * because the caller left.
 */
export type Sign = 'answered' | 'failed' | 'nothing';

/** Permission for one try; whoever got it says how it ended, once. */
export interface Passage {
  end(sign: Sign): void;
}

/**
 * Keeps calls from a Fullscript that is down. It opens when the last 10 tries or more failed, without an answer to any other meanwhile, over a second or
 * longer: a burst of broken connections, every fifth call failing, or one endpoint that fails while others answer leave it closed.
 *
 * While it is open, endpoints that have failed since the last answer are refused at once. Others are let through, for nothing is known about them; their
 * answer closes it. After a while (1 s, doubled each time up to 30 s, less up to half of it by chance) it is half open: one try at a time goes out. Any
 * answer closes it. Then few calls at a time go out, one more with each that is answered, until all slots are in use again; three failures in a row
 * before that open it anew, for longer.
 */
export interface Circuit {
  state(): CircuitState;
  /** Milliseconds until a try at `endpoint` may go out; null when one may now. Changes nothing. */
  findRefusal(endpoint: string): number | null;
  /** Lets one try at `endpoint` out; null when it must not. With `insists` it always may. */
  enter(endpoint: string, insists?: boolean): Passage | null;
}

export interface CircuitNeeds {
  now: () => Date;
  /** 0 up to 1. */
  random: () => number;
  log: FullscriptLog;
  /** How many calls may be under way when nothing is wrong. */
  slots: number;
  /** Told how many calls may be under way, whenever that changes. */
  onSlots: (slots: number) => void;
}

/** So many failures in a row, at least, before it opens. */
const failuresToOpen = 10;
/** And over so long, so that connections that break together do not count as an outage. */
const spanToOpenMs = 1000;
/** Failures that lie further apart are no row. */
const rowEndsAfterMs = 60_000;
/** Failures in a row that open it again while calls are let back in. */
const failuresToReopen = 3;
const shortestOpenMs = 1000;
const longestOpenMs = 30_000;

/** How long it stays open the `times`-th time in a row (1 for the first), in milliseconds; `random` from 0 to 1 takes up to half of it away. */
export function toOpenMs(times: number, random: number): number {
  return Math.min(longestOpenMs, shortestOpenMs * 2 ** Math.min(times - 1, 20)) * (1 - random / 2);
}

/** Makes a circuit, closed. One is for one address of Fullscript's API. */
export function createCircuit(needs: CircuitNeeds): Circuit {
  const now = () => needs.now().getTime();
  /** Endpoints that failed since the last answer, whichever it was from. */
  const failing = new Set<string>();
  let failures = 0;
  let rowSince = 0;
  let lastFailureAt = 0;
  let lastAnswerAt = -Infinity;
  let timesOpened = 0;
  let downSince = 0;
  /** Null while it is closed. */
  let openUntil: number | null = null;
  let isTrying = false;
  let slots = needs.slots;

  function setSlots(count: number): void {
    if (count === slots) return;
    slots = count;
    needs.onSlots(count);
  }

  function open(at: number): void {
    timesOpened += 1;
    const openMs = toOpenMs(timesOpened, needs.random());
    if (openUntil === null) {
      if (timesOpened === 1) downSince = rowSince;
      const fields = { circuit: 'open', failures, endpoints: failing.size, retryInMs: Math.round(openMs) };
      needs.log.warn(fields, 'Fullscript is down: calls to it are refused until one gets through');
    }
    openUntil = at + openMs;
    isTrying = false;
  }

  function noteAnswer(at: number): void {
    lastAnswerAt = at;
    failures = 0;
    failing.clear();
    if (openUntil !== null) {
      openUntil = null;
      isTrying = false;
      setSlots(1);
      needs.log.info(
        { circuit: 'closed', downMs: at - downSince },
        'Fullscript is back: calls go out again, few at a time at first',
      );
    } else if (slots < needs.slots) {
      setSlots(slots + 1);
    }
    if (slots === needs.slots) timesOpened = 0;
  }

  function noteFailure(endpoint: string, beganAt: number, at: number): void {
    if (at - lastFailureAt > rowEndsAfterMs && openUntil === null) {
      failures = 0;
      failing.clear();
    }
    if (failures === 0) rowSince = Math.max(beganAt, lastAnswerAt);
    failures += 1;
    lastFailureAt = at;
    failing.add(endpoint);
    if (openUntil !== null) return;
    const isReturning = slots < needs.slots;
    const isDown = isReturning
      ? failures >= failuresToReopen
      : failures >= failuresToOpen && at - rowSince >= spanToOpenMs;
    if (isDown) open(at);
  }

  const isHalfOpen = () => openUntil !== null && now() >= openUntil;

  function findRefusal(endpoint: string): number | null {
    if (openUntil === null || !failing.has(endpoint)) return null;
    if (now() < openUntil) return Math.max(1, openUntil - now());
    return isTrying ? shortestOpenMs : null;
  }

  return {
    state: () => (openUntil === null ? 'closed' : isHalfOpen() ? 'half_open' : 'open'),
    findRefusal,
    enter(endpoint, insists = false) {
      const isRefused = findRefusal(endpoint) !== null;
      if (isRefused && !insists) return null;
      // Who insists goes out anyway and leaves the trial to others: otherwise one endpoint that goes on failing could keep it from all.
      const isTrial = isHalfOpen() && !isTrying && !isRefused && !insists;
      if (isTrial) isTrying = true;
      const beganAt = now();
      // What is left of an earlier outage must not decide about a later one.
      const within = openUntil;
      let ended = false;
      return {
        end(sign) {
          if (ended) return;
          ended = true;
          const at = now();
          if (sign === 'answered') return noteAnswer(at);
          if (sign === 'failed') noteFailure(endpoint, beganAt, at);
          if (!isTrial || openUntil === null || openUntil !== within) return;
          if (sign === 'failed') open(at);
          else isTrying = false;
        },
      };
    },
  };
}
