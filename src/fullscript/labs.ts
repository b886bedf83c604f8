import { z } from 'zod';
import type { FullscriptEnvironment } from '../domain/account.ts';
import type { LabOrder, LabResult } from '../domain/lab-order.ts';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import { listAll } from './pages.ts';
import { toLabTests } from './plans.ts';
import type { Endpoint } from './endpoint.ts';
import {
  findFirst,
  isRow,
  readInstant,
  readOne,
  readText,
  wireId,
  wireOptionalId,
  wireReference,
  wireRows,
  type Row,
} from './wire.ts';

export interface ReadLabOrder extends LabOrder {
  /** False for a list row without tests and results: get it before relying on their absence. */
  isDetailed: boolean;
}

/** Lab orders, in the United States only: in Canada the lists are empty without a call. */
export interface Labs {
  /** All pages. A row that does not name its patient stays in, with `fullscriptPatientId` null. */
  listByPatient(call: Call, patientId: string): Promise<ReadLabOrder[]>;
  /** The clinic's lab orders from `page` (default 1) to the end. */
  listAll(call: Call, options?: { page?: number | undefined }): Promise<ReadLabOrder[]>;
  get(call: Call, id: string): Promise<ReadLabOrder>;
}

const scopes = ['patients:order_history'];
const listEndpoint: Endpoint = { method: 'GET', route: '/clinic/labs/orders', scopes };
const getEndpoint: Endpoint = { method: 'GET', route: '/clinic/labs/orders/{id}', scopes };

const oneKeys = ['order', 'lab_order', 'labs_order'];
const rowKeys = ['orders', 'lab_orders', 'labs_orders'];
const testKeys = ['tests', 'lab_tests'];
const resultKeys = ['results', 'lab_results'];
/** Only the names `tests` and `results` are documented; where the file's address stands is not, so every likely key is tried. */
const fileKeys = [
  'pdf_url',
  'file_url',
  'download_url',
  'result_url',
  'document_url',
  'attachment_url',
  'url',
  'pdf',
  'file',
  'document',
  'attachment',
  'artifact',
  'links',
];

const wireLabOrder = z.looseObject({ id: wireId }).transform((raw): ReadLabOrder => {
  const row: Row = raw;
  const id = raw.id;
  const results = findFirst(row, resultKeys);
  return {
    id,
    name: readText(row['name']),
    rawStatus: readText(findFirst(row, ['state', 'status'])) ?? '',
    fullscriptPatientId: readId(row, 'patient'),
    fullscriptPractitionerId: readId(row, 'practitioner'),
    treatmentPlanId: readId(row, 'treatment_plan') ?? readFirstId(row['treatment_plan_ids']),
    tests: toLabTests(findFirst(row, testKeys)),
    results: toResults(id, results, row['latest_aggregated_result']),
    createdAt: readInstant(findFirst(row, ['created_at', 'purchased_at', 'completed_at'])),
    updatedAt: readInstant(row['updated_at']),
    isDetailed: Array.isArray(findFirst(row, testKeys)) && Array.isArray(results),
  };
});

function readId(row: Row, noun: string): string | null {
  return wireOptionalId.parse(row[`${noun}_id`]) ?? wireReference.parse(row[noun]);
}

function readFirstId(value: unknown): string | null {
  return Array.isArray(value) ? wireOptionalId.parse(value[0]) : null;
}

function toResults(orderId: string, value: unknown, aggregated: unknown): LabResult[] {
  const results = wireRows.parse(value).map((row, index) => toResult(orderId, row, index));
  if (!isRow(aggregated)) return results;
  // Fullscript's newest file for the whole order: the only one there is, or the file of the only result that came without.
  const whole = toResult(orderId, aggregated, 0);
  const [only] = results;
  if (!only) return whole.fileUrl === null ? [] : [whole];
  if (results.length !== 1 || only.fileUrl !== null) return results;
  const artifactId = wireOptionalId.parse(findFirst(aggregated, ['artifact_id', 'id']));
  return [{ ...whole, ...(artifactId === null ? {} : { artifactId }), ...only, fileUrl: whole.fileUrl }];
}

function toResult(orderId: string, row: Row, index: number): LabResult {
  const artifactId = wireOptionalId.parse(findFirst(row, ['artifact_id', 'file_id', 'document_id']));
  const updatedAt = readInstant(findFirst(row, ['updated_at', 'amended_at']));
  return {
    id: wireOptionalId.parse(findFirst(row, ['id', 'artifact_id', 'result_id'])) ?? `${orderId}~${index + 1}`,
    name: readText(findFirst(row, ['name', 'title'])),
    rawStatus: readText(findFirst(row, ['state', 'status'])),
    fileUrl: findFileUrl(row),
    ...(artifactId === null ? {} : { artifactId }),
    ...(updatedAt === null ? {} : { updatedAt }),
  };
}

/** The first likely key that holds an address, also one level further down (`file: { url }`, `links: { pdf }`). */
function findFileUrl(row: Row, isNested = false): string | null {
  for (const key of fileKeys) {
    const value = row[key];
    if (typeof value === 'string' && /^(https?:\/)?\//i.test(value.trim())) return value.trim();
    const inner = !isNested && isRow(value) ? findFileUrl(value, true) : null;
    if (inner !== null) return inner;
  }
  return null;
}

/** `environment` decides whether there are labs at all. */
export function createLabs(client: Client, environment: FullscriptEnvironment): Labs {
  const hasLabs = environment === 'us' || environment === 'us-snd';
  return {
    async listByPatient(call, patientId) {
      if (!hasLabs) return [];
      const query = { patient_id: patientId };
      const orders = await listAll(client, call, listEndpoint, { query, rowKeys }, wireLabOrder);
      // A filter that is overlooked would show one patient's labs to another.
      return orders.filter((order) => order.fullscriptPatientId === null || order.fullscriptPatientId === patientId);
    },
    async listAll(call, options = {}) {
      if (!hasLabs) return [];
      return listAll(client, call, listEndpoint, { rowKeys, firstPage: options.page }, wireLabOrder);
    },
    async get(call, id) {
      const order = readOne(wireLabOrder, await client.ask(call, getEndpoint, { params: { id } }), oneKeys);
      return { ...order, isDetailed: true };
    },
  };
}
