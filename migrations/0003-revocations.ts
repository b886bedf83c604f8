import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'revocation',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'requested_by', type: 'varchar', length: '255' },
      { name: 'requested_at', type: 'varchar', length: '24' },
      { name: 'scope', type: 'varchar', length: '32' },
      { name: 'reason', type: 'text', isNullable: true },
      { name: 'total', type: 'integer' },
      { name: 'finished_at', type: 'varchar', length: '24', isNullable: true },
    ],
  }),
  new Table({
    name: 'revoked_token',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'revocation_id', type: 'varchar', length: '36', isNullable: true },
      { name: 'account_id', type: 'varchar', length: '36', isNullable: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'user_id', type: 'varchar', length: '255' },
      { name: 'token', type: 'text', isNullable: true },
      { name: 'refresh_token', type: 'text', isNullable: true },
      { name: 'token_key_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'state', type: 'varchar', length: '32' },
      { name: 'attempts', type: 'integer' },
      { name: 'run_at', type: 'varchar', length: '24' },
      { name: 'created_at', type: 'varchar', length: '24' },
      { name: 'confirmed_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'last_error', type: 'text', isNullable: true },
    ],
    indices: [
      { name: 'revoked_token_due', columnNames: ['state', 'run_at', 'id'] },
      { name: 'revoked_token_of_revocation', columnNames: ['revocation_id', 'state', 'run_at', 'id'] },
      { name: 'revoked_token_by_key', columnNames: ['token_key_id', 'id'] },
      { name: 'revoked_token_of_account', columnNames: ['account_id', 'state'] },
    ],
  }),
];

export class CreateRevocations1772400003000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
