import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * An event of Fullscript, once per (event id, clinic). `run_at` is when it may be worked on next, `applied_to` a JSON list of the clinic keys for which it
 * is applied while it is not for others, `doubted_at` when what it may have changed ceased to count as current because it keeps failing.
 */
@Entity('webhook_event')
@Index('webhook_event_once', ['event_key'], { unique: true })
@Index('webhook_event_due', ['state', 'run_at', 'id'])
@Index('webhook_event_by_age', ['state', 'received_at'])
export class WebhookEventRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 64 })
  event_key!: string;

  @Column('text')
  event_id!: string;

  @Column('text')
  type!: string;

  @Column('varchar', { length: 255, nullable: true })
  clinic_id!: string | null;

  @Column('varchar', { length: 255, nullable: true })
  occurred_at!: string | null;

  @Column('json')
  payload!: string;

  @Column('varchar', { length: 32 })
  source!: string;

  @Column('varchar', { length: 24 })
  received_at!: string;

  @Column('varchar', { length: 32 })
  state!: string;

  @Column('integer')
  attempts!: number;

  @Column('varchar', { length: 24 })
  run_at!: string;

  @Column('text', { nullable: true })
  last_error!: string | null;

  @Column('text', { nullable: true })
  applied_to!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  doubted_at!: string | null;
}
