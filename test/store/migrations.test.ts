import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { migrations } from '../../migrations/all.ts';
import type { Database } from '../../src/store/database.ts';
import { testDatabases } from '../support/database.ts';

const names = migrations.map((migration) => migration.name);

async function listTables(db: Database): Promise<string[]> {
  const rows = await db.read<{ name: string }>(
    db.engine === 'sqlite'
      ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
      : 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
  );
  return rows.map((row) => row.name).sort();
}

describe.each(testDatabases())('migrations on $name', (engine) => {
  it('lead from nothing to exactly the tables that the code describes', async () => {
    const test = await engine.open({ migrate: false });
    try {
      expect(await test.db.pendingMigrations()).toEqual(names);
      expect(await test.db.migrate()).toEqual(names);
      expect(await test.db.pendingMigrations()).toEqual([]);
      const drift = await test.db.dataSource.driver.createSchemaBuilder().log();
      expect(drift.upQueries.map((query) => query.query)).toEqual([]);
      expect(await listTables(test.db)).toEqual(
        [...test.db.dataSource.entityMetadatas.map((entity) => entity.tableName), 'migrations'].sort(),
      );
      expect(await test.db.migrate()).toEqual([]);
    } finally {
      await test.close();
    }
  }, 120_000);

  it('go all the way back and up again', async () => {
    const test = await engine.open();
    try {
      for (const name of names.toReversed()) expect(await test.db.revertMigration()).toBe(name);
      expect(await test.db.revertMigration()).toBeNull();
      expect(await listTables(test.db)).toEqual(['migrations']);
      expect(await test.db.migrate()).toEqual(names);
    } finally {
      await test.close();
    }
  }, 120_000);

  it('can be repeated, both ways, when a crash came before they were noted', async () => {
    const test = await engine.open();
    try {
      const noted = await test.db.read<{ timestamp: string; name: string }>('SELECT timestamp, name FROM migrations');
      for (const name of names) {
        await test.db.write((tx) => tx.run('DELETE FROM migrations WHERE name = ?', [name]));
        expect(await test.db.migrate()).toEqual([name]);
      }
      await test.db.write((tx) => tx.run('DELETE FROM migrations'));
      for (const { timestamp, name } of noted)
        await test.db.write((tx) =>
          tx.run('INSERT INTO migrations (timestamp, name) VALUES (?, ?)', [timestamp, name]),
        );
      for (const name of names.toReversed()) {
        expect(await test.db.revertMigration()).toBe(name);
        const row = noted.find((each) => each.name === name);
        await test.db.write((tx) =>
          tx.run('INSERT INTO migrations (timestamp, name) VALUES (?, ?)', [row?.timestamp ?? '', name]),
        );
        expect(await test.db.revertMigration()).toBe(name);
      }
      expect(await listTables(test.db)).toEqual(['migrations']);
    } finally {
      await test.close();
    }
  }, 240_000);

  it('take turns when four processes start at once', async () => {
    const test = await engine.open({ migrate: false });
    const children: ChildProcess[] = [];
    try {
      const runs = await Promise.all(
        Array.from({ length: 4 }, async () => {
          const child = fork(new URL('./migrate-process.ts', import.meta.url), [test.url], {
            execArgv: ['--import', 'tsx'],
          });
          children.push(child);
          const answers: unknown[] = [];
          child.on('message', (message) => answers.push(message));
          const [code] = (await once(child, 'exit')) as [number | null];
          return { code, ran: answers[0] };
        }),
      );
      expect(runs.map((run) => run.code)).toEqual([0, 0, 0, 0]);
      expect(runs.flatMap((run) => run.ran as string[]).sort()).toEqual([...names].sort());
      expect(await test.db.pendingMigrations()).toEqual([]);
    } finally {
      for (const child of children) child.kill();
      await test.close();
    }
  }, 120_000);
});
