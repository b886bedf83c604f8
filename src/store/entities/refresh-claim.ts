import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Who refreshes a part of the copy behind an answer, or until when nobody tries again after a failure. */
@Entity('refresh_claim')
@Index('refresh_claim_by_end', ['held_until'])
export class RefreshClaimRow {
  /** Empty for the catalogue, which belongs to no clinic. */
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

  /** The one claim that holds the key, not the process: the same process may take it again. */
  @Column('varchar', { length: 36 })
  owner!: string;

  /** After this instant anybody may take the key. */
  @Column('varchar', { length: 24 })
  held_until!: string;

  /** How often in a row the refresh has failed. */
  @Column('integer')
  failures!: number;
}
