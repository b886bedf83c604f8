import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createRateBudget, toUsable, type BudgetLedger, type BudgetPriority, type RateBudget } from './budget.ts';
import { createCallWindow, windowMs, type CountedCall } from './call-window.ts';
import type { FullscriptLog } from './settings.ts';

/**
 * One rolling window for everybody, by Redis's own clock: a sorted set of the times of the calls, and a key that lives as long as a pause.
 * Gives [0, used] when a call was counted, else [milliseconds, used].
 */
const takeScript = `
local time = redis.call('TIME')
local at = time[1] * 1000 + math.floor(time[2] / 1000)
local paused = redis.call('PTTL', KEYS[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at - tonumber(ARGV[1]))
local used = redis.call('ZCARD', KEYS[1])
if paused > 0 then return { paused, used } end
local usable = tonumber(ARGV[2])
if used < usable then
  redis.call('ZADD', KEYS[1], at, ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  return { 0, used + 1 }
end
local leaving = redis.call('ZRANGE', KEYS[1], used - usable, used - usable, 'WITHSCORES')
return { math.max(1, tonumber(leaving[2]) + tonumber(ARGV[1]) - at), used }
`;

const pauseScript = `
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
return 0
`;

/** Gives how many calls are counted now. */
const countScript = `
local time = redis.call('TIME')
local at = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZCOUNT', KEYS[1], '(' .. (at - tonumber(ARGV[1])), '+inf')
`;

/** How long Redis is left alone after it failed to answer. */
const askAgainAfterMs = 2000;
/** For how long after Redis is back each process still keeps to its own share: until all others have told what they used. Longer than connecting takes. */
const settlesWithinMs = 10_000;
/** How old the known count may be when somebody looks at it, before it is asked for anew. */
const countKeptMs = 1000;
/** Calls that are reported to Redis in one command. */
const reportedAtOnce = 500;

export interface RedisBudgetNeeds {
  redisUrl: string;
  /** Calls per 300 s of the whole deployment. */
  limit: number;
  /** What this process may use alone while Redis is away. */
  localLimit: number;
  /** Names the budget in Redis; deployments with different Fullscript apps need different ones. */
  name: string;
  log: FullscriptLog;
  now?: (() => Date) | undefined;
  /** How long Redis may take to answer before the local share is used, in milliseconds. Default 250. */
  answerWithinMs?: number | undefined;
}

/**
 * One budget for several processes over Redis. While Redis is away each process keeps to its local share (logged when it changes), at first to its share
 * of what was left when Redis was last heard of; so a lost Redis slows nothing down and oversteps nothing. When it is back, maybe empty, each process
 * first reports the calls that Redis does not know of. Connecting happens in the background.
 */
