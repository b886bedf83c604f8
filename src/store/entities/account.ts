import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One authorization of an EMR user at a Fullscript clinic. Tokens are JWE; `token_key_id` tells which key made them. */
@Entity('account')
@Index('account_of_user', ['organization_id', 'user_id', 'clinic_id'], { unique: true })
@Index('account_of_practitioner', ['organization_id', 'practitioner_id'])
@Index('account_of_clinic', ['clinic_key', 'state'])
@Index('account_by_age', ['organization_id', 'connected_at', 'id'])
@Index('account_by_check', ['state', 'verified_at', 'id'])
@Index('account_by_key', ['token_key_id', 'id'])
export class AccountRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  user_id!: string;

  @Column('varchar', { length: 255, nullable: true })
  practitioner_id!: string | null;

  @Column('varchar', { length: 32 })
  environment!: string;

  @Column('varchar', { length: 255 })
  fullscript_user_id!: string;

  @Column('varchar', { length: 32 })
  user_type!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 40 })
  clinic_key!: string;

  @Column('json')
  scopes!: string;

  @Column('json')
  denied_scopes!: string;

  @Column('varchar', { length: 32 })
  state!: string;

  @Column('text', { nullable: true })
  state_reason!: string | null;

  @Column('smallint')
  is_default!: number;

  @Column('varchar', { length: 24 })
  connected_at!: string;

  @Column('varchar', { length: 24, nullable: true })
  verified_at!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  closed_at!: string | null;

  @Column('text', { nullable: true })
  access_token!: string | null;

  @Column('text', { nullable: true })
  refresh_token!: string | null;

  @Column('varchar', { length: 255, nullable: true })
  token_key_id!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  access_expires_at!: string | null;

  @Column('integer')
  token_version!: number;

  /** The version from which a refresh was begun, until a pair that came of one was used: so long Fullscript may honour pairs that nobody knows. */
  @Column('integer', { nullable: true })
  refreshing_version!: number | null;

  @Column('varchar', { length: 255, nullable: true })
  lease_owner!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  lease_until!: string | null;

  @Column('varchar', { length: 24 })
  updated_at!: string;
}
