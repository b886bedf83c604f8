import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'fullscript_patient',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'email', type: 'text', isNullable: true },
      { name: 'first_name', type: 'text', isNullable: true },
      { name: 'last_name', type: 'text', isNullable: true },
      { name: 'date_of_birth', type: 'varchar', length: '10', isNullable: true },
      { name: 'gender', type: 'text', isNullable: true },
      { name: 'mobile_number', type: 'text', isNullable: true },
      { name: 'archived', type: 'smallint' },
      { name: 'is_dependent', type: 'smallint' },
      { name: 'guardian_patient_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'discount_percent', type: 'double', isNullable: true },
      { name: 'total_discount_percent', type: 'double', isNullable: true },
      { name: 'metadata_id', type: 'text', isNullable: true },
      { name: 'synced_at', type: 'varchar', length: '24' },
    ],
  }),
  new Table({
    name: 'patient_link',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'patient_id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'fullscript_patient_id', type: 'varchar', length: '255' },
      { name: 'method', type: 'varchar', length: '32' },
      { name: 'linked_at', type: 'varchar', length: '24' },
      { name: 'linked_by', type: 'varchar', length: '255', isNullable: true },
    ],
    indices: [
      {
        name: 'patient_link_of_fullscript_patient',
        columnNames: ['clinic_key', 'fullscript_patient_id'],
        isUnique: true,
      },
      { name: 'patient_link_of_patient', columnNames: ['organization_id', 'patient_id'] },
    ],
  }),
  new Table({
    name: 'patient_link_history',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'clinic_key', type: 'varchar', length: '40' },
      { name: 'patient_id', type: 'varchar', length: '255' },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'fullscript_patient_id', type: 'varchar', length: '255' },
      { name: 'method', type: 'varchar', length: '32' },
      { name: 'linked_at', type: 'varchar', length: '24' },
      { name: 'linked_by', type: 'varchar', length: '255', isNullable: true },
      { name: 'ended_at', type: 'varchar', length: '24' },
      { name: 'ended_by', type: 'varchar', length: '255', isNullable: true },
      { name: 'end_reason', type: 'varchar', length: '32' },
    ],
    indices: [{ name: 'patient_link_history_of_patient', columnNames: ['clinic_key', 'patient_id', 'ended_at'] }],
  }),
  new Table({
    name: 'refused_link',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'patient_id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'fullscript_patient_id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'refused_at', type: 'varchar', length: '24' },
      { name: 'refused_by', type: 'varchar', length: '255', isNullable: true },
    ],
  }),
  new Table({
    name: 'match_memory',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'patient_id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'outcome', type: 'varchar', length: '32' },
      { name: 'demographics_hash', type: 'varchar', length: '64' },
      { name: 'decided_at', type: 'varchar', length: '24' },
    ],
  }),
  new Table({
    name: 'metadata_task',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'clinic_key', type: 'varchar', length: '40' },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'kind', type: 'varchar', length: '32' },
      { name: 'fullscript_id', type: 'varchar', length: '255' },
      { name: 'value', type: 'text', isNullable: true },
      { name: 'attempts', type: 'integer' },
      { name: 'run_at', type: 'varchar', length: '24' },
      { name: 'created_at', type: 'varchar', length: '24' },
    ],
    indices: [
      { name: 'metadata_task_of_object', columnNames: ['clinic_key', 'kind', 'fullscript_id'], isUnique: true },
      { name: 'metadata_task_due', columnNames: ['run_at', 'id'] },
    ],
  }),
];

export class CreatePatients1772400004000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
