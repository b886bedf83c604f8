import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'audit_event',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'at', type: 'varchar', length: '24' },
      { name: 'user_id', type: 'varchar', length: '255' },
      { name: 'action', type: 'varchar', length: '32' },
      { name: 'patient_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'subject', type: 'text', isNullable: true },
      { name: 'outcome', type: 'varchar', length: '32' },
      { name: 'request_id', type: 'text' },
    ],
    indices: [
      { name: 'audit_event_by_time', columnNames: ['organization_id', 'at', 'id'] },
      { name: 'audit_event_of_user', columnNames: ['organization_id', 'user_id', 'at', 'id'] },
      { name: 'audit_event_of_patient', columnNames: ['organization_id', 'patient_id', 'at', 'id'] },
    ],
  }),
];

export class CreateAudit1772400012000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
