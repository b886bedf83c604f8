import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The memory of one `connect`, keyed by the SHA-256 of its state. */
@Entity('connect_state')
@Index('connect_state_by_end', ['expires_at'])
@Index('connect_state_by_key', ['exchanged_key_id', 'state_hash'])
export class ConnectStateRow {
  @PrimaryColumn('varchar', { length: 64 })
  state_hash!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  user_id!: string;

  @Column('varchar', { length: 255, nullable: true })
  practitioner_id!: string | null;

  @Column('text', { nullable: true })
  return_to!: string | null;

  @Column('varchar', { length: 24 })
  created_at!: string;

  @Column('varchar', { length: 24 })
  expires_at!: string;

  @Column('varchar', { length: 24, nullable: true })
  used_at!: string | null;

  @Column('text', { nullable: true })
  exchanged!: string | null;

  @Column('text', { nullable: true })
  exchanged_token!: string | null;

  @Column('varchar', { length: 255, nullable: true })
  exchanged_key_id!: string | null;
}
