import type { Call } from './call.ts';

export type MetadataType = 'patient' | 'practitioner' | 'staff' | 'treatment_plan';

/** An object that carries a metadata id. Uniqueness is not promised by Fullscript: expect none, one or several. */
export interface MetadataHit {
  metadataId: string;
  type: string;
  /** The object's own Fullscript id. */
  objectId: string;
  /** The object as it came; its rows may be thin. */
  data: Readonly<Record<string, unknown>>;
}

export interface Metadata {
  /** All objects of `type` whose metadata id is exactly `metadataId`. */
  find(call: Call, metadataId: string, type: MetadataType): Promise<MetadataHit[]>;
}
