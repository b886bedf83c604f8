import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'account',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'user_id', type: 'varchar', length: '255' },
      { name: 'practitioner_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'environment', type: 'varchar', length: '32' },
      { name: 'fullscript_user_id', type: 'varchar', length: '255' },
      { name: 'user_type', type: 'varchar', length: '32' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'clinic_key', type: 'varchar', length: '40' },
      { name: 'scopes', type: 'json' },
      { name: 'denied_scopes', type: 'json' },
      { name: 'state', type: 'varchar', length: '32' },
      { name: 'state_reason', type: 'text', isNullable: true },
      { name: 'is_default', type: 'smallint' },
      { name: 'connected_at', type: 'varchar', length: '24' },
      { name: 'verified_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'closed_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'access_token', type: 'text', isNullable: true },
      { name: 'refresh_token', type: 'text', isNullable: true },
      { name: 'token_key_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'access_expires_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'token_version', type: 'integer' },
      { name: 'refreshing_version', type: 'integer', isNullable: true },
      { name: 'lease_owner', type: 'varchar', length: '255', isNullable: true },
      { name: 'lease_until', type: 'varchar', length: '24', isNullable: true },
      { name: 'updated_at', type: 'varchar', length: '24' },
    ],
    indices: [
      { name: 'account_of_user', columnNames: ['organization_id', 'user_id', 'clinic_id'], isUnique: true },
      { name: 'account_of_practitioner', columnNames: ['organization_id', 'practitioner_id'] },
      { name: 'account_of_clinic', columnNames: ['clinic_key', 'state'] },
      { name: 'account_by_age', columnNames: ['organization_id', 'connected_at', 'id'] },
      { name: 'account_by_check', columnNames: ['state', 'verified_at', 'id'] },
      { name: 'account_by_key', columnNames: ['token_key_id', 'id'] },
    ],
  }),
  new Table({
    name: 'integration_switch',
    columns: [
      { name: 'organization_id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'user_id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'enabled', type: 'smallint' },
      { name: 'changed_by', type: 'varchar', length: '255' },
      { name: 'changed_at', type: 'varchar', length: '24' },
    ],
  }),
  new Table({
    name: 'connect_state',
    columns: [
      { name: 'state_hash', type: 'varchar', length: '64', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'user_id', type: 'varchar', length: '255' },
      { name: 'practitioner_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'return_to', type: 'text', isNullable: true },
      { name: 'created_at', type: 'varchar', length: '24' },
      { name: 'expires_at', type: 'varchar', length: '24' },
      { name: 'used_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'exchanged', type: 'text', isNullable: true },
      { name: 'exchanged_token', type: 'text', isNullable: true },
      { name: 'exchanged_key_id', type: 'varchar', length: '255', isNullable: true },
    ],
    indices: [
      { name: 'connect_state_by_end', columnNames: ['expires_at'] },
      { name: 'connect_state_by_key', columnNames: ['exchanged_key_id', 'state_hash'] },
    ],
  }),
];

export class CreateAccounts1772400001000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
