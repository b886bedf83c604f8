import { z } from 'zod';
import type { FullscriptPatient } from '../domain/patient.ts';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import type { Metadata } from './metadata.ts';
import { listAll, readPage, type ListPage } from './pages.ts';
import type { Endpoint } from './endpoint.ts';
import {
  readOne,
  wireBoolean,
  wireDate,
  wireId,
  wireMetadataId,
  wireNumber,
  wireOptionalId,
  wireReference,
  wireText,
} from './wire.ts';

/** What may be written; a key left out stays as it is, null clears it. */
export interface PatientChanges {
  email?: string | undefined;
  firstName?: string | undefined;
  lastName?: string | undefined;
  dateOfBirth?: string | null | undefined;
  gender?: string | null | undefined;
  mobileNumber?: string | null | undefined;
  discountPercent?: number | null | undefined;
  metadataId?: string | null | undefined;
}

export interface NewPatient extends PatientChanges {
  email: string;
  firstName: string;
  lastName: string;
  /** Always said, because Fullscript mails when nothing is said. */
  sendWelcomeEmail: boolean;
}

export interface Patients {
  get(call: Call, id: string): Promise<FullscriptPatient>;
  /** One page, counted from 1, of all the clinic's patients, dependents and guardians included. Rows that are not whole are thin. */
  listPage(call: Call, page: number): Promise<ListPage<{ patient: FullscriptPatient; isWhole: boolean }>>;
  /** Every patient, dependents and guardians included, whom Fullscript's fuzzy search finds. Rows may be thin: get before deciding. */
  searchAll(call: Call, query: string): Promise<FullscriptPatient[]>;
  /** All dependents of a guardian. Rows may be thin. */
  dependents(call: Call, guardianId: string): Promise<FullscriptPatient[]>;
  /** Patients whose metadata id is exactly this one; there may be several. Rows may be thin. */
  findByMetadata(call: Call, metadataId: string): Promise<FullscriptPatient[]>;
  update(call: Call, id: string, changes: PatientChanges): Promise<FullscriptPatient>;
  create(call: Call, patient: NewPatient, idempotencyKey?: string): Promise<FullscriptPatient>;
}

const reading = ['patients:read'];
const getEndpoint: Endpoint = { method: 'GET', route: '/clinic/patients/{id}', scopes: reading };
const listEndpoint: Endpoint = { method: 'GET', route: '/clinic/patients', scopes: reading };
const searchEndpoint: Endpoint = { method: 'GET', route: '/clinic/search/patients', scopes: reading };
const dependentsEndpoint: Endpoint = {
  method: 'GET',
  route: '/clinic/patients/{patient_id}/dependents',
  scopes: reading,
};
const updateEndpoint: Endpoint = {
  method: 'PATCH',
  route: '/clinic/patients/{id}',
  scopes: ['patients:write'],
  idempotent: true,
};
const createEndpoint: Endpoint = { method: 'POST', route: '/clinic/patients', scopes: ['patients:write'] };

/** A patient as any body gives it: whole, or thin with nothing but id, names, e-mail and `archived`. */
export const wirePatient = z
  .object({
    id: wireId,
    email: wireText,
    first_name: wireText,
    last_name: wireText,
    date_of_birth: wireDate,
    gender: wireText,
    biological_sex: wireText,
    mobile_number: wireText,
    archived: wireBoolean,
    is_dependent: wireBoolean,
    guardian_patient_id: wireOptionalId,
    guardian: wireReference,
    discount: wireNumber,
    total_discount: wireNumber,
    metadata: wireMetadataId,
  })
  .transform((patient): FullscriptPatient => {
    const guardianPatientId = patient.guardian_patient_id ?? patient.guardian;
    return {
      id: patient.id,
      email: patient.email,
      firstName: patient.first_name,
      lastName: patient.last_name,
      dateOfBirth: patient.date_of_birth,
      gender: patient.gender ?? patient.biological_sex,
      mobileNumber: patient.mobile_number,
      archived: patient.archived ?? false,
      isDependent: patient.is_dependent ?? guardianPatientId !== null,
      guardianPatientId,
      discountPercent: patient.discount,
      totalDiscountPercent: patient.total_discount,
      metadataId: patient.metadata,
    };
  });

const rowKeys = ['patients', 'dependents'];
/** What a thin row leaves out. */
const wholeKeys = ['date_of_birth', 'discount', 'total_discount', 'mobile_number', 'metadata'];

const wireListedPatient = z.looseObject({ id: wireId }).transform((row) => ({
  patient: wirePatient.parse(row),
  isWhole: wholeKeys.every((key) => key in row),
}));

/** What is written, in Fullscript's keys and in text, as its documents show it; keys left out stay out, null stays null. */
export function toPatientBody(changes: PatientChanges & { sendWelcomeEmail?: boolean | undefined }): object {
  return {
    email: changes.email,
    first_name: changes.firstName,
    last_name: changes.lastName,
    date_of_birth: changes.dateOfBirth,
    gender: changes.gender,
    mobile_number: changes.mobileNumber,
    discount: toText(changes.discountPercent),
    send_welcome_email: toText(changes.sendWelcomeEmail),
    metadata: changes.metadataId === undefined ? undefined : { id: changes.metadataId },
  };
}

function toText(value: number | boolean | null | undefined): string | null | undefined {
  return value === null || value === undefined ? value : String(value);
}

/** Makes the calls about patients; looks by metadata through `metadata`. */
export function createPatients(client: Client, metadata: Metadata): Patients {
  return {
    get: async (call, id) => readOne(wirePatient, await client.ask(call, getEndpoint, { params: { id } }), ['patient']),
    listPage: (call, page) =>
      readPage(client, call, listEndpoint, { query: { patient_type: 'all' }, rowKeys }, wireListedPatient, page),
    searchAll: (call, query) =>
      listAll(client, call, searchEndpoint, { query: { query, patient_type: 'all' }, rowKeys }, wirePatient),
    async dependents(call, guardianId) {
      const input = { params: { patient_id: guardianId }, rowKeys };
      const rows = await listAll(client, call, dependentsEndpoint, input, wirePatient);
      return rows.map((row) => ({
        ...row,
        isDependent: true,
        guardianPatientId: row.guardianPatientId ?? guardianId,
      }));
    },
    async findByMetadata(call, metadataId) {
      const hits = await metadata.find(call, metadataId, 'patient');
      return hits.map((hit) => ({ ...wirePatient.parse(hit.data), metadataId }));
    },
    update: async (call, id, changes) =>
      readOne(wirePatient, await client.ask(call, updateEndpoint, { params: { id }, body: toPatientBody(changes) }), [
        'patient',
      ]),
    create: async (call, patient, idempotencyKey) =>
      readOne(wirePatient, await client.ask(call, createEndpoint, { body: toPatientBody(patient), idempotencyKey }), [
        'patient',
      ]),
  };
}
