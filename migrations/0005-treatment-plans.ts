import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'treatment_plan',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'fullscript_patient_id', type: 'varchar', length: '255' },
      { name: 'fullscript_practitioner_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'state', type: 'varchar', length: '32' },
      { name: 'created_at', type: 'varchar', length: '24' },
      { name: 'updated_at', type: 'varchar', length: '24' },
      { name: 'available_on', type: 'varchar', length: '10', isNullable: true },
      { name: 'personal_message', type: 'text', isNullable: true },
      { name: 'invitation_url', type: 'text', isNullable: true },
      { name: 'metadata_id', type: 'text', isNullable: true },
      { name: 'recommendations', type: 'json' },
      { name: 'lab_recommendations', type: 'json' },
      { name: 'version', type: 'varchar', length: '64' },
      { name: 'chart_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'synced_at', type: 'varchar', length: '24' },
    ],
    indices: [
      {
        name: 'treatment_plan_of_patient',
        columnNames: ['clinic_key', 'fullscript_patient_id', 'created_at', 'id', 'state'],
      },
      {
        name: 'treatment_plan_of_practitioner',
        columnNames: ['clinic_key', 'fullscript_practitioner_id', 'created_at', 'id', 'state'],
      },
      { name: 'treatment_plan_by_id', columnNames: ['organization_id', 'id'] },
    ],
  }),
];

export class CreateTreatmentPlans1772400005000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
