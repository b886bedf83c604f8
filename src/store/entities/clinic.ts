import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A Fullscript dispensary as one organization knows it, with where the sweep of its events stands. */
@Entity('clinic')
export class ClinicRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  id!: string;

  @Column('varchar', { length: 32 })
  environment!: string;

  @Column('text')
  name!: string;

  @Column('double', { nullable: true })
  discount_percent!: number | null;

  @Column('varchar', { length: 24, nullable: true })
  synced_at!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  swept_at!: string | null;

  @Column('text', { nullable: true })
  sweep_cursor!: string | null;
}
