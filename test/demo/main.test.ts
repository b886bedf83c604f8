import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const freePorts = { DEMO_PORT: '0', PORT: '0', EMR_PORT: '0', SANDBOX_PORT: '0' };

let folder: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-main-'));
});

afterEach(async () => {
  child?.kill('SIGKILL');
  child = undefined;
  await rm(folder, { recursive: true, force: true });
});

function start(environment: Record<string, string>) {
  const started = spawn(process.execPath, ['--import', 'tsx', 'src/demo/main.ts'], {
    cwd: repository,
    env: { ...process.env, DATABASE_URL: `sqlite:${join(folder, 'demo.db')}`, ...freePorts, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  const said = { out: '', err: '' };
  started.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  started.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const exit = once(started, 'exit').then(([code]) => code as number | null);
  return { child: started, said, exit };
}

describe('npm start', () => {
  it('prints what to open and to paste, which works, and stops on Ctrl-C with 0', async () => {
    const startedAtMs = performance.now();
    const { child: demo, said, exit } = start({});
    await expect.poll(() => said.out.includes('Ready after') || said.err, { timeout: 60_000 }).toBe(true);
    expect(performance.now() - startedAtMs).toBeLessThan(60_000);

    const url = /EMR page +(\S+)/.exec(said.out)?.[1] ?? '';
    expect((await fetch(url)).status).toBe(200);
    expect(said.out).toMatch(/admin +Grace Holm\n +ey/);
    expect(said.out).toMatch(/practitioner +Dr. Ada Lindqvist\n +ey/);
    expect(said.out).toMatch(/staff +Carla Reyes\n +ey/);

    const curl = /curl -s (\S+) \\\n  -H '(.+?): (.+?)' \\\n  -H '(.+?): (.+?)' \\\n  -d '(.+)'\n/.exec(said.out) ?? [];
    const [, address = '', name = '', value = '', otherName = '', otherValue = '', body = ''] = curl;
    const headers = { [name]: value, [otherName]: otherValue };
    const answer = await fetch(address, { method: 'POST', headers, body });
    expect(await answer.json()).toMatchObject({ data: { fullscriptViewer: { connectionStatus: 'NOT_CONNECTED' } } });

    demo.kill('SIGINT');
    demo.kill('SIGINT');
    expect(await exit).toBe(0);
    expect(said.out).toContain('Stopped.');
    expect(said.err).toBe('');
    await expect(fetch(url)).rejects.toThrow(TypeError);
  }, 90_000);

  it('stops on SIGTERM while it is still starting', async () => {
    const { child: demo, said, exit } = start({});
    await expect.poll(() => said.out.includes('Starting'), { timeout: 30_000 }).toBe(true);
    demo.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(said.out).not.toContain('Ready after');
  }, 60_000);

  it('says plainly which port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { said, exit } = start({ EMR_PORT: String(port) });
    expect(await exit).toBe(1);
    expect(said.err.trim()).toBe(`Port ${port} is taken. Stop what listens there, or set EMR_PORT to another port.`);
    await new Promise((resolve) => other.close(resolve));
  }, 60_000);

  it('says plainly which port cannot be read', async () => {
    const { said, exit } = start({ DEMO_PORT: 'four thousand' });
    expect(await exit).toBe(1);
    expect(said.err.trim()).toBe('DEMO_PORT must be a port number from 0 to 65535.');
  }, 60_000);
});
