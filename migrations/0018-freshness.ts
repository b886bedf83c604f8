import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'refresh_claim',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'kind', type: 'varchar', length: '32', isPrimary: true },
      { name: 'subject', type: 'varchar', length: '255', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'owner', type: 'varchar', length: '36' },
      { name: 'held_until', type: 'varchar', length: '24' },
      { name: 'failures', type: 'integer' },
    ],
    indices: [{ name: 'refresh_claim_by_end', columnNames: ['held_until'] }],
  }),
];

/** When a copy was called into question; it counts while it is not older than the copy's own time. */
const doubts = [
  { table: 'fullscript_patient', column: 'doubted_at' },
  { table: 'product_variant', column: 'expired_at' },
] as const;

export class KeepFreshness1772400018000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
    for (const { table, column } of doubts) {
      // A crash may have left it behind on engines that cannot roll it back.
      if (await queryRunner.hasColumn(table, column)) continue;
      await queryRunner.query(`ALTER TABLE ${table} ADD COLUMN ${column} varchar(24)`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { table, column } of doubts) {
      if (await queryRunner.hasColumn(table, column))
        await queryRunner.query(`ALTER TABLE ${table} DROP COLUMN ${column}`);
    }
    await dropTables(queryRunner, tables);
  }
}
