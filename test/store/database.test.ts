import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DatabaseFailure } from '../../src/store/database-failure.ts';
import { openDatabase } from '../../src/store/data-source.ts';
import { describeEachDatabase } from '../support/database.ts';
import { toUnique } from '../support/store.ts';

const insert = 'INSERT INTO job_lease (name) VALUES (?)';

describeEachDatabase('a database', (get) => {
  async function listNames(prefix: string): Promise<string[]> {
    const rows = await get().db.read<{ name: string }>('SELECT name FROM job_lease ORDER BY name');
    return rows.map((row) => row.name).filter((name) => name.startsWith(prefix));
  }

  it('keeps what others commit when an overlapping transaction is rolled back', async () => {
    const { db } = get();
    const run = toUnique('overlap');
    let proceed = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const first = db.write(async (tx) => {
      await tx.run(insert, [`${run}-rolled-back`]);
      await held;
      throw new Error('on purpose');
    });
    const second = db.write(async (tx) => {
      await tx.run(insert, [`${run}-second`]);
    });
    const third = db.write((tx) => tx.run(insert, [`${run}-third`]));
    // A read meanwhile neither waits nor sees what is not committed.
    expect(await listNames(`${run}-rolled-back`)).toEqual([]);
    proceed();
    await expect(first).rejects.toThrow('on purpose');
    await Promise.all([second, third]);
    expect(await listNames(run)).toEqual([`${run}-second`, `${run}-third`]);
  });

  it('compares ids byte by byte', async () => {
    const { db } = get();
    const run = toUnique('id');
    const ids = ['a', 'A', 'a ', 'a  ', 'á', 'a\u0301', 'ä', 'ß', 'ss', '😀', '😁', ''].map((id) => `${run}${id}`);
    await db.write(async (tx) => {
      for (const id of ids) await tx.run(insert, [id]);
    });
    for (const id of ids) {
      const rows = await db.read<{ name: string }>('SELECT name FROM job_lease WHERE name = ?', [id]);
      expect(rows).toEqual([{ name: id }]);
    }
    expect(await db.read('SELECT name FROM job_lease WHERE name = ?', [`${run}Ä`])).toEqual([]);
    const long = '😀'.repeat(255 - 30) + toUnique('x'.repeat(10)).padEnd(30, 'y').slice(0, 30);
    await db.write((tx) => tx.run(insert, [long]));
    expect(await listNames(long)).toEqual([long]);
  });

  it('tells a duplicate by its kind, and no value in the message', async () => {
    const { db } = get();
    const name = toUnique('canary');
    await db.write((tx) => tx.run(insert, [name]));
    const failure = await db.write((tx) => tx.run(insert, [name])).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DatabaseFailure);
    expect(failure).toMatchObject({ kind: 'duplicate' });
    expect(JSON.stringify(failure) + String(failure) + String((failure as Error).stack)).not.toContain(name);
    expect((failure as Error).cause).toBeUndefined();
  });

  it('answers a ping and holds JSON of more than 64 KiB', async () => {
    const { db } = get();
    await db.ping();
    const payload = JSON.stringify({ text: 'ä'.repeat(200_000) });
    const id = toUnique('big');
    await db.write((tx) =>
      tx.run(
        `INSERT INTO webhook_event (id, event_key, event_id, type, payload, source, received_at, state, attempts, run_at)
          VALUES (?, ?, 'e', 't', ?, 'own', '', 'DONE', 0, '')`,
        [id, id, payload],
      ),
    );
    const [row] = await db.read<{ payload: string }>('SELECT payload FROM webhook_event WHERE id = ?', [id]);
    expect(JSON.parse(row?.payload ?? '')).toEqual(JSON.parse(payload));
  });

  it('loses no update when many write the same row at once', async () => {
    const { db } = get();
    const id = toUnique('count').slice(0, 36);
    await db.write((tx) =>
      tx.run(
        `INSERT INTO webhook_event (id, event_key, event_id, type, payload, source, received_at, state, attempts, run_at)
          VALUES (?, ?, 'e', 't', '{}', 'own', '', 'DONE', 0, '')`,
        [id, id],
      ),
    );
    await Promise.all(
      Array.from({ length: 20 }, () =>
        db.write(async (tx) => {
          const suffix = tx.engine === 'sqlite' ? '' : 'FOR UPDATE';
          const [row] = await tx.read<{ attempts: number }>(
            `SELECT attempts FROM webhook_event WHERE id = ? ${suffix}`,
            [id],
          );
          await tx.run('UPDATE webhook_event SET attempts = ? WHERE id = ?', [(row?.attempts ?? 0) + 1, id]);
        }),
      ),
    );
    expect(await db.read('SELECT attempts FROM webhook_event WHERE id = ?', [id])).toEqual([{ attempts: 20 }]);
  });

  it('goes on after the server has cut its connections', async ({ skip }) => {
    const { db, url } = get();
    if (db.engine === 'sqlite') skip('there is no server');
    await Promise.all(Array.from({ length: 4 }, () => db.ping()));
    const other = await openDatabase({ url, poolSize: 1 });
    const cut = await other.read<{ id: number }>(
      'SELECT id AS id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
    );
    expect(cut.length).toBeGreaterThanOrEqual(1);
    for (const { id } of cut) await other.read(`KILL ${String(id)}`);
    await other.close();
    await expect.poll(() => db.ping().then(() => 'answers', String), { timeout: 5000 }).toBe('answers');
    await db.write((tx) => tx.run(insert, [toUnique('after')]));
  });

  it('begins a transaction again after a deadlock', async () => {
    const { db } = get();
    const [a, b] = [toUnique('a'), toUnique('b')];
    await db.write(async (tx) => {
      await tx.run(insert, [a]);
      await tx.run(insert, [b]);
    });
    const touch = 'UPDATE job_lease SET owner = ? WHERE name = ?';
    let bothHold: (() => void) | undefined;
    const meeting = new Promise<void>((resolve) => {
      bothHold = resolve;
    });
    let holding = 0;
    const cross = (first: string, second: string): Promise<void> =>
      db.write(async (tx) => {
        await tx.run(touch, ['x', first]);
        holding += 1;
        // SQLite lets one in at a time, so there nobody is waited for.
        if (holding === 2 || tx.engine === 'sqlite') bothHold?.();
        await meeting;
        await tx.run(touch, ['y', second]);
      });
    await Promise.all([cross(a, b), cross(b, a)]);
    const rows = await db.read<{ owner: string }>('SELECT owner FROM job_lease WHERE name IN (?, ?)', [a, b]);
    expect(rows.map((row) => row.owner).sort()).toEqual(['x', 'y']);
  });
});

