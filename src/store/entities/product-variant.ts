import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The stored copy of one sellable pack of the catalogue; the same for everybody. */
@Entity('product_variant')
@Index('product_variant_of_product', ['product_id'])
export class ProductVariantRow {
  @PrimaryColumn('varchar', { length: 255 })
  id!: string;

  @Column('varchar', { length: 255 })
  product_id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  brand!: string;

  @Column('text', { nullable: true })
  sku!: string | null;

  @Column('double', { nullable: true })
  units!: number | null;

  @Column('text', { nullable: true })
  unit_of_measure!: string | null;

  @Column('text', { nullable: true })
  availability!: string | null;

  @Column('text', { nullable: true })
  msrp!: string | null;

  @Column('text', { nullable: true })
  image_url!: string | null;

  @Column('varchar', { length: 24 })
  synced_at!: string;

  /** When the product was told to have changed; the copy is old while it was not read later than that. */
  @Column('varchar', { length: 24, nullable: true })
  expired_at!: string | null;
}
