import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'lab_review',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'result_id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'signed_off_by', type: 'varchar', length: '255', isNullable: true },
      { name: 'signed_off_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'shared_at', type: 'varchar', length: '24', isNullable: true },
    ],
  }),
  new Table({
    name: 'lab_note',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'clinic_key', type: 'varchar', length: '40' },
      { name: 'result_id', type: 'varchar', length: '255' },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'author_id', type: 'varchar', length: '255' },
      { name: 'text', type: 'text' },
      { name: 'created_at', type: 'varchar', length: '24' },
    ],
    indices: [{ name: 'lab_note_of_result', columnNames: ['clinic_key', 'result_id', 'created_at', 'id'] }],
  }),
  new Table({
    name: 'lab_document',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'clinic_key', type: 'varchar', length: '40' },
      { name: 'result_id', type: 'varchar', length: '255' },
      { name: 'version', type: 'integer' },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'patient_id', type: 'varchar', length: '255' },
      { name: 'title', type: 'text' },
      { name: 'occurred_at', type: 'varchar', length: '24' },
      { name: 'state', type: 'varchar', length: '32' },
      { name: 'attempts', type: 'integer' },
      { name: 'run_at', type: 'varchar', length: '24' },
      { name: 'done_at', type: 'varchar', length: '24', isNullable: true },
    ],
    indices: [
      { name: 'lab_document_once', columnNames: ['clinic_key', 'result_id', 'version'], isUnique: true },
      { name: 'lab_document_due', columnNames: ['state', 'run_at', 'id'] },
    ],
  }),
];

export class CreateLabReviews1772400007000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