describe('SQLite', () => {
  it('is shared by several processes without losing a write', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fullscript-test-'));
    const url = `sqlite:${join(folder, 'shared.db')}`;
    const db = await openDatabase({ url });
    try {
      await db.migrate();
      const children = ['one', 'two'].map((name) =>
        execFile(process.execPath, [
          '--import',
          'tsx',
          new URL('./write-process.ts', import.meta.url).pathname,
          url,
          name,
        ]),
      );
      const exits = Promise.all(children.map(async (child) => ((await once(child, 'exit')) as [number | null])[0]));
      let codes: (number | null)[] | undefined;
      void exits.then((all) => {
        codes = all;
      });
      let written = 0;
      // Writes for as long as the others do, so that all three are at it together.
      while (codes === undefined) {
        await db.write(async (tx) => {
          await tx.read('SELECT COUNT(*) AS total FROM job_lease');
          await tx.run(insert, [`parent-${String(written)}`]);
        });
        written += 1;
        await setImmediate();
      }
      expect(codes).toEqual([0, 0]);
      expect(await db.read('SELECT COUNT(*) AS total FROM job_lease')).toEqual([{ total: written + 300 }]);
    } finally {
      await db.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);

  it('needs the path of a file, and other addresses are refused without repeating them', async () => {
    await expect(openDatabase({ url: 'sqlite::memory:' })).rejects.toThrow('SQLite needs the path of a file');
    const refused = await openDatabase({ url: 'postgres://me:secret@host/db' }).catch((error: unknown) => error);
    expect(String(refused)).toContain('sqlite: or mysql:');
    expect(String(refused)).not.toContain('secret');
    await expect(openDatabase({ url: 'mysql://root@127.0.0.1:1/nothing' })).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });
});
