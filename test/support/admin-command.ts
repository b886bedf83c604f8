import { PassThrough } from 'node:stream';
import { runAdmin } from '../../src/admin/run.ts';
import { readConfig } from '../../src/config.ts';
import type { Deployment } from './deployment.ts';

/** What came of a command. */
export interface Ran {
  code: number;
  out: string;
  err: string;
  /** Standard output as the objects of `--json`. */
  objects(): Record<string, unknown>[];
}

export interface RunOptions {
  env?: Record<string, string | undefined>;
  /** Runs on a terminal; this is what the operator types. */
  typed?: string;
  signal?: AbortSignal;
  /** Told of everything on standard error so far, whenever there is more. */
  onError?: (text: string) => void;
  /** Told of everything on standard output so far, whenever there is more. */
  onOutput?: (text: string) => void;
}

const never = new AbortController().signal;

/** Reads the lines of `--json`. */
export function readObjects(out: string): Record<string, unknown>[] {
  return out
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Record<string, unknown>);
}

/** Runs the operators' command in this process, over the deployment's environment, as operator `olga`. `line` is cut at its blanks. */
export async function runCommand(
  deployment: Pick<Deployment, 'env'>,
  line: string,
  options: RunOptions = {},
): Promise<Ran> {
  const isTTY = options.typed !== undefined;
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stdout = new PassThrough();
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 100 });
  let out = '';
  let err = '';
  stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    options.onOutput?.(out);
  });
  stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
    options.onError?.(err);
  });
  stdin.end(isTTY ? `${options.typed ?? ''}\n` : '');
  const code = await runAdmin(line.split(' '), {
    stdin,
    stdout,
    stderr,
    readConfig: () => readConfig({ ...deployment.env, ...options.env }),
    userName: 'olga',
    signal: options.signal ?? never,
  });
  return { code, out, err, objects: () => readObjects(out) };
}
