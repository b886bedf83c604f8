import type { MigrationInterface, QueryRunner } from 'typeorm';

const columns = [
  ['applied_to', 'text'],
  ['doubted_at', 'varchar(24)'],
] as const;

/** How far an event has come: for whom it is applied already, and since when what it may have changed is not called current. */
export class AddEventProgress1772400015000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const [column, type] of columns) {
      // A crash may have left it behind on engines that cannot roll it back.
      if (await queryRunner.hasColumn('webhook_event', column)) continue;
      await queryRunner.query(`ALTER TABLE webhook_event ADD COLUMN ${column} ${type}`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [column] of columns) {
      if (await queryRunner.hasColumn('webhook_event', column))
        await queryRunner.query(`ALTER TABLE webhook_event DROP COLUMN ${column}`);
    }
  }
}
