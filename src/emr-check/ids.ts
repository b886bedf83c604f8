import { randomUUID } from 'node:crypto';

/** An id of the same kind that nobody has: a UUID for a UUID, a number for a number. `serial` makes several that differ. */
export function toUnknownId(known: string | undefined, serial: number): string {
  if (known === undefined) return `fullscript-check-${serial}`;
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(known)) return randomUUID();
  if (/^\d+$/.test(known)) return String(2_147_483_647 - serial);
  return `${known}-check-${serial}`;
}
