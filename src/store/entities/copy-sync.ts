import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When a part of the copy was last compared with Fullscript as a whole, and when it was called into question since. */
@Entity('copy_sync')
export class CopySyncRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @PrimaryColumn('varchar', { length: 32 })
  kind!: string;

  @PrimaryColumn('varchar', { length: 255 })
  subject!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 24, nullable: true })
  synced_at!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  expired_at!: string | null;
}
