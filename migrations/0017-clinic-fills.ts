import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'clinic_fill',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'started_at', type: 'varchar', length: '24' },
      { name: 'finished_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'next_page', type: 'integer', isNullable: true },
      { name: 'labs_listed_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'patients_found', type: 'integer' },
      { name: 'patients_done', type: 'integer' },
      { name: 'patients_failed', type: 'integer' },
    ],
  }),
  new Table({
    name: 'clinic_fill_patient',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'fullscript_patient_id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'reads_labs', type: 'smallint' },
      { name: 'attempts', type: 'integer' },
      { name: 'run_at', type: 'varchar', length: '24' },
    ],
    indices: [
      new TableIndex({
        name: 'clinic_fill_patient_due',
        columnNames: ['clinic_key', 'run_at', 'fullscript_patient_id'],
      }),
    ],
  }),
];

export class CreateClinicFills1772400017000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
