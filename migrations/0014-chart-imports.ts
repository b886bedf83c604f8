import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'chart_import',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'clinic_key', type: 'varchar', length: '40' },
      { name: 'chart_id', type: 'varchar', length: '255' },
      { name: 'plan_id', type: 'varchar', length: '255' },
      { name: 'plan_version', type: 'varchar', length: '64' },
      { name: 'plan_record', type: 'json' },
      { name: 'patient_id', type: 'varchar', length: '255' },
      { name: 'imported_by', type: 'varchar', length: '255' },
      { name: 'state', type: 'varchar', length: '32' },
      { name: 'started_at', type: 'varchar', length: '24' },
      { name: 'imported_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'attempts', type: 'integer' },
      { name: 'run_at', type: 'varchar', length: '24' },
    ],
    indices: [
      { name: 'chart_import_of_chart', columnNames: ['organization_id', 'chart_id'] },
      { name: 'chart_import_of_plan', columnNames: ['organization_id', 'plan_id'] },
      { name: 'chart_import_due', columnNames: ['state', 'run_at', 'id'] },
    ],
  }),
  new Table({
    name: 'chart_import_item',
    columns: [
      { name: 'id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'chart_import_id', type: 'varchar', length: '36' },
      { name: 'item_key', type: 'varchar', length: '64' },
      { name: 'position', type: 'integer' },
      { name: 'recommendation_id', type: 'text' },
      { name: 'variant_id', type: 'varchar', length: '255' },
      { name: 'name', type: 'text' },
      { name: 'brand', type: 'text', isNullable: true },
      { name: 'dosage', type: 'json', isNullable: true },
      { name: 'take_with', type: 'text', isNullable: true },
      { name: 'units_to_purchase', type: 'double', isNullable: true },
      { name: 'refills', type: 'integer', isNullable: true },
      { name: 'emr_item_id', type: 'varchar', length: '255', isNullable: true },
    ],
    indices: [
      { name: 'chart_import_item_once', columnNames: ['item_key'], isUnique: true },
      { name: 'chart_import_item_of_import', columnNames: ['chart_import_id', 'position'] },
    ],
  }),
];

export class CreateChartImports1772400014000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
