import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What the last search for an unlinked EMR patient ended in, and with which demographics. */
@Entity('match_memory')
export class MatchMemoryRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @PrimaryColumn('varchar', { length: 255 })
  patient_id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 32 })
  outcome!: string;

  @Column('varchar', { length: 64 })
  demographics_hash!: string;

  @Column('varchar', { length: 24 })
  decided_at!: string;
}
