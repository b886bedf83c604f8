import type { QueryRunner, Table } from 'typeorm';

/**
 * Creates tables with their indexes. On MySQL and MariaDB they get a collation that compares byte by byte and does not ignore
 * trailing blanks, as SQLite does by itself, because ids are opaque. A table that a crash left behind is taken as it is:
 * these engines cannot roll back a CREATE TABLE.
 */
export async function createTables(queryRunner: QueryRunner, tables: readonly Table[]): Promise<void> {
  const collation = await findCollation(queryRunner);
  for (const table of tables) {
    await queryRunner.createTable(table.clone(), true);
    if (collation !== null) {
      await queryRunner.query(`ALTER TABLE \`${table.name}\` CONVERT TO CHARACTER SET utf8mb4 COLLATE ${collation}`);
    }
  }
}

/** Drops tables, those first that were created last; a missing one is passed over. */
export async function dropTables(queryRunner: QueryRunner, tables: readonly Table[]): Promise<void> {
  for (const table of tables.toReversed()) await queryRunner.dropTable(table.name, true);
}

async function findCollation(queryRunner: QueryRunner): Promise<string | null> {
  if (queryRunner.dataSource.options.type === 'better-sqlite3') return null;
  const rows = (await queryRunner.query('SELECT VERSION() AS version')) as { version: string }[];
  return /mariadb/i.test(rows[0]?.version ?? '') ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
}
