import type { Clinic, FullscriptEnvironment } from '../domain/account.ts';
import { isIn } from './conditions.ts';
import type { Database } from './database.ts';
import type { ClinicRow } from './entities/clinic.ts';
import { toClinicKey, type ClinicRef } from './keys.ts';
import { upsert } from './upsert.ts';

/** A clinic with what the sweep of its events has come to. */
export interface StoredClinic extends Clinic {
  clinicKey: string;
  environment: FullscriptEnvironment;
  /** When name and discount were last read. */
  syncedAt: string | null;
  /** When the last finished sweep of its events began; null before the first one. */
  sweptAt: string | null;
  /** Where the next sweep goes on; the sweep's own text. */
  sweepCursor: string | null;
}

export interface Clinics {
  /** Stores what Fullscript says of a clinic; a null name keeps the one that is there. */
  upsert(
    clinic: ClinicRef & {
      environment: FullscriptEnvironment;
      name: string | null;
      discountPercent: number | null;
      syncedAt: string | null;
    },
  ): Promise<void>;
  /** By clinic key; unknown ones are missing from the map. One statement. */
  findByKeys(clinicKeys: readonly string[]): Promise<Map<string, StoredClinic>>;
  find(clinicKey: string): Promise<StoredClinic | null>;
  /** The clinics of one organization, by their id. */
  listByOrganization(organizationId: string): Promise<StoredClinic[]>;
  /** Every clinic known, over all organizations. */
  listAll(): Promise<StoredClinic[]>;
  /** Notes a finished sweep: when it began and where the next goes on. An older beginning changes nothing. */
  saveSweep(clinicKey: string, sweptAt: string, cursor: string | null): Promise<void>;
  /** Takes back what sweeps have vouched for, when events may have been missed. With `cursor` the next sweep goes on there. */
  forgetSweep(clinicKey: string, cursor?: string): Promise<void>;
}

function toClinic(row: ClinicRow): StoredClinic {
  return {
    clinicKey: row.clinic_key,
    id: row.id,
    organizationId: row.organization_id,
    environment: row.environment as FullscriptEnvironment,
    name: row.name,
    discountPercent: row.discount_percent,
    syncedAt: row.synced_at,
    sweptAt: row.swept_at,
    sweepCursor: row.sweep_cursor,
  };
}

/** Builds the queries on clinics. */
export function createClinics(db: Database): Clinics {
  async function findByKeys(clinicKeys: readonly string[]): Promise<Map<string, StoredClinic>> {
    if (clinicKeys.length === 0) return new Map();
    const among = isIn('clinic_key', clinicKeys);
    const rows = await db.read<ClinicRow>(`SELECT * FROM clinic WHERE ${among.sql}`, among.params);
    return new Map(rows.map((row) => [row.clinic_key, toClinic(row)]));
  }

  return {
    findByKeys,

    async find(clinicKey) {
      return (await findByKeys([clinicKey])).get(clinicKey) ?? null;
    },

    async listByOrganization(organizationId) {
      const rows = await db.read<ClinicRow>('SELECT * FROM clinic WHERE organization_id = ? ORDER BY id', [
        organizationId,
      ]);
      return rows.map(toClinic);
    },

    async listAll() {
      return (await db.read<ClinicRow>('SELECT * FROM clinic ORDER BY clinic_key')).map(toClinic);
    },

    async upsert(clinic) {
      const known = ['clinic_key', 'organization_id', 'id', 'environment'];
      const keys = [
        toClinicKey(clinic.organizationId, clinic.clinicId),
        clinic.organizationId,
        clinic.clinicId,
        clinic.environment,
      ];
      await db.write((tx) =>
        clinic.name === null
          ? upsert(tx, {
              table: 'clinic',
              keys: ['clinic_key'],
              columns: [...known, 'name'],
              kept: ['name', 'organization_id', 'id'],
              rows: [[...keys, '']],
            })
          : upsert(tx, {
              table: 'clinic',
              keys: ['clinic_key'],
              columns: [...known, 'name', 'discount_percent', 'synced_at'],
              rows: [[...keys, clinic.name, clinic.discountPercent, clinic.syncedAt]],
            }),
      );
    },

    async saveSweep(clinicKey, sweptAt, cursor) {
      await db.write((tx) =>
        tx.run(
          'UPDATE clinic SET sweep_cursor = ?, swept_at = ? WHERE clinic_key = ? AND (swept_at IS NULL OR swept_at <= ?)',
          [cursor, sweptAt, clinicKey, sweptAt],
        ),
      );
    },

    async forgetSweep(clinicKey, cursor) {
      await db.write((tx) =>
        cursor === undefined
          ? tx.run('UPDATE clinic SET swept_at = NULL WHERE clinic_key = ?', [clinicKey])
          : tx.run('UPDATE clinic SET swept_at = NULL, sweep_cursor = ? WHERE clinic_key = ?', [cursor, clinicKey]),
      );
    },
  };
}
