import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A plan or lab order of a Fullscript patient that appeared or changed; the id sorts by the moment it was written. Kept for an hour. */
@Entity('patient_change')
export class PatientChangeRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 40 })
  clinic_key!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 255 })
  fullscript_patient_id!: string;

  @Column('varchar', { length: 32 })
  kind!: string;

  @Column('varchar', { length: 255 })
  object_id!: string;

  @Column('varchar', { length: 24 })
  at!: string;
}
