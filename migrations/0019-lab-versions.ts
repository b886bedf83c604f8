import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'lab_result_version',
    columns: [
      { name: 'clinic_key', type: 'varchar', length: '40', isPrimary: true },
      { name: 'result_id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'version', type: 'integer', isPrimary: true },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'clinic_id', type: 'varchar', length: '255' },
      { name: 'own_id', type: 'varchar', length: '255' },
      { name: 'name', type: 'text', isNullable: true },
      { name: 'raw_status', type: 'text', isNullable: true },
      { name: 'artifact_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'available_at', type: 'varchar', length: '24', isNullable: true },
      { name: 'superseded_at', type: 'varchar', length: '24' },
    ],
  }),
  new Table({
    name: 'lab_review_event',
    columns: [
      { name: 'id', type: 'varchar', length: '36', isPrimary: true },
      { name: 'clinic_key', type: 'varchar', length: '40' },
      { name: 'result_id', type: 'varchar', length: '255' },
      { name: 'organization_id', type: 'varchar', length: '255' },
      { name: 'action', type: 'varchar', length: '32' },
      { name: 'user_id', type: 'varchar', length: '255', isNullable: true },
      { name: 'version', type: 'integer' },
      { name: 'created_at', type: 'varchar', length: '24' },
    ],
    indices: [{ name: 'lab_review_event_of_result', columnNames: ['clinic_key', 'result_id', 'created_at', 'id'] }],
  }),
];

/** What is kept beside a result: which file it is, since when, and what has taken its place. */
const columns = [
  ['artifact_id', 255],
  ['file_updated_at', 24],
  ['changed_at', 24],
  ['seen_at', 24],
  ['superseded_at', 24],
  ['superseded_by', 255],
] as const;

/** Earlier versions of lab results, and who did what to them when. */
export class KeepLabVersions1772400019000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
    for (const [column, length] of columns) {
      // A crash may have left it behind on engines that cannot roll it back.
      if (await queryRunner.hasColumn('lab_result', column)) continue;
      await queryRunner.query(`ALTER TABLE lab_result ADD COLUMN ${column} varchar(${String(length)})`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [column] of columns) {
      if (await queryRunner.hasColumn('lab_result', column))
        await queryRunner.query(`ALTER TABLE lab_result DROP COLUMN ${column}`);
    }
    await dropTables(queryRunner, tables);
  }
}
