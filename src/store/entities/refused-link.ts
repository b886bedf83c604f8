import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A pair that a person has taken apart and only a person may put together again. */
@Entity('refused_link')
export class RefusedLinkRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @PrimaryColumn('varchar', { length: 255 })
  patient_id!: string;

  @PrimaryColumn('varchar', { length: 255 })
  fullscript_patient_id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 24 })
  refused_at!: string;

  @Column('varchar', { length: 255, nullable: true })
  refused_by!: string | null;
}
