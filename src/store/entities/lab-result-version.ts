import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * What a lab result was before it was amended or replaced. `result_id` is the result as it is now, `own_id` what this version was called, and
 * `available_at` when this version was there first.
 */
@Entity('lab_result_version')
export class LabResultVersionRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @PrimaryColumn('varchar', { length: 255 })
  result_id!: string;

  @PrimaryColumn('integer')
  version!: number;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 255 })
  own_id!: string;

  @Column('text', { nullable: true })
  name!: string | null;

  @Column('text', { nullable: true })
  raw_status!: string | null;

  @Column('varchar', { length: 255, nullable: true })
  artifact_id!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  available_at!: string | null;

  @Column('varchar', { length: 24 })
  superseded_at!: string;
}