export function createRedisBudget(needs: RedisBudgetNeeds): RateBudget {
  const now = needs.now ?? (() => new Date());
  const callsKey = `fullscript-budget:{${needs.name}}:calls`;
  const pauseKey = `fullscript-budget:{${needs.name}}:pause`;
  const own = createCallWindow(now);
  const redis = new Redis(needs.redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: needs.answerWithinMs ?? 250,
    connectTimeout: 2000,
    retryStrategy: (times) => Math.min(5000, 100 * 2 ** Math.min(times, 6)),
  });
  let used = 0;
  let usedAt = 0;
  let isShared = false;
  let hasComplained = false;
  let askAgainAt = 0;
  let pausedUntil = 0;
  /** Own calls that Redis may not know of, and whether there is anything to tell, a pause maybe. */
  let unreported: CountedCall[] = [];
  let mustReport = false;
  let reporting: NodeJS.Timeout | undefined;
  /** What this process may use until when, while the calls of others that Redis counted are still in the window. */
  let firstShare: { limit: number; untilMs: number } | null = null;

  const nowMs = () => now().getTime();

  function noteAway(): void {
    if (isShared || !hasComplained) {
      needs.log.warn({ budget: needs.name }, 'Redis is away: keeping to the local share of the call budget');
    }
    if (isShared && !findFirstShare()) {
      const left = Math.max(0, needs.limit - Math.max(used, own.count()));
      const share = Math.floor((left * needs.localLimit) / needs.limit);
      firstShare = { limit: Math.min(needs.localLimit, own.count() + share), untilMs: nowMs() + windowMs };
    }
    hasComplained = true;
    isShared = false;
  }

  function noteBack(): void {
    if (hasComplained && !isShared) needs.log.info({ budget: needs.name }, 'Redis is back: sharing the call budget');
    isShared = true;
    if (firstShare) firstShare.untilMs = Math.min(firstShare.untilMs, nowMs() + settlesWithinMs);
  }

  function findFirstShare(): { limit: number; untilMs: number } | null {
    if (firstShare && nowMs() >= firstShare.untilMs) firstShare = null;
    return firstShare;
  }

  /** 0, or how long to wait until this process alone may make another call. */
  function toLocalWaitMs(limit: number, priority: BudgetPriority): number {
    const waitMs = own.toWaitMs(toUsable(limit, priority));
    return firstShare ? Math.min(waitMs, firstShare.untilMs - nowMs()) : waitMs;
  }

  const toLocalLimit = () => findFirstShare()?.limit ?? needs.localLimit;

  // Without a listener a connection that fails would end the process.
  redis.on('error', () => noteAway());
  // It may have been started anew, and know nothing.
  redis.on('ready', () => {
    unreported = [...own.list()];
    mustReport = true;
    // At once, also when nobody calls: the others have to know.
    report().catch(() => reportSoon());
  });

  async function count(): Promise<void> {
    usedAt = nowMs();
    const counted = await redis.eval(countScript, 1, callsKey, windowMs);
    if (typeof counted === 'number') used = counted;
  }

  /** Tells Redis of the calls it does not know, at the times it would have counted them. Throws when it does not answer. */
  async function report(): Promise<void> {
    const calls = [...unreported];
    const pauseMs = pausedUntil - nowMs();
    if (pauseMs > 0) await redis.eval(pauseScript, 1, pauseKey, Math.ceil(pauseMs));
    if (calls.length > 0) {
      const [seconds, microseconds] = await redis.time();
      const ahead = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000) - nowMs();
      for (let from = 0; from < calls.length; from += reportedAtOnce) {
        const pairs = calls.slice(from, from + reportedAtOnce).flatMap(({ id, atMs }) => [atMs + ahead, id]);
        await redis.zadd(callsKey, 'NX', ...pairs);
      }
      await redis.pexpire(callsKey, windowMs);
    }
    await count();
    // What was made meanwhile is told the next time.
    const told = new Set(calls);
    unreported = unreported.filter((call) => !told.has(call));
    mustReport = unreported.length > 0;
    noteBack();
  }

  /** Tries again after a while, and until it is done or the connection is lost: then the next connection begins with it. */
  function reportSoon(): void {
    clearTimeout(reporting);
    reporting = setTimeout(() => {
      if (mustReport && redis.status === 'ready') report().catch(() => reportSoon());
    }, askAgainAfterMs);
    reporting.unref();
  }

  function toPermit(call: CountedCall, isCounted: boolean): { giveBack(): void } {
    return {
      giveBack() {
        own.remove(call);
        unreported = unreported.filter((other) => other !== call);
        if (isCounted && redis.status === 'ready') redis.zrem(callsKey, call.id).catch(() => noteAway());
      },
    };
  }

  function takeLocally(priority: BudgetPriority, id: string): ReturnType<BudgetLedger['tryTake']> {
    const pausedMs = pausedUntil - nowMs();
    if (pausedMs > 0) return Promise.resolve(pausedMs);
    const waitMs = toLocalWaitMs(toLocalLimit(), priority);
    if (waitMs > 0) return Promise.resolve(waitMs);
    const call = own.add(id);
    unreported.push(call);
    mustReport = true;
    return Promise.resolve(toPermit(call, false));
  }

  const ledger: BudgetLedger = {
    async tryTake(priority) {
      const id = randomUUID();
      if (redis.status === 'ready' && nowMs() >= askAgainAt) {
        try {
          if (mustReport || !isShared) await report();
          const share = findFirstShare();
          const localWaitMs = share ? toLocalWaitMs(share.limit, priority) : 0;
          if (localWaitMs > 0) return localWaitMs;
          const usable = toUsable(needs.limit, priority);
          const answer = await redis.eval(takeScript, 2, callsKey, pauseKey, windowMs, usable, id);
          if (Array.isArray(answer) && typeof answer[0] === 'number' && typeof answer[1] === 'number') {
            noteBack();
            used = answer[1];
            usedAt = nowMs();
            return answer[0] === 0 ? toPermit(own.add(id), true) : answer[0];
          }
        } catch {
          // Falls through to the local share, and stays there for a while: a Redis that hangs must not hold up every call.
          askAgainAt = nowMs() + askAgainAfterMs;
          reportSoon();
        }
      }
      noteAway();
      // Under the same name, since Redis may have counted it without being heard.
      return takeLocally(priority, id);
    },
    pause(milliseconds) {
      pausedUntil = Math.max(pausedUntil, nowMs() + milliseconds);
      if (milliseconds < 1) return;
      if (redis.status !== 'ready') {
        mustReport = true;
        return;
      }
      redis.eval(pauseScript, 1, pauseKey, Math.ceil(milliseconds)).catch(() => {
        mustReport = true;
        noteAway();
      });
    },
    limit: () => (isShared ? needs.limit : toLocalLimit()),
    used() {
      if (!isShared) return own.count();
      if (nowMs() - usedAt >= countKeptMs && redis.status === 'ready') {
        count().catch(() => noteAway());
      }
      return used;
    },
    isShared: () => isShared,
    close() {
      clearTimeout(reporting);
      redis.disconnect();
      return Promise.resolve();
    },
  };
  return createRateBudget({ ledger, now });
}
