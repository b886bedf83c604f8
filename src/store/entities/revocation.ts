import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One request to take authorizations away. */
@Entity('revocation')
export class RevocationRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  requested_by!: string;

  @Column('varchar', { length: 24 })
  requested_at!: string;

  @Column('varchar', { length: 32 })
  scope!: string;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('integer')
  total!: number;

  @Column('varchar', { length: 24, nullable: true })
  finished_at!: string | null;
}
