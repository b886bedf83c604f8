import { randomUUID } from 'node:crypto';

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
  const place = (sequence & 0xfff).toString(16).padStart(3, '0');
  // The random end of a version 4 id, whose variant bits are the same.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${place}-${randomUUID().slice(19)}`;
}
