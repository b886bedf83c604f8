import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import {
  createLocalLedger,
  createRateBudget,
  toReserve,
  windowMs,
  type BudgetLedger,
  type RateBudget,
} from './budget.ts';
import type { FullscriptLog } from './settings.ts';

/**
 * One rolling window for everybody, by Redis's own clock: a sorted set of the times of the calls, and a key that lives as long as a pause.
 * Gives [0, used] when a call was taken, else [milliseconds, used].
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

/** How long Redis is left alone after it failed to answer. */
const askAgainAfterMs = 2000;

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
 * One budget for several processes over Redis. While Redis is away each process keeps to its local share (logged when it changes), so a lost Redis
 * slows nothing down and oversteps nothing. Connecting happens in the background.
 */
export function createRedisBudget(needs: RedisBudgetNeeds): RateBudget {
  const now = needs.now ?? (() => new Date());
  const callsKey = `fullscript-budget:{${needs.name}}:calls`;
  const pauseKey = `fullscript-budget:{${needs.name}}:pause`;
  const reserve = toReserve(needs.limit);
  const local = createLocalLedger({ limit: needs.localLimit, now });
  const redis = new Redis(needs.redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: needs.answerWithinMs ?? 250,
    connectTimeout: 2000,
    retryStrategy: (times) => Math.min(5000, 100 * 2 ** Math.min(times, 6)),
  });
  let used = 0;
  let isShared = false;
  let hasComplained = false;
  let askAgainAt = 0;

  function noteAway(): void {
    if (isShared || !hasComplained) {
      needs.log.warn({ budget: needs.name }, 'Redis is away: keeping to the local share of the call budget');
    }
    hasComplained = true;
    isShared = false;
  }

  function noteBack(): void {
    if (hasComplained && !isShared) needs.log.info({ budget: needs.name }, 'Redis is back: sharing the call budget');
    isShared = true;
  }

  // Without a listener a connection that fails would end the process.
  redis.on('error', () => noteAway());

  const ledger: BudgetLedger = {
    async tryTake(priority) {
      if (redis.status === 'ready' && now().getTime() >= askAgainAt) {
        try {
          const usable = priority === 'interactive' ? needs.limit : needs.limit - reserve;
          const answer = await redis.eval(takeScript, 2, callsKey, pauseKey, windowMs, usable, randomUUID());
          if (Array.isArray(answer) && typeof answer[0] === 'number' && typeof answer[1] === 'number') {
            noteBack();
            used = answer[1];
            // Counted here too, so that the local share is not fresh when Redis goes away.
            if (answer[0] === 0) await local.tryTake('interactive');
            return answer[0];
          }
        } catch {
          // Falls through to the local share, and stays there for a while: a Redis that hangs must not hold up every call.
          askAgainAt = now().getTime() + askAgainAfterMs;
        }
      }
      noteAway();
      return local.tryTake(priority);
    },
    pause(milliseconds) {
      local.pause(milliseconds);
      if (redis.status !== 'ready' || milliseconds < 1) return;
      redis.eval(pauseScript, 1, pauseKey, Math.ceil(milliseconds)).catch(() => noteAway());
    },
    used: () => (isShared ? used : local.used()),
    isShared: () => isShared,
    close() {
      redis.disconnect();
      return Promise.resolve();
    },
  };
  return createRateBudget({ limit: needs.limit, ledger, now });
}
