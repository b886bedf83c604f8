import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** Whether a `redis-server` is in the path. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** A port that nobody listens at. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a Redis that keeps nothing and ends with the test at the latest. */
export function startRedis(port: number): ChildProcess {
  const redis = spawn('redis-server', [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ]);
  onTestFinished(async () => {
    if (redis.exitCode !== null || redis.signalCode !== null) return;
    redis.kill('SIGKILL');
    await once(redis, 'exit');
  });
  return redis;
}

/** Starts a Redis of the test's own; gives its address. */
export async function startOwnRedis(): Promise<string> {
  const port = await findFreePort();
  startRedis(port);
  return `redis://127.0.0.1:${String(port)}`;
}
