import { spawn, type ChildProcess } from 'node:child_process';
import { waitFor } from './reading.ts';

/** A process of the service, or the operators' command, run from its source. */
export interface SpawnedProcess {
  child: ChildProcess;
  /** What it has written so far to standard output and standard error. */
  written: { out: string; err: string };
  /** Both, in the order in which they came. */
  output(): string;
  /** The exit code, once everything it wrote has come; null after a signal that nobody handled. */
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
  const written = { out: '', err: '' };
  let text = '';
  const collect = (to: keyof typeof written) => (chunk: Buffer) => {
    written[to] += chunk.toString();
    text += chunk.toString();
  };
  child.stdout.on('data', collect('out'));
  child.stderr.on('data', collect('err'));
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return { child, written, output: () => text, ended };
}

/** Where a spawned web process listens, as soon as it does; throws after two minutes. */
export function findUrl(spawned: SpawnedProcess): Promise<string> {
  return waitFor('the process to listen', () => /"url":"(http[^"]+)"/.exec(spawned.output())?.[1], 120_000);
}
