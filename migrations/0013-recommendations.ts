import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'recommendation',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'user_id', type: 'varchar', length: '255' },
      { name: 'idempotency_key', type: 'text', isNullable: true },
      { name: 'key_hash', type: 'varchar', length: '64', isNullable: true },
      { name: 'input_hash', type: 'varchar', length: '64' },
      { name: 'patient_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'clinic_key', type: 'varchar', length: '40' },
      { name: 'chart_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'state', type: 'varchar', length: '32' },
      { name: 'plan_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'fullscript_patient_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'created_patient', type: 'smallint' },
      { name: 'items_applied', type: 'smallint' },
      { name: 'created_at', type: 'varchar', length: '24' },
      { name: 'expires_at', type: 'varchar', length: '24' },
    ],
    indices: [
      { name: 'recommendation_of_key', columnNames: ['organization_id', 'user_id', 'key_hash'], isUnique: true },
      { name: 'recommendation_by_end', columnNames: ['expires_at'] },
    ],
  }),
];

export class CreateRecommendations1772400013000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
