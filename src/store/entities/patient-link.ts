import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One EMR patient is one Fullscript patient in one clinic, as one organization sees it. */
@Entity('patient_link')
@Index('patient_link_of_fullscript_patient', ['clinic_key', 'fullscript_patient_id'], { unique: true })
@Index('patient_link_of_patient', ['organization_id', 'patient_id'])
export class PatientLinkRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @PrimaryColumn('varchar', { length: 255 })
  patient_id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 255 })
  fullscript_patient_id!: string;

  @Column('varchar', { length: 32 })
  method!: string;

  @Column('varchar', { length: 24 })
  linked_at!: string;

  @Column('varchar', { length: 255, nullable: true })
  linked_by!: string | null;
}
