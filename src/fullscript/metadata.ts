import { z } from 'zod';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import { listAll } from './pages.ts';
import type { Endpoint } from './endpoint.ts';
import { wireId, wireText } from './wire.ts';

export type MetadataType = 'patient' | 'practitioner' | 'staff' | 'treatment_plan';

/** An object that carries a metadata id. Uniqueness is not promised by Fullscript: expect none, one or several. */
export interface MetadataHit {
  metadataId: string;
  type: MetadataType;
  /** The object's own Fullscript id. */
  objectId: string;
  /** The object with keys in snake_case; it may be thin. */
  data: Readonly<Record<string, unknown>>;
}

export interface Metadata {
  /** All objects of `type` whose metadata id is exactly `metadataId`. */
  find(call: Call, metadataId: string, type: MetadataType): Promise<MetadataHit[]>;
}

const scopes: Record<MetadataType, readonly string[]> = {
  patient: ['patients:read'],
  practitioner: ['clinic:read'],
  staff: ['clinic:read'],
  treatment_plan: ['patients:treatment_plan_history', 'patients:read'],
};

// Here `id` is the object's, because that is what tells rows apart: several objects may carry the same metadata id.
const wireHit = z
  .object({ id: wireText, type: wireText, data: z.looseObject({ id: wireId }) })
  .transform((row) => ({ id: row.data.id, metadataId: row.id, type: row.type, data: row.data }));

/** Makes the look-up by the ids that integrators write. */
export function createMetadata(client: Client): Metadata {
  return {
    async find(call, metadataId, type) {
      const endpoint: Endpoint = { method: 'GET', route: '/clinic/metadata', scopes: scopes[type] };
      const query = { id: metadataId, type };
      const rows = await listAll(client, call, endpoint, { query, rowKeys: ['metadata'] }, wireHit);
      // Compared again here: a filter that is overlooked, or that is fuzzy, would hand over somebody else.
      return rows
        .filter((row) => row.metadataId === metadataId && (row.type === null || row.type.toLowerCase() === type))
        .map((row) => ({ metadataId, type, objectId: row.id, data: row.data }));
    },
  };
}
