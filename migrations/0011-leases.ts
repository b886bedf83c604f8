import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'job_lease',
    columns: [
      { name: 'name', type: 'varchar', length: '255', isPrimary: true },
      { name: 'owner', type: 'varchar', length: '255', isNullable: true },
      { name: 'held_until', type: 'varchar', length: '24', isNullable: true },
      { name: 'last_finished_at', type: 'varchar', length: '24', isNullable: true },
    ],
  }),
];

export class CreateLeases1772400011000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
