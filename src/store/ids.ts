import { randomBytes, randomUUID } from 'node:crypto';

/** Makes a random id of ours (36 characters). */
export function createId(): string {
  return randomUUID();
}

/**
 * Makes an id (36 characters, UUID version 7) that sorts by the millisecond it was made in, then by `sequence` (0 to 4095), the place
 * among those that are made together.
 */
export function createSortableId(now: Date, sequence: number): string {
  const time = now.getTime().toString(16).padStart(12, '0');
  const random = randomBytes(10);
  random[0] = ((sequence >> 8) & 0x0f) | 0x70;
  random[1] = sequence & 0xff;
  random[2] = ((random[2] ?? 0) & 0x3f) | 0x80;
  const tail = random.toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-${tail.slice(0, 4)}-${tail.slice(4, 8)}-${tail.slice(8)}`;
}
