import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import type { LabOrder, LabRecommendation, Patient, Plan, Recommendation } from '../../../src/sandbox/state.ts';
import type { Database } from '../../../src/store/database.ts';

type Row = Record<string, unknown>;

/** How the stored copy of one clinic stands against the sandbox. */
export interface Comparison {
  /** Rows compared, by table. */
  rows: Record<string, number>;
  /** One line for each row that is missing, too many, or not equal; it names the columns. */
  differences: string[];
}

const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
};

/** One text for equal values, whatever the order of keys. */
const toText = (value: unknown): string => JSON.stringify(sortKeys(value));

function toPatientRow(sandbox: Sandbox, patient: Patient): Row {
  return {
    email: patient.email,
    first_name: patient.firstName,
    last_name: patient.lastName,
    date_of_birth: patient.dateOfBirth,
    gender: patient.gender,
    mobile_number: patient.mobileNumber,
    archived: Number(patient.archived),
    is_dependent: Number(patient.guardianPatientId !== null),
    guardian_patient_id: patient.guardianPatientId,
    discount_percent: patient.discount,
    total_discount_percent: patient.discount + (sandbox.state.clinics.get(patient.clinicId)?.discount ?? 0),
    metadata_id: patient.metadataId,
  };
}

function toLines(lines: readonly Recommendation[]): object[] {
  const counts = new Map<string, number>();
  return lines.map(({ variantId, unitsToPurchase, refill, takeWith, dosage }) => {
    const count = (counts.get(variantId) ?? 0) + 1;
    counts.set(variantId, count);
    const isEmpty = Object.values(dosage).every((part) => part === null || (Array.isArray(part) && part.length === 0));
    const id = count === 1 ? variantId : `${variantId}~${String(count)}`;
    return { id, variantId, unitsToPurchase, refill, takeWith, dosage: isEmpty ? null : dosage };
  });
}

const toLab = ({ id, name, requiresFasting, instructions, tests }: LabRecommendation): object => ({
  id,
  name,
  requiresFasting,
  instructions,
  tests,
});

function toPlanRow(sandbox: Sandbox, plan: Plan): Row {
  const slug = sandbox.state.clinics.get(plan.clinicId)?.slug ?? '';
  return {
    fullscript_patient_id: plan.patientId,
    fullscript_practitioner_id: plan.practitionerId,
    state: plan.state.toUpperCase(),
    created_at: plan.createdAt,
    updated_at: plan.updatedAt,
    available_on: plan.availableOn,
    personal_message: plan.personalMessage,
    invitation_url: `${sandbox.baseUrl}/welcome/${slug}/${plan.invitationCode}`,
    metadata_id: plan.metadataId,
    recommendations: toText(toLines(plan.recommendations)),
    lab_recommendations: toText(plan.labRecommendations.map(toLab)),
  };
}

function toOrderRow(order: LabOrder): Row {
  return {
    fullscript_patient_id: order.patientId,
    fullscript_practitioner_id: order.practitionerId,
    treatment_plan_id: order.planId,
    name: order.name,
    raw_status: order.state,
    status: order.state.toUpperCase(),
    tests: toText(order.tests),
  };
}

function toResultRows(order: LabOrder): [id: string, row: Row][] {
  return order.results.map((result, position) => [
    result.id,
    {
      lab_order_id: order.id,
      fullscript_patient_id: order.patientId,
      position,
      name: result.name,
      raw_status: result.state,
      has_file: 1,
      amended: Number(result.state === 'amended'),
    },
  ]);
}

/** JSON columns come as text or as values, whatever the engine. */
function toComparable(column: string, value: unknown): unknown {
  if (!['recommendations', 'lab_recommendations', 'tests'].includes(column)) return value;
  return toText(typeof value === 'string' ? JSON.parse(value) : value);
}

/**
 * Compares every stored row of a clinic, and each of its columns that comes from Fullscript, with what the sandbox has: patients, plans, lab orders
 * and results. Nothing may be missing and nothing may be too much.
 */
export async function compareRows(database: Database, sandbox: Sandbox, clinicId: string): Promise<Comparison> {
  const { state } = sandbox;
  const ofClinic = <T extends { clinicId: string }>(things: ReadonlyMap<string, T>): T[] =>
    [...things.values()].filter((thing) => thing.clinicId === clinicId);
  const orders = ofClinic(state.labOrders);
  const expected: Record<string, Map<string, Row>> = {
    fullscript_patient: new Map(ofClinic(state.patients).map((one) => [one.id, toPatientRow(sandbox, one)])),
    treatment_plan: new Map(ofClinic(state.plans).map((one) => [one.id, toPlanRow(sandbox, one)])),
    lab_order: new Map(orders.map((one) => [one.id, toOrderRow(one)])),
    lab_result: new Map(orders.flatMap(toResultRows)),
  };
  const comparison: Comparison = { rows: {}, differences: [] };
  for (const [table, things] of Object.entries(expected)) {
    const stored = new Map(
      (await database.read<Row>(`SELECT * FROM ${table} WHERE clinic_id = ?`, [clinicId])).map((row) => [
        String(row['id']),
        row,
      ]),
    );
    comparison.rows[table] = things.size;
    for (const id of stored.keys()) if (!things.has(id)) comparison.differences.push(`${table} ${id} is too much`);
    for (const [id, thing] of things) {
      const row = stored.get(id);
      if (row === undefined) {
        comparison.differences.push(`${table} ${id} is missing`);
        continue;
      }
      const columns = Object.keys(thing).filter((column) => toComparable(column, row[column]) !== thing[column]);
      if (columns.length > 0)
        comparison.differences.push(
          `${table} ${id}: ${columns.map((column) => `${column} is ${String(row[column])} instead of ${String(thing[column])}`).join(', ')}`,
        );
    }
  }
  return comparison;
}
