import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A supplement of an import; `item_key` lets each recommendation of a plan into a chart once. */
@Entity('chart_import_item')
@Index('chart_import_item_once', ['item_key'], { unique: true })
@Index('chart_import_item_of_import', ['chart_import_id', 'position'])
export class ChartImportItemRow {
  @PrimaryColumn('varchar', { length: 255 })
  id!: string;

  @Column('varchar', { length: 36 })
  chart_import_id!: string;

  @Column('varchar', { length: 64 })
  item_key!: string;

  @Column('integer')
  position!: number;

  @Column('text')
  recommendation_id!: string;

  @Column('varchar', { length: 255 })
  variant_id!: string;

  @Column('text')
  name!: string;

  @Column('text', { nullable: true })
  brand!: string | null;

  @Column('json', { nullable: true })
  dosage!: string | null;

  @Column('text', { nullable: true })
  take_with!: string | null;

  @Column('double', { nullable: true })
  units_to_purchase!: number | null;

  @Column('integer', { nullable: true })
  refills!: number | null;

  @Column('varchar', { length: 255, nullable: true })
  emr_item_id!: string | null;
}
