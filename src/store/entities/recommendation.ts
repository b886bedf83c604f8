import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One call of createRecommendation and how far it has come, for answering a repeated one. */
@Entity('recommendation')
@Index('recommendation_of_key', ['organization_id', 'user_id', 'key_hash'], { unique: true })
@Index('recommendation_by_end', ['expires_at'])
export class RecommendationRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  user_id!: string;

  @Column('text', { nullable: true })
  idempotency_key!: string | null;

  @Column('varchar', { length: 64, nullable: true })
  key_hash!: string | null;

  @Column('varchar', { length: 64 })
  input_hash!: string;

  @Column('varchar', { length: 255 })
  patient_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 40 })
  clinic_key!: string;

  @Column('varchar', { length: 255, nullable: true })
  chart_id!: string | null;

  @Column('varchar', { length: 32 })
  state!: string;

  @Column('varchar', { length: 255, nullable: true })
  plan_id!: string | null;

  @Column('varchar', { length: 255, nullable: true })
  fullscript_patient_id!: string | null;

  @Column('smallint')
  created_patient!: number;

  @Column('smallint')
  items_applied!: number;

  @Column('varchar', { length: 24 })
  created_at!: string;

  @Column('varchar', { length: 24 })
  expires_at!: string;
}
