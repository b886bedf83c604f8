import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { readEnvironment } from '../config.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const sources = join(repository, 'src/demo/page');
const output = join(repository, 'dist/demo-page');

/** A file of the built page. */
export interface PageFile {
  body: Buffer<ArrayBuffer>;
  /** For the `content-type` header. */
  type: string;
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function isCurrent(): Promise<boolean> {
  try {
    const builtMs = (await stat(join(output, 'index.html'))).mtimeMs;
    const changedMs = await Promise.all((await listFiles(sources)).map(async (file) => (await stat(file)).mtimeMs));
    return changedMs.every((changed) => changed <= builtMs);
  } catch {
    return false;
  }
}

/** Builds beside the output and swaps it in whole, so that two demos that start at once do not read each other's halves. */
async function build(): Promise<Map<string, PageFile>> {
  const fresh = `${output}.${process.pid}`;
  const begun = new Date();
  await mkdir(join(repository, 'dist'), { recursive: true });
  const vite = spawn(
    process.execPath,
    [
      join(repository, 'node_modules/vite/bin/vite.js'),
      'build',
      '--config',
      join(sources, 'vite.config.ts'),
      '--outDir',
      fresh,
      '--emptyOutDir',
      '--logLevel',
      'error',
    ],
    { cwd: sources, stdio: ['ignore', 'pipe', 'pipe'], env: { ...readEnvironment(), NO_COLOR: '1' } },
  );
  let said = '';
  vite.stdout.on('data', (text: Buffer) => (said += text.toString()));
  vite.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    vite.once('error', reject);
    vite.once('exit', resolve);
  });
  if (exitCode !== 0) throw new Error(`The demo's page could not be built:\n${said.trim()}`);
  // A source that changes while the bundler runs may be missing from the build, so the build is as old as its beginning.
  await utimes(join(fresh, 'index.html'), begun, begun);
  const files = await readFiles(fresh);
  const replaced = `${output}.${process.pid}.replaced`;
  try {
    await rename(output, replaced).catch(() => undefined);
    await rename(fresh, output);
  } catch {
    // Another demo was quicker; its build is as good.
  } finally {
    await Promise.all([fresh, replaced].map((folder) => rm(folder, { recursive: true, force: true })));
  }
  return files;
}

async function readFiles(folder: string): Promise<Map<string, PageFile>> {
  const files = await listFiles(folder);
  return new Map(
    await Promise.all(
      files.map(async (file): Promise<[string, PageFile]> => {
        const path = `/${relative(folder, file).split(sep).join('/')}`;
        return [path, { body: await readFile(file), type: types[extname(file)] ?? 'application/octet-stream' }];
      }),
    ),
  );
}

/**
 * The built page's files by their path on the site, `/index.html` among them. Builds first when there is no build or the
 * sources are newer. Throws with the bundler's own words when building fails.
 */
export async function loadPage(): Promise<Map<string, PageFile>> {
  if (await isCurrent()) {
    const files = await readFiles(output).catch(() => null);
    if (files?.has('/index.html')) return files;
  }
  return build();
}
