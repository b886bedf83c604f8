import type { FullscriptEvent } from '../domain/event.ts';
import { isRow, readInstant, type Row } from './wire.ts';

const maxIdLength = 255;

/**
 * Reads an event out of a webhook's or an API's body, whichever of Fullscript's envelopes it has: `{ event }`, `{ event_payload: { event } }`,
 * or the event itself. `body` is parsed JSON. Null when there is no event whose id and type are text of 1 to 255 characters.
 */
export function readEnvelope(body: unknown): FullscriptEvent | null {
  const event = findEvent(body, 0);
  if (!event) return null;
  const { id, type } = event;
  if (!isName(id) || !isName(type)) return null;
  return {
    id,
    type,
    clinicId: readName(event['clinic_id']),
    createdAt: readInstant(event['created_at']),
    data: toObject(event['data'], type),
  };
}

function findEvent(value: unknown, depth: number): Row | null {
  if (!isRow(value) || depth > 3) return null;
  return findEvent(value['event'], depth + 1) ?? findEvent(value['event_payload'], depth + 1) ?? value;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= maxIdLength;
}

/** An opaque id may be a number as well. */
function readName(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return isName(text) ? text : null;
}

/** The object that the event is about: under the noun of its type, under a single key, or the data itself. */
function toObject(data: unknown, type: string): Row {
  if (!isRow(data)) return {};
  const noun = type.split('.')[0] ?? '';
  const named = Object.hasOwn(data, noun) ? data[noun] : undefined;
  if (isRow(named)) return named;
  const values = Object.values(data);
  return !Object.hasOwn(data, 'id') && values.length === 1 && isRow(values[0]) ? values[0] : data;
}
