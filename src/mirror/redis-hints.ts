import { Redis } from 'ioredis';
import type { ChangeHints } from './live-changes.ts';

const retryStrategy = (times: number): number => Math.min(5000, 100 * 2 ** Math.min(times, 6));

/**
 * Hints over Redis. They say that there is something new and nothing of what; while Redis is away none arrive, and the feed is looked at more often
 * instead. Connecting happens in the background.
 */
export function createRedisHints(needs: {
  redisUrl: string;
  /** Names the deployment; those with different Fullscript apps need different ones. */
  name: string;
}): ChangeHints {
  const channel = `fullscript-changes:{${needs.name}}`;
  const connect = (): Redis => {
    const redis = new Redis(needs.redisUrl, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 2000,
      retryStrategy,
    });
    // Without a listener a connection that fails would end the process; the budget's own connection tells operators of it.
    redis.on('error', () => undefined);
    return redis;
  };
  const sending = connect();
  let listening: Redis | null = null;

  return {
    send() {
      if (sending.status === 'ready') sending.publish(channel, '').catch(() => undefined);
    },
    listen(onHint) {
      const redis = connect();
      listening = redis;
      // Hints that were sent before the connection was there are made good by looking.
      redis.on('ready', () => {
        redis.subscribe(channel).then(onHint, () => undefined);
      });
      redis.on('message', onHint);
      return () => {
        redis.disconnect();
        if (listening === redis) listening = null;
      };
    },
    isConnected: () => listening?.status === 'ready',
    close() {
      sending.disconnect();
      listening?.disconnect();
      return Promise.resolve();
    },
  };
}
