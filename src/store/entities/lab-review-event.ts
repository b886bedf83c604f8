import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Something that was done to a lab result; `user_id` is null when the lab did it by correcting the result. Ids sort what was done at one moment. */
@Entity('lab_review_event')
@Index('lab_review_event_of_result', ['clinic_key', 'result_id', 'created_at', 'id'])
export class LabReviewEventRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 40 })
  clinic_key!: string;

  @Column('varchar', { length: 255 })
  result_id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 32 })
  action!: string;

  @Column('varchar', { length: 255, nullable: true })
  user_id!: string | null;

  @Column('integer')
  version!: number;

  @Column('varchar', { length: 24 })
  created_at!: string;
}
