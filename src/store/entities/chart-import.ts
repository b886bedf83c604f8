import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One import of a plan into a chart; PENDING until the EMR has taken it and it is DONE; PARKED when it is no longer tried by itself. */
@Entity('chart_import')
@Index('chart_import_of_chart', ['organization_id', 'chart_id'])
@Index('chart_import_of_plan', ['organization_id', 'plan_id'])
@Index('chart_import_due', ['state', 'run_at', 'id'])
export class ChartImportRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 255 })
  organization_id!: string;

  @Column('varchar', { length: 255 })
  clinic_id!: string;

  @Column('varchar', { length: 40 })
  clinic_key!: string;

  @Column('varchar', { length: 255 })
  chart_id!: string;

  @Column('varchar', { length: 255 })
  plan_id!: string;

  @Column('varchar', { length: 64 })
  plan_version!: string;

  @Column('json')
  plan_record!: string;

  @Column('varchar', { length: 255 })
  patient_id!: string;

  @Column('varchar', { length: 255 })
  imported_by!: string;

  @Column('varchar', { length: 32 })
  state!: string;

  @Column('varchar', { length: 24 })
  started_at!: string;

  @Column('varchar', { length: 24, nullable: true })
  imported_at!: string | null;

  @Column('integer')
  attempts!: number;

  @Column('varchar', { length: 24 })
  run_at!: string;
}
