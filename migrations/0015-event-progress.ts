import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';

const columns = [
  new TableColumn({ name: 'applied_to', type: 'text', isNullable: true }),
  new TableColumn({ name: 'doubted_at', type: 'varchar', length: '24', isNullable: true }),
];

/** How far an event has come: for whom it is applied already, and since when what it may have changed is not called current. */
export class AddEventProgress1772400015000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.addColumns('webhook_event', columns);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropColumns('webhook_event', columns);
  }
}
