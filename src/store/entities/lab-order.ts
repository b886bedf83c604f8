import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The stored copy of a lab order; `created_at` is empty when Fullscript does not tell it. */
@Entity('lab_order')
@Index('lab_order_of_patient', ['clinic_key', 'fullscript_patient_id', 'created_at', 'id', 'status'])
@Index('lab_order_of_practitioner', ['clinic_key', 'fullscript_practitioner_id', 'created_at', 'id', 'status'])
@Index('lab_order_of_plan', ['clinic_key', 'treatment_plan_id'])
@Index('lab_order_by_id', ['organization_id', 'id'])
@Index('lab_order_by_sync', ['clinic_key', 'synced_at'])
export class LabOrderRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @PrimaryColumn('varchar', { length: 255 })
  id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 255, nullable: true })
  fullscript_patient_id!: string | null;

  @Column('varchar', { length: 255, nullable: true })
  fullscript_practitioner_id!: string | null;

  @Column('varchar', { length: 255, nullable: true })
  treatment_plan_id!: string | null;

  @Column('text', { nullable: true })
  name!: string | null;

  @Column('text')
  raw_status!: string;

  @Column('varchar', { length: 32 })
  status!: string;

  @Column('json')
  tests!: string;

  @Column('varchar', { length: 24 })
  created_at!: string;

  @Column('varchar', { length: 24, nullable: true })
  updated_at!: string | null;

  @Column('varchar', { length: 24 })
  synced_at!: string;
}
