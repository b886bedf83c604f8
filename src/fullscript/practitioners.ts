import { z } from 'zod';
import type { FullscriptPractitioner } from '../domain/practitioner.ts';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import { listAll } from './pages.ts';
import type { Endpoint } from './endpoint.ts';
import { readOne, wireId, wireMetadataId, wireText } from './wire.ts';

/** Practitioners of the clinic; staff have the same shape under another address. */
export interface Practitioners {
  /** All pages. */
  list(call: Call): Promise<FullscriptPractitioner[]>;
  get(call: Call, id: string): Promise<FullscriptPractitioner>;
  /** Writes our id into the metadata slot; null clears it. */
  setMetadata(call: Call, id: string, metadataId: string | null): Promise<FullscriptPractitioner>;
}

const wirePractitioner = z
  .object({
    id: wireId,
    email: wireText,
    first_name: wireText,
    last_name: wireText,
    metadata: wireMetadataId,
  })
  .transform((person): FullscriptPractitioner => ({
    id: person.id,
    email: person.email,
    firstName: person.first_name,
    lastName: person.last_name,
    metadataId: person.metadata,
  }));

/** `kind` chooses whose list it is: both have the same shape under different names. */
export function createPractitioners(client: Client, kind: 'practitioners' | 'staff'): Practitioners {
  const one = kind === 'staff' ? 'staff' : 'practitioner';
  const route = `/clinic/${kind}`;
  const listEndpoint: Endpoint = { method: 'GET', route, scopes: ['clinic:read'] };
  const getEndpoint: Endpoint = { method: 'GET', route: `${route}/{id}`, scopes: ['clinic:read'] };
  const updateEndpoint: Endpoint = {
    method: 'PATCH',
    route: `${route}/{id}`,
    scopes: ['clinic:write'],
    idempotent: true,
  };
  return {
    list: (call) => listAll(client, call, listEndpoint, { rowKeys: [kind] }, wirePractitioner),
    get: async (call, id) => readOne(wirePractitioner, await client.ask(call, getEndpoint, { params: { id } }), [one]),
    setMetadata: async (call, id, metadataId) =>
      readOne(
        wirePractitioner,
        await client.ask(call, updateEndpoint, { params: { id }, body: { metadata: { id: metadataId } } }),
        [one],
      ),
  };
}
