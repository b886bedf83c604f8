import { spawn, type ChildProcess } from 'node:child_process';
import { waitFor } from './reading.ts';

/** A process of the service, run from its source. */
export interface SpawnedProcess {
  child: ChildProcess;
  /** Everything it has written so far. */
  output(): string;
  /** The exit code; null after a signal. */
  ended: Promise<number | null>;
}

/** Starts a process (`src/main.ts` by default) with this environment and nothing else of the test's own. */
export function spawnProcess(
  env: Record<string, string | undefined>,
  file = 'src/main.ts',
  ...args: string[]
): SpawnedProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const collect = (chunk: Buffer) => void (text += chunk.toString());
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { child, output: () => text, ended };
}

/** Where a spawned web process listens, as soon as it does; throws after two minutes. */
export function findUrl(spawned: SpawnedProcess): Promise<string> {
  return waitFor('the process to listen', () => /"url":"(http[^"]+)"/.exec(spawned.output())?.[1], 120_000);
}
