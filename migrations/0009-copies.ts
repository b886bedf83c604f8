import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'copy_sync',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'kind', type: 'varchar', length: '32', isPrimary: true },
      { name: 'subject', type: 'varchar', length: '255', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'synced_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'expired_at', type: 'varchar', length: '24', isNullable: true },
    ],
  }),
];

export class CreateCopies1772400009000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
