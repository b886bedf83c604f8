import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who is doing what only one process may do. */
@Entity('job_lease')
export class JobLeaseRow {
  @PrimaryColumn('varchar', { length: 255 })
  name!: string;

  @Column('varchar', { length: 255, nullable: true })
  owner!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  held_until!: string | null;

  @Column('varchar', { length: 24, nullable: true })
  last_finished_at!: string | null;
}
