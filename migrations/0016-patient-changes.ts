import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'patient_change',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'clinic_key', type: 'varchar', length: '40' },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'fullscript_patient_id', type: 'varchar', length: '255' },
      { name: 'kind', type: 'varchar', length: '32' },
      { name: 'object_id', type: 'varchar', length: '255' },
      { name: 'at', type: 'varchar', length: '24' },
    ],
  }),
];

export class CreatePatientChanges1772400016000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
