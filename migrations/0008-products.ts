import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createTables, dropTables } from './tables.ts';

const tables = [
  new Table({
    name: 'product_variant',
    columns: [
      { name: 'id', type: 'varchar', length: '255', isPrimary: true },
      { name: 'product_id', type: 'varchar', length: '255' },
      { name: 'name', type: 'text' },
      { name: 'brand', type: 'text' },
      { name: 'sku', type: 'text', isNullable: true },
      { name: 'units', type: 'double', isNullable: true },
      { name: 'unit_of_measure', type: 'text', isNullable: true },
      { name: 'availability', type: 'text', isNullable: true },
      { name: 'msrp', type: 'text', isNullable: true },
      { name: 'image_url', type: 'text', isNullable: true },
      { name: 'synced_at', type: 'varchar', length: '24' },
    ],
    indices: [{ name: 'product_variant_of_product', columnNames: ['product_id'] }],
  }),
];

export class CreateProducts1772400008000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTables(queryRunner, tables);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, tables);
  }
}
