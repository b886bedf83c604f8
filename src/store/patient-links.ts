import type { LinkMethod, PatientLink } from '../domain/patient.ts';
import { forUpdate, isIn, isOneOf, placeholders } from './conditions.ts';
import type { Database, PlainRow, Transaction } from './database.ts';
import { isDuplicate } from './database-failure.ts';
import type { PatientLinkHistoryRow } from './entities/patient-link-history.ts';
import type { PatientLinkRow } from './entities/patient-link.ts';
import type { RefusedLinkRow } from './entities/refused-link.ts';
import { createId } from './ids.ts';
import { toClinicKey, toRowKey, type ClinicRef, type ClinicRowKey } from './keys.ts';
import { insertMetadataTask } from './metadata-tasks.ts';
import { insertMissing } from './upsert.ts';

export interface StoredPatientLink extends PatientLink {
  clinicKey: string;
}

/** A former link. */
export interface EndedPatientLink extends StoredPatientLink {
  endedAt: string;
  endedBy: string | null;
  /** `unlinked` or `replaced`. */
  endReason: string;
}

export interface NewPatientLink extends ClinicRef {
  patientId: string;
  fullscriptPatientId: string;
  method: LinkMethod;
  linkedAt: string;
  linkedBy: string | null;
  /** True when a person decided: an existing link of that EMR patient is replaced, and a refusal of this pair is taken back. */
  replace?: boolean | undefined;
  /** Our id that is to be written into the metadata of the Fullscript patient; nothing is written when it is null or left out. */
  metadataId?: string | null | undefined;
}

export type LinkOutcome =
  /** Linked now, or already linked to exactly this one. */
  | { kind: 'linked'; link: StoredPatientLink; replaced: StoredPatientLink | null; created: boolean }
  /** That Fullscript patient belongs to another EMR patient. */
  | { kind: 'taken'; patientId: string }
  /** The EMR patient is linked to another Fullscript patient and `replace` was not asked for. */
  | { kind: 'other'; link: StoredPatientLink }
  /** This pair was refused by a person and only a person can link it. */
  | { kind: 'refused' };

export interface PatientLinks {
  /** The links of EMR patients in one clinic, by EMR patient id. One statement. */
  findLinks(clinicKey: string, patientIds: readonly string[]): Promise<Map<string, StoredPatientLink>>;
  /** The same in several clinics, keyed by `toRowKey(clinicKey, patientId)`. One statement. */
  findLinksByKeys(keys: readonly ClinicRowKey[]): Promise<Map<string, StoredPatientLink>>;
  /** The links of Fullscript patients, keyed by `toRowKey(clinicKey, fullscriptPatientId)`. One statement. */
  findLinksByFullscriptIds(keys: readonly ClinicRowKey[]): Promise<Map<string, StoredPatientLink>>;
  /** Every link of one EMR patient in the organization, over all clinics. */
  findByPatient(organizationId: string, patientId: string): Promise<StoredPatientLink[]>;
  /**
   * Links one to one; of two at the same moment one wins, on every engine. What the metadata at Fullscript must become, there and on a link that is
   * replaced, is queued in the same step.
   */
  link(link: NewPatientLink): Promise<LinkOutcome>;
  /**
   * Ends a link, keeps it in the history, and queues the clearing of its metadata id; with `refuse` the pair is remembered, so that only a person
   * can link it again. Gives the link that was ended, null when there was none.
   */
  unlink(
    request: ClinicRef & { patientId: string; unlinkedAt: string; unlinkedBy: string | null; refuse: boolean },
  ): Promise<StoredPatientLink | null>;
  /** Former links of an EMR patient in a clinic, newest first. */
  history(clinicKey: string, patientId: string): Promise<EndedPatientLink[]>;
  /** The Fullscript patients that a person has refused for each EMR patient, by EMR patient id. One statement. */
  findRefused(clinicKey: string, patientIds: readonly string[]): Promise<Map<string, Set<string>>>;
  /** Every EMR patient that is or was linked to a Fullscript patient. */
  findEverLinked(clinicKey: string, fullscriptPatientId: string): Promise<string[]>;
}

/** How often a link is tried again after somebody else inserted one of its keys first. */
const linkAttempts = 3;

function toLink(row: PlainRow<PatientLinkRow>): StoredPatientLink {
  return {
    clinicKey: row.clinic_key,
    organizationId: row.organization_id,
    clinicId: row.clinic_id,
    patientId: row.patient_id,
    fullscriptPatientId: row.fullscript_patient_id,
    method: row.method as LinkMethod,
    linkedAt: row.linked_at,
    linkedBy: row.linked_by,
  };
}

