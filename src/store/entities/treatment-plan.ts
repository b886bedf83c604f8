import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The stored copy of a treatment plan. */
@Entity('treatment_plan')
@Index('treatment_plan_of_patient', ['clinic_key', 'fullscript_patient_id', 'created_at', 'id', 'state'])
@Index('treatment_plan_of_practitioner', ['clinic_key', 'fullscript_practitioner_id', 'created_at', 'id', 'state'])
@Index('treatment_plan_by_id', ['organization_id', 'id'])
export class TreatmentPlanRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @PrimaryColumn('varchar', { length: 255 })
  id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 255 })
  fullscript_patient_id!: string;

  @Column('varchar', { length: 255, nullable: true })
  fullscript_practitioner_id!: string | null;

  @Column('varchar', { length: 32 })
  state!: string;

  @Column('varchar', { length: 24 })
  created_at!: string;

  @Column('varchar', { length: 24 })
  updated_at!: string;

  @Column('varchar', { length: 10, nullable: true })
  available_on!: string | null;

  @Column('text', { nullable: true })
  personal_message!: string | null;

  @Column('text', { nullable: true })
  invitation_url!: string | null;

  @Column('text', { nullable: true })
  metadata_id!: string | null;

  @Column('json')
  recommendations!: string;

  @Column('json')
  lab_recommendations!: string;

  @Column('varchar', { length: 64 })
  version!: string;

  @Column('varchar', { length: 255, nullable: true })
  chart_id!: string | null;

  @Column('varchar', { length: 24 })
  synced_at!: string;
}
