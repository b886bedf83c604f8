import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A document that the EMR is to be told about, once per result and version. `run_at` is when it may be tried next. */
@Entity('lab_document')
@Index('lab_document_once', ['clinic_key', 'result_id', 'version'], { unique: true })
@Index('lab_document_due', ['state', 'run_at', 'id'])
export class LabDocumentRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 40 })
  clinic_key!: string;

  @Column('varchar', { length: 255 })
  result_id!: string;

  @Column('integer')
  version!: number;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 255 })
  patient_id!: string;

  @Column('text')
  title!: string;

  @Column('varchar', { length: 24 })
  occurred_at!: string;

  @Column('varchar', { length: 32 })
  state!: string;

  @Column('integer')
  attempts!: number;

  @Column('varchar', { length: 24 })
  run_at!: string;

  @Column('varchar', { length: 24, nullable: true })
  done_at!: string | null;
}
