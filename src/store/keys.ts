import { createHash } from 'node:crypto';

/** A row of one clinic as one organization sees it. */
export interface ClinicRowKey {
  /** See `toClinicKey`. */
  clinicKey: string;
  id: string;
}

/** A clinic as one organization sees it. */
export interface ClinicRef {
  organizationId: string;
  clinicId: string;
}

/**
 * Makes the 40 hex digits that stand for (organization, clinic) in every key, so that two organizations which connect the same
 * clinic never share a row.
 */
export function toClinicKey(organizationId: string, clinicId: string): string {
  return toHash([organizationId, clinicId]).slice(0, 40);
}

/** Makes one text of (clinic, id) for maps: the clinic key has a fixed length, so no two pairs collide. */
export function toRowKey(clinicKey: string, id: string): string {
  return `${clinicKey}:${id}`;
}

/** Makes the SHA-256 in hex of a list of values; different lists never look the same before hashing. */
export function toHash(values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}
