import { createHash } from 'node:crypto';

/**
 * The id that we write into Fullscript's metadata slot of a patient, practitioner or plan: `organization:id`, so that organizations
 * that share a clinic never meet. Longer than 100 characters or not ASCII, it becomes `h:` and the first 40 hex digits of its SHA-256.
 */
export function toMetadataId(organizationId: string, id: string): string {
  const plain = `${organizationId}:${id}`;
  if (plain.length <= 100 && /^[\u0000-\u007f]*$/.test(plain)) return plain;
  return `h:${createHash('sha256').update(plain, 'utf8').digest('hex').slice(0, 40)}`;
}

/**
 * Whether a metadata id names another patient of the organization than `id`. A hash tells nobody whose it is, so that it never does.
 */
export function isMetadataIdOfAnother(metadataId: string | null, organizationId: string, id: string): boolean {
  return Boolean(metadataId?.startsWith(`${organizationId}:`)) && metadataId !== toMetadataId(organizationId, id);
}
