import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The stored copy of a patient of a Fullscript clinic. */
@Entity('fullscript_patient')
export class FullscriptPatientRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @PrimaryColumn('varchar', { length: 255 })
  id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('text', { nullable: true })
  email!: string | null;

  @Column('text', { nullable: true })
  first_name!: string | null;

  @Column('text', { nullable: true })
  last_name!: string | null;

  @Column('varchar', { length: 10, nullable: true })
  date_of_birth!: string | null;

  @Column('text', { nullable: true })
  gender!: string | null;

  @Column('text', { nullable: true })
  mobile_number!: string | null;

  @Column('smallint')
  archived!: number;

  @Column('smallint')
  is_dependent!: number;

  @Column('varchar', { length: 255, nullable: true })
  guardian_patient_id!: string | null;

  @Column('double', { nullable: true })
  discount_percent!: number | null;

  @Column('double', { nullable: true })
  total_discount_percent!: number | null;

  @Column('text', { nullable: true })
  metadata_id!: string | null;

  @Column('varchar', { length: 24 })
  synced_at!: string;

  /** When the copy was called into question; it is doubtful while it was not read later than that. */
  @Column('varchar', { length: 24, nullable: true })
  doubted_at!: string | null;
}
