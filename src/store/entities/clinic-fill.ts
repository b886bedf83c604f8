import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far the background reading of a whole clinic has come. */
@Entity('clinic_fill')
export class ClinicFillRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 24 })
  started_at!: string;

  @Column('varchar', { length: 24, nullable: true })
  finished_at!: string | null;

  /** The page of the patient list that comes next; null once the list has been read to its end. */
  @Column('integer', { nullable: true })
  next_page!: number | null;

  /** When the clinic's lab orders were listed, or were found not to be readable; null before. */
  @Column('varchar', { length: 24, nullable: true })
  labs_listed_at!: string | null;

  @Column('integer')
  patients_found!: number;

  @Column('integer')
  patients_done!: number;

  @Column('integer')
  patients_failed!: number;
}
