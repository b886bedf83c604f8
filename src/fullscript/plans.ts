import { z } from 'zod';
import type {
  Dosage,
  LabRecommendation,
  LabTest,
  PlanState,
  Recommendation,
  RecommendationInput,
  TreatmentPlan,
  TreatmentPlanRow,
} from '../domain/treatment-plan.ts';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import { listAll } from './pages.ts';
import type { Answer } from './answer.ts';
import type { Endpoint } from './endpoint.ts';
import {
  lenient,
  findFirst,
  isRow,
  readBoolean,
  readInteger,
  readLink,
  readOne,
  readText,
  readTexts,
  wireBoolean,
  wireDate,
  wireId,
  wireInstant,
  wireMetadataId,
  wireOptionalId,
  wireReference,
  wireRows,
  wireText,
  type Row,
} from './wire.ts';

export interface PlanChanges {
  personalMessage?: string | null | undefined;
  /** Replaces the lines that are there. */
  recommendations?: readonly RecommendationInput[] | undefined;
  metadataId?: string | null | undefined;
}

export interface NewPlan extends PlanChanges {
  /** Required for staff; a practitioner's own when left out. */
  practitionerId?: string | undefined;
  /** Always said, because Fullscript activates (and mails) when nothing is said. */
  state: 'draft' | 'active';
  recommendations: readonly RecommendationInput[];
}

export interface Plans {
  /** All plans of a patient, newest first. */
  listByPatient(call: Call, patientId: string): Promise<TreatmentPlanRow[]>;
  get(call: Call, id: string): Promise<TreatmentPlan>;
  /** Fullscript may replace or merge lines; read the answer. */
  update(call: Call, id: string, changes: PlanChanges): Promise<TreatmentPlan>;
  /** Restricted: open to approved apps only. */
  create(call: Call, patientId: string, plan: NewPlan, idempotencyKey?: string): Promise<TreatmentPlan>;
  cancel(call: Call, id: string): Promise<TreatmentPlan>;
}

// A plan made in Fullscript's own app needs the history scope, one made by an API the other.
const reading = ['patients:treatment_plan_history', 'patients:read'];
const listEndpoint: Endpoint = {
  method: 'GET',
  route: '/clinic/patients/{patient_id}/treatment_plans',
  scopes: reading,
};
const getEndpoint: Endpoint = { method: 'GET', route: '/clinic/treatment_plans/{id}', scopes: reading };
const updateEndpoint: Endpoint = {
  method: 'PATCH',
  route: '/clinic/treatment_plans/{id}',
  scopes: ['clinic:write'],
  idempotent: true,
};
const createEndpoint: Endpoint = {
  method: 'POST',
  route: '/clinic/patients/{patient_id}/treatment_plans',
  scopes: ['clinic:write', 'patients:read'],
  restricted: true,
};
const cancelEndpoint: Endpoint = {
  method: 'PATCH',
  route: '/clinic/treatment_plans/{treatment_plan_id}/cancel',
  scopes: ['clinic:write'],
};

const states: Readonly<Record<string, PlanState>> = {
  draft: 'DRAFT',
  active: 'ACTIVE',
  cancelled: 'CANCELLED',
  canceled: 'CANCELLED',
};

/** `draft`, `active`, `cancelled` in any case; null for anything else. */
export function readPlanState(value: unknown): PlanState | null {
  return (typeof value === 'string' && states[value.trim().toLowerCase()]) || null;
}

const wireRowFields = z.object({
  id: wireId,
  state: lenient(readPlanState),
  active: wireBoolean,
  patient: wireReference,
  patient_id: wireOptionalId,
  practitioner: wireReference,
  practitioner_id: wireOptionalId,
  available_at: wireDate,
  created_at: wireInstant,
  updated_at: wireInstant,
});

/** `patientId` stands in where a patient's own list leaves the patient out. */
function toRow(
  plan: z.output<typeof wireRowFields>,
  context: z.core.$RefinementCtx,
  patientId: string | null,
): TreatmentPlanRow {
  const state = plan.state ?? (plan.active ? 'ACTIVE' : null);
  const fullscriptPatientId = plan.patient ?? plan.patient_id ?? patientId;
  const createdAt = plan.created_at ?? plan.updated_at;
  const missing = [
    ...(state === null ? ['state'] : []),
    ...(fullscriptPatientId === null ? ['patient'] : []),
    ...(createdAt === null ? ['created_at'] : []),
  ];
  for (const key of missing) context.issues.push({ code: 'custom', message: 'missing', path: [key], input: undefined });
  if (state === null || fullscriptPatientId === null || createdAt === null) return z.NEVER;
  return {
    id: plan.id,
    state,
    fullscriptPatientId,
    fullscriptPractitionerId: plan.practitioner ?? plan.practitioner_id,
    availableOn: plan.available_at,
    createdAt,
    updatedAt: plan.updated_at ?? createdAt,
  };
}

const wirePlan = wireRowFields
  .extend({
    personal_message: wireText,
    invitation_url: lenient(readLink),
    metadata: wireMetadataId,
    recommendations: wireRows,
    lab_recommendations: wireRows,
  })
  .transform((plan, context): TreatmentPlan => {
    const row = toRow(plan, context, null);
    const recommendations = toRecommendations(plan.recommendations);
    if (recommendations === null) {
      context.issues.push({
        code: 'custom',
        message: 'missing',
        path: ['recommendations', 'variant_id'],
        input: undefined,
      });
      return z.NEVER;
    }
    return {
      ...row,
      personalMessage: plan.personal_message,
      invitationUrl: plan.invitation_url,
      metadataId: plan.metadata,
      recommendations,
      labRecommendations: plan.lab_recommendations.map(toLabRecommendation),
    };
  });

