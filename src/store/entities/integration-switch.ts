import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An on/off switch of an admin: of one user, or of the whole organization with an empty `user_id`. */
@Entity('integration_switch')
export class IntegrationSwitchRow {
  @PrimaryColumn('varchar', { length: 255 })
  organization_id!: string;

  @PrimaryColumn('varchar', { length: 255 })
  user_id!: string;

  @Column('smallint')
  enabled!: number;

  @Column('varchar', { length: 255 })
  changed_by!: string;

  @Column('varchar', { length: 24 })
  changed_at!: string;
}