/** Builds the queries on links between EMR patients and Fullscript patients. */
export function createPatientLinks(db: Database): PatientLinks {
  async function findLinksByKeys(keys: readonly ClinicRowKey[]): Promise<Map<string, StoredPatientLink>> {
    if (keys.length === 0) return new Map();
    const among = isOneOf('clinic_key', 'patient_id', keys);
    const rows = await db.read<PatientLinkRow>(`SELECT * FROM patient_link WHERE ${among.sql}`, among.params);
    return new Map(rows.map((row) => [toRowKey(row.clinic_key, row.patient_id), toLink(row)]));
  }

  return {
    findLinksByKeys,

    async findLinks(clinicKey, patientIds) {
      const links = await findLinksByKeys(patientIds.map((id) => ({ clinicKey, id })));
      return new Map([...links.values()].map((link) => [link.patientId, link]));
    },

    async findLinksByFullscriptIds(keys) {
      if (keys.length === 0) return new Map();
      const among = isOneOf('clinic_key', 'fullscript_patient_id', keys);
      const rows = await db.read<PatientLinkRow>(`SELECT * FROM patient_link WHERE ${among.sql}`, among.params);
      return new Map(rows.map((row) => [toRowKey(row.clinic_key, row.fullscript_patient_id), toLink(row)]));
    },

    async findByPatient(organizationId, patientId) {
      const rows = await db.read<PatientLinkRow>(
        'SELECT * FROM patient_link WHERE organization_id = ? AND patient_id = ? ORDER BY linked_at, clinic_key',
        [organizationId, patientId],
      );
      return rows.map(toLink);
    },

    async link(link) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await db.write((tx) => linkInside(tx, link));
        } catch (error) {
          // Somebody linked one of the two at this moment: now it is there to be looked at.
          if (!isDuplicate(error) || attempt >= linkAttempts) throw error;
        }
      }
    },

    unlink(request) {
      const clinicKey = toClinicKey(request.organizationId, request.clinicId);
      return db.write(async (tx) => {
        const [row] = await tx.read<PatientLinkRow>(
          `SELECT * FROM patient_link WHERE clinic_key = ? AND patient_id = ? ${forUpdate(tx)}`,
          [clinicKey, request.patientId],
        );
        if (row === undefined) return null;
        await endLink(tx, row, { at: request.unlinkedAt, by: request.unlinkedBy, reason: 'unlinked' });
        if (request.refuse) {
          await insertMissing(tx, {
            table: 'refused_link',
            keys: ['clinic_key', 'patient_id', 'fullscript_patient_id'],
            columns: [
              'clinic_key',
              'patient_id',
              'fullscript_patient_id',
              'organization_id',
              'clinic_id',
              'refused_at',
              'refused_by',
            ],
            rows: [
              [
                clinicKey,
                row.patient_id,
                row.fullscript_patient_id,
                row.organization_id,
                row.clinic_id,
                request.unlinkedAt,
                request.unlinkedBy,
              ],
            ],
          });
        }
        await forgetMatch(tx, clinicKey, request.patientId);
        return toLink(row);
      });
    },

    async history(clinicKey, patientId) {
      const rows = await db.read<PatientLinkHistoryRow>(
        `SELECT * FROM patient_link_history WHERE clinic_key = ? AND patient_id = ? ORDER BY ended_at DESC, id`,
        [clinicKey, patientId],
      );
      return rows.map((row) => ({
        ...toLink(row),
        endedAt: row.ended_at,
        endedBy: row.ended_by,
        endReason: row.end_reason,
      }));
    },

    async findRefused(clinicKey, patientIds) {
      const refused = new Map<string, Set<string>>();
      if (patientIds.length === 0) return refused;
      const among = isIn('patient_id', patientIds);
      const rows = await db.read<Pick<RefusedLinkRow, 'patient_id' | 'fullscript_patient_id'>>(
        `SELECT patient_id, fullscript_patient_id FROM refused_link WHERE clinic_key = ? AND ${among.sql}`,
        [clinicKey, ...among.params],
      );
      for (const row of rows) {
        const ids = refused.get(row.patient_id);
        if (ids === undefined) refused.set(row.patient_id, new Set([row.fullscript_patient_id]));
        else ids.add(row.fullscript_patient_id);
      }
      return refused;
    },

    async findEverLinked(clinicKey, fullscriptPatientId) {
      const rows = await db.read<{ patient_id: string }>(
        `SELECT patient_id FROM patient_link WHERE clinic_key = ? AND fullscript_patient_id = ?
          UNION SELECT patient_id FROM patient_link_history WHERE clinic_key = ? AND fullscript_patient_id = ?`,
        [clinicKey, fullscriptPatientId, clinicKey, fullscriptPatientId],
      );
      return rows.map((row) => row.patient_id);
    },
  };
}

