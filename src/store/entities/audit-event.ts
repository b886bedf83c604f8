import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Who did what to whose Fullscript data; ids only. */
@Entity('audit_event')
@Index('audit_event_by_time', ['organization_id', 'at', 'id'])
@Index('audit_event_of_user', ['organization_id', 'user_id', 'at', 'id'])
@Index('audit_event_of_patient', ['organization_id', 'patient_id', 'at', 'id'])
export class AuditEventRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 24 })
  at!: string;

  @Column('varchar', { length: 255 })
  user_id!: string;

  @Column('varchar', { length: 32 })
  action!: string;

  @Column('varchar', { length: 255, nullable: true })
  patient_id!: string | null;

  @Column('text', { nullable: true })
  subject!: string | null;

  @Column('varchar', { length: 32 })
  outcome!: string;

  @Column('text')
  request_id!: string;
}
