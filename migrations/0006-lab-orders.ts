import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'lab_order',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'fullscript_patient_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'fullscript_practitioner_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'treatment_plan_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'name', type: 'text', isNullable: true },
      { name: 'raw_status', type: 'text' },
      { name: 'status', type: 'varchar', length: '32' },
      { name: 'tests', type: 'json' },
      { name: 'created_at', type: 'varchar', length: '24' },
      { name: 'updated_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'synced_at', type: 'varchar', length: '24' },
    ],
    indices: [
      {
        name: 'lab_order_of_patient',
        columnNames: ['clinic_key', 'fullscript_patient_id', 'created_at', 'id', 'status'],
      },
      {
        name: 'lab_order_of_practitioner',
        columnNames: ['clinic_key', 'fullscript_practitioner_id', 'created_at', 'id', 'status'],
      },
      { name: 'lab_order_of_plan', columnNames: ['clinic_key', 'treatment_plan_id'] },
      { name: 'lab_order_by_id', columnNames: ['organization_id', 'id'] },
      { name: 'lab_order_by_sync', columnNames: ['clinic_key', 'synced_at'] },
    ],
  }),
  new Table({
    name: 'lab_result',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'lab_order_id', type: 'varchar', length: '255' },
      { name: 'fullscript_patient_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'position', type: 'integer' },
      { name: 'name', type: 'text', isNullable: true },
      { name: 'raw_status', type: 'text', isNullable: true },
      { name: 'has_file', type: 'smallint' },
      { name: 'available_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'amended', type: 'smallint' },
      { name: 'amended_now', type: 'smallint' },
      { name: 'version', type: 'integer' },
      { name: 'synced_at', type: 'varchar', length: '24' },
    ],
    indices: [
      { name: 'lab_result_of_order', columnNames: ['clinic_key', 'lab_order_id', 'position'] },
      { name: 'lab_result_by_id', columnNames: ['organization_id', 'id'] },
    ],
  }),
];

export class CreateLabOrders1772400006000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
