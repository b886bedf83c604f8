import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * A token closed here that Fullscript is still to revoke; wiped once it has. `run_at` is when it may be tried next. KEPT means that it
 * waits for its account to be closed.
 */
@Entity('revoked_token')
@Index('revoked_token_due', ['state', 'run_at', 'id'])
@Index('revoked_token_of_revocation', ['revocation_id', 'state', 'run_at', 'id'])
@Index('revoked_token_by_key', ['token_key_id', 'id'])
@Index('revoked_token_of_account', ['account_id', 'state'])
export class RevokedTokenRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 36, nullable: true })
  revocation_id!: string | null;

  @Column('varchar', { length: 36, nullable: true })
  account_id!: string | null;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  user_id!: string;

  @Column('text', { nullable: true })
  token!: string | null;

  /** Kept when Fullscript may honour pairs of the same authorization that nobody knows. */
  @Column('text', { nullable: true })
  refresh_token!: string | null;

  @Column('varchar', { length: 255, nullable: true })
  token_key_id!: string | null;

  @Column('varchar', { length: 32 })
  state!: string;

  @Column('integer')
  attempts!: number;

  @Column('varchar', { length: 24 })
  run_at!: string;

  @Column('varchar', { length: 24 })
  created_at!: string;

  @Column('varchar', { length: 24, nullable: true })
  confirmed_at!: string | null;

  @Column('text', { nullable: true })
  last_error!: string | null;
}
