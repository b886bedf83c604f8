import { z } from 'zod';
import type { Clinic } from '../domain/account.ts';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import type { Endpoint } from './endpoint.ts';
import { readOne, wireId, wireInteger, wireNumber, wireOptionalId, wireText } from './wire.ts';

/** A clinic as Fullscript gives it; which organization it belongs to is not Fullscript's business. */
export interface FullscriptClinic extends Omit<Clinic, 'organizationId'> {
  patientCount: number | null;
  practitionerCount: number | null;
  dispensaryUrl: string | null;
  /** Identifies this app's installation at the clinic. */
  integrationId: string | null;
}

export interface Clinics {
  /** The clinic of the account's user. */
  get(call: Call): Promise<FullscriptClinic>;
}

const getEndpoint: Endpoint = { method: 'GET', route: '/clinic', scopes: ['clinic:read'] };

const wireClinic = z
  .object({
    id: wireId,
    name: wireText,
    discount: wireNumber,
    patient_count: wireInteger,
    practitioner_count: wireInteger,
    dispensary_url: wireText,
    integration_id: wireOptionalId,
  })
  .transform((clinic): FullscriptClinic => ({
    id: clinic.id,
    name: clinic.name ?? '',
    discountPercent: clinic.discount,
    patientCount: clinic.patient_count,
    practitionerCount: clinic.practitioner_count,
    dispensaryUrl: clinic.dispensary_url,
    integrationId: clinic.integration_id,
  }));

/** Makes the calls about the account's own clinic. */
export function createClinics(client: Client): Clinics {
  return {
    get: async (call) => readOne(wireClinic, await client.ask(call, getEndpoint), ['clinic']),
  };
}
