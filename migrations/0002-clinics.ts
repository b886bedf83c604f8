import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'clinic',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'id', type: 'varchar', length: '255' },
      { name: 'environment', type: 'varchar', length: '32' },
      { name: 'name', type: 'text' },
      { name: 'discount_percent', type: 'double', isNullable: true },
      { name: 'synced_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'swept_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'sweep_cursor', type: 'text', isNullable: true },
    ],
  }),
];

export class CreateClinics1772400002000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
