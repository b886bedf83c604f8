import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A note on a lab result. */
@Entity('lab_note')
@Index('lab_note_of_result', ['clinic_key', 'result_id', 'created_at', 'id'])
export class LabNoteRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 40 })
  clinic_key!: string;

  @Column('varchar', { length: 255 })
  result_id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  author_id!: string;

  @Column('text')
  text!: string;

  @Column('varchar', { length: 24 })
  created_at!: string;
}