/** Null when a line names no variant: a plan is never shown with a line missing. */
function toRecommendations(rows: readonly Row[]): Recommendation[] | null {
  const counts = new Map<string, number>();
  const result: Recommendation[] = [];
  for (const row of rows) {
    const variantId = wireOptionalId.parse(
      findFirst(row, ['variant_id', 'product_variant_id']) ??
        (isRow(row['variant']) ? row['variant']['id'] : undefined),
    );
    if (variantId === null) return null;
    const count = (counts.get(variantId) ?? 0) + 1;
    counts.set(variantId, count);
    result.push({
      id: count === 1 ? variantId : `${variantId}~${count}`,
      variantId,
      unitsToPurchase: readInteger(findFirst(row, ['units_to_purchase', 'quantity_recommended', 'quantity'])),
      refill: readBoolean(row['refill']),
      takeWith: readText(row['take_with']),
      dosage: toDosage(row),
    });
  }
  return result;
}

/** Fullscript's three spellings: nested, nested with `recommended_`, and flat with `dosage_`; null when nothing is said. */
function toDosage(row: Row): Dosage | null {
  const nested = isRow(row['dosage']) ? row['dosage'] : {};
  const read = (key: string): unknown =>
    findFirst(nested, [key, `recommended_${key}`, `dosage_${key}`]) ??
    findFirst(row, [`dosage_${key}`, `recommended_${key}`]);
  const dosage: Dosage = {
    amount: readText(read('amount')),
    frequency: readText(read('frequency')),
    duration: readText(read('duration')),
    format: readText(read('format')),
    timeOfDay: readTexts(read('time_of_day') ?? row['time_of_day']),
    additionalInfo: readText(read('additional_info') ?? row['additional_info']),
  };
  const isEmpty = Object.values(dosage).every(
    (value: unknown) => value === null || (Array.isArray(value) && value.length === 0),
  );
  return isEmpty ? null : dosage;
}

function toLabRecommendation(row: Row, index: number): LabRecommendation {
  const tests = toLabTests(row['tests']);
  return {
    id: wireOptionalId.parse(findFirst(row, ['id', 'lab_test_id'])) ?? `lab-${index + 1}`,
    name: readText(row['name']) ?? tests.map((test) => test.name).join(', '),
    requiresFasting: readBoolean(row['requires_fasting']),
    instructions: readText(row['instructions']),
    tests,
  };
}

/** Lab tests of a plan's line or of a lab order. One without an id is left out; a missing name is empty. */
export function toLabTests(value: unknown): LabTest[] {
  return wireRows.parse(value).flatMap((row) => {
    const id = wireOptionalId.parse(findFirst(row, ['id', 'lab_test_id', 'test_id']));
    return id === null ? [] : [{ id, name: readText(findFirst(row, ['name', 'title'])) ?? '' }];
  });
}

function toBody(changes: PlanChanges): Record<string, unknown> {
  return {
    personal_message: changes.personalMessage,
    recommendations: changes.recommendations?.map(toLine),
    metadata: changes.metadataId === undefined ? undefined : { id: changes.metadataId },
  };
}

/** A line as Fullscript's documents show it: numbers and booleans as text. */
function toLine(line: RecommendationInput): object {
  const { dosage } = line;
  return {
    variant_id: line.variantId,
    units_to_purchase: String(line.unitsToPurchase),
    refill: line.refill === null || line.refill === undefined ? undefined : String(line.refill),
    take_with: line.takeWith ?? undefined,
    dosage: dosage
      ? {
          amount: dosage.amount ?? undefined,
          frequency: dosage.frequency ?? undefined,
          duration: dosage.duration ?? undefined,
          format: dosage.format ?? undefined,
          additional_info: dosage.additionalInfo ?? undefined,
          time_of_day: dosage.timeOfDay,
        }
      : undefined,
  };
}

/** Makes the calls about treatment plans. */
export function createPlans(client: Client): Plans {
  const read = (answer: Answer) => readOne(wirePlan, answer, ['treatment_plan']);
  return {
    async listByPatient(call, patientId) {
      const schema = wireRowFields.transform((plan, context) => toRow(plan, context, patientId));
      const rows = await listAll(
        client,
        call,
        listEndpoint,
        {
          params: { patient_id: patientId },
          query: { sort_by: 'created_at', order_by: 'DESC' },
          rowKeys: ['treatment_plans'],
        },
        schema,
      );
      // Another patient's plan never gets into this one's list, whatever was answered; and the order is made sure of.
      return rows
        .filter((row) => row.fullscriptPatientId === patientId)
        .sort((a, b) => compareText(b.createdAt, a.createdAt) || compareText(b.id, a.id));
    },
    get: async (call, id) => read(await client.ask(call, getEndpoint, { params: { id } })),
    update: async (call, id, changes) =>
      read(await client.ask(call, updateEndpoint, { params: { id }, body: toBody(changes) })),
    create: async (call, patientId, plan, idempotencyKey) =>
      read(
        await client.ask(call, createEndpoint, {
          params: { patient_id: patientId },
          body: { ...toBody(plan), practitioner_id: plan.practitionerId, state: plan.state },
          idempotencyKey,
        }),
      ),
    cancel: async (call, id) => read(await client.ask(call, cancelEndpoint, { params: { treatment_plan_id: id } })),
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
