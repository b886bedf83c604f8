import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A link that was ended or replaced. */
@Entity('patient_link_history')
@Index('patient_link_history_of_patient', ['clinic_key', 'patient_id', 'ended_at'])
export class PatientLinkHistoryRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 40 })
  clinic_key!: string;

  @Column('varchar', { length: 255 })
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

  @Column('varchar', { length: 24 })
  ended_at!: string;

  @Column('varchar', { length: 255, nullable: true })
  ended_by!: string | null;

  @Column('varchar', { length: 32 })
  end_reason!: string;
}
