import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A patient whom the background reading of a clinic has found and not read yet; the row goes when that is done. */
@Entity('clinic_fill_patient')
@Index('clinic_fill_patient_due', ['clinic_key', 'run_at', 'fullscript_patient_id'])
export class ClinicFillPatientRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @PrimaryColumn('varchar', { length: 255 })
  fullscript_patient_id!: string;

  /** 1 when the patient's lab orders are to be read, too. */
  @Column('smallint')
  reads_labs!: number;

  /** Tries that failed. */
  @Column('integer')
  attempts!: number;

  @Column('varchar', { length: 24 })
  run_at!: string;
}