async function linkInside(tx: Transaction, link: NewPatientLink): Promise<LinkOutcome> {
  const clinicKey = toClinicKey(link.organizationId, link.clinicId);
  const { patientId, fullscriptPatientId, replace = false } = link;
  const [holder] = await tx.read<PatientLinkRow>(
    `SELECT * FROM patient_link WHERE clinic_key = ? AND fullscript_patient_id = ? ${forUpdate(tx)}`,
    [clinicKey, fullscriptPatientId],
  );
  if (holder !== undefined && holder.patient_id !== patientId) return { kind: 'taken', patientId: holder.patient_id };
  if (holder !== undefined) {
    if (link.metadataId) await putMetadata(tx, link, link.metadataId, link.linkedAt);
    return { kind: 'linked', link: toLink(holder), replaced: null, created: false };
  }
  const [own] = await tx.read<PatientLinkRow>(
    `SELECT * FROM patient_link WHERE clinic_key = ? AND patient_id = ? ${forUpdate(tx)}`,
    [clinicKey, patientId],
  );
  if (own !== undefined && !replace) return { kind: 'other', link: toLink(own) };
  if (replace) {
    await tx.run('DELETE FROM refused_link WHERE clinic_key = ? AND patient_id = ? AND fullscript_patient_id = ?', [
      clinicKey,
      patientId,
      fullscriptPatientId,
    ]);
  } else if (await isRefused(tx, clinicKey, patientId, fullscriptPatientId)) {
    return { kind: 'refused' };
  }
  if (own !== undefined) await endLink(tx, own, { at: link.linkedAt, by: link.linkedBy, reason: 'replaced' });
  const row: PlainRow<PatientLinkRow> = {
    clinic_key: clinicKey,
    patient_id: patientId,
    organization_id: link.organizationId,
    clinic_id: link.clinicId,
    fullscript_patient_id: fullscriptPatientId,
    method: link.method,
    linked_at: link.linkedAt,
    linked_by: link.linkedBy,
  };
  const columns = Object.keys(row);
  await tx.run(
    `INSERT INTO patient_link (${columns.join(', ')}) VALUES (${placeholders(columns.length)})`,
    Object.values(row),
  );
  if (link.metadataId) await putMetadata(tx, link, link.metadataId, link.linkedAt);
  await forgetMatch(tx, clinicKey, patientId);
  return { kind: 'linked', link: toLink(row), replaced: own === undefined ? null : toLink(own), created: true };
}

/** Queues what the metadata of a Fullscript patient must become; null clears what is ours. */
async function putMetadata(
  tx: Transaction,
  about: ClinicRef & { fullscriptPatientId: string },
  value: string | null,
  at: string,
): Promise<void> {
  const { organizationId, clinicId, fullscriptPatientId: fullscriptId } = about;
  await insertMetadataTask(tx, { organizationId, clinicId, kind: 'patient', fullscriptId, value, runAt: at }, at);
}

async function endLink(
  tx: Transaction,
  row: PatientLinkRow,
  end: { at: string; by: string | null; reason: 'unlinked' | 'replaced' },
): Promise<void> {
  await tx.run('DELETE FROM patient_link WHERE clinic_key = ? AND patient_id = ?', [row.clinic_key, row.patient_id]);
  await tx.run(
    `INSERT INTO patient_link_history (id, clinic_key, patient_id, organization_id, clinic_id, fullscript_patient_id,
        method, linked_at, linked_by, ended_at, ended_by, end_reason)
      VALUES (${placeholders(12)})`,
    [
      createId(),
      row.clinic_key,
      row.patient_id,
      row.organization_id,
      row.clinic_id,
      row.fullscript_patient_id,
      row.method,
      row.linked_at,
      row.linked_by,
      end.at,
      end.by,
      end.reason,
    ],
  );
  await putMetadata(tx, toLink(row), null, end.at);
}

/** A remembered search says nothing any more once a link was made or ended. */
async function forgetMatch(tx: Transaction, clinicKey: string, patientId: string): Promise<void> {
  await tx.run('DELETE FROM match_memory WHERE clinic_key = ? AND patient_id = ?', [clinicKey, patientId]);
}

async function isRefused(
  tx: Transaction,
  clinicKey: string,
  patientId: string,
  fullscriptPatientId: string,
): Promise<boolean> {
  const rows = await tx.read(
    'SELECT 1 AS found FROM refused_link WHERE clinic_key = ? AND patient_id = ? AND fullscript_patient_id = ?',
    [clinicKey, patientId, fullscriptPatientId],
  );
  return rows.length > 0;
}
