import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Sign-off and sharing of a lab result. */
@Entity('lab_review')
export class LabReviewRow {
  @PrimaryColumn('varchar', { length: 40 })
  clinic_key!: string;

  @PrimaryColumn('varchar', { length: 255 })
  result_id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 255, nullable: true })
  signed_off_by!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  signed_off_at!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  shared_at!: string | null;
}
