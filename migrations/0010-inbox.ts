import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'webhook_event',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'event_key', type: 'varchar', length: '64' },
      { name: 'event_id', type: 'text' },
      { name: 'type', type: 'text' },
      { name: 'clinic_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'occurred_at', type: 'varchar', length: '255', isNullable: true },
      { name: 'payload', type: 'json' },
      { name: 'source', type: 'varchar', length: '32' },
      { name: 'received_at', type: 'varchar', length: '24' },
      { name: 'state', type: 'varchar', length: '32' },
      { name: 'attempts', type: 'integer' },
      { name: 'run_at', type: 'varchar', length: '24' },
      { name: 'last_error', type: 'text', isNullable: true },
    ],
    indices: [
      { name: 'webhook_event_once', columnNames: ['event_key'], isUnique: true },
      { name: 'webhook_event_due', columnNames: ['state', 'run_at', 'id'] },
      { name: 'webhook_event_by_age', columnNames: ['state', 'received_at'] },
    ],
  }),
];

export class CreateInbox1772400010000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
