import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A metadata id still to be written to Fullscript, or (null) cleared there. `run_at` is when it may be tried next. */
@Entity('metadata_task')
@Index('metadata_task_of_object', ['clinic_key', 'kind', 'fullscript_id'], { unique: true })
@Index('metadata_task_due', ['run_at', 'id'])
export class MetadataTaskRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 40 })
  clinic_key!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 32 })
  kind!: string;

  @Column('varchar', { length: 255 })
  fullscript_id!: string;

  @Column('text', { nullable: true })
  value!: string | null;

  @Column('integer')
  attempts!: number;

  @Column('varchar', { length: 24 })
  run_at!: string;

  @Column('varchar', { length: 24 })
  created_at!: string;
}
