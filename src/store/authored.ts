import { isIn, isOneOf } from './conditions.ts';
import type { Database } from './database.ts';

/** A plan or lab order of a practitioner's, as narrow as a list needs it before it is cut into pages. */
export interface AuthoredRow {
  clinicKey: string;
  id: string;
  /** Empty for a lab order that Fullscript gave without one. */
  createdAt: string;
  /** The EMR patient it belongs to; null for somebody who is linked to nobody. */
  patientId: string | null;
}

export interface Authored {
  /**
   * What Fullscript practitioners wrote (one pair a clinic), newest first by `createdAt`, then id. `among` keeps only some states of plans or statuses of lab orders.
   * One statement however much it is; none of the wide columns is read.
   */
  find(request: {
    of: 'plans' | 'labOrders';
    practitioners: readonly { clinicKey: string; fullscriptPractitionerId: string }[];
    among?: readonly string[] | undefined;
  }): Promise<AuthoredRow[]>;
}

const tables = {
  plans: { name: 'treatment_plan', column: 't.state' },
  labOrders: { name: 'lab_order', column: 't.status' },
};

/** Builds the query on who wrote what. */
export function createAuthored(db: Database): Authored {
  return {
    async find({ of, practitioners, among }) {
      if (practitioners.length === 0 || among?.length === 0) return [];
      const { name, column } = tables[of];
      const keys = practitioners.map(({ clinicKey, fullscriptPractitionerId: id }) => ({ clinicKey, id }));
      const theirs = isOneOf('t.clinic_key', 't.fullscript_practitioner_id', keys);
      const only = among === undefined ? null : isIn(column, among);
      return await db.read<AuthoredRow>(
        `SELECT t.clinic_key AS clinicKey, t.id AS id, t.created_at AS createdAt, l.patient_id AS patientId
          FROM ${name} t
          LEFT JOIN patient_link l ON l.clinic_key = t.clinic_key AND l.fullscript_patient_id = t.fullscript_patient_id
          WHERE ${theirs.sql}${only === null ? '' : ` AND ${only.sql}`}
          ORDER BY t.created_at DESC, t.id DESC`,
        [...theirs.params, ...(only?.params ?? [])],
      );
    },
  };
}
