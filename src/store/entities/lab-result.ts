import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * A result file of a lab order; `version` counts its files from 1. `changed_at` is since when the present version is known, by the event that told
 * of it where there was one; `seen_at` when it was first read. One that the order no longer lists has `superseded_at`, and `superseded_by` when another has taken its place.
 */
@Entity('lab_result')
@Index('lab_result_of_order', ['clinic_key', 'lab_order_id', 'position'])
@Index('lab_result_by_id', ['organization_id', 'id'])
export class LabResultRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @PrimaryColumn('varchar', { length: 255 })
  id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 255 })
  lab_order_id!: string;

  @Column('varchar', { length: 255, nullable: true })
  fullscript_patient_id!: string | null;

  @Column('integer')
  position!: number;

  @Column('text', { nullable: true })
  name!: string | null;

  @Column('text', { nullable: true })
  raw_status!: string | null;

  @Column('smallint')
  has_file!: number;

  @Column('varchar', { length: 24, nullable: true })
  available_at!: string | null;

  @Column('smallint')
  amended!: number;

  @Column('smallint')
  amended_now!: number;

  @Column('integer')
  version!: number;

  @Column('varchar', { length: 24 })
  synced_at!: string;

  @Column('varchar', { length: 255, nullable: true })
  artifact_id!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  file_updated_at!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  changed_at!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  seen_at!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  superseded_at!: string | null;

  @Column('varchar', { length: 255, nullable: true })
  superseded_by!: string | null;
}
