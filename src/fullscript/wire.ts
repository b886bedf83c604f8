import { z } from 'zod';
import { FullscriptFailure } from '../domain/errors.ts';
import type { Answer } from './answer.ts';

// Fullscript reserves the right to add keys, to change ids' format, and mixes text, numbers and booleans; so everything here reads leniently,
// and only what nothing works without (an id) is required.

/** A JSON object. */
export type Row = Readonly<Record<string, unknown>>;

/** Whether `value` is a JSON object (not an array, not null). */
export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Renames camelCase keys to snake_case, all the way down; where both spellings are there, the snake_case one counts. */
export function toSnakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSnakeKeys);
  if (!isRow(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const snake = key.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase();
    if (snake === key || !Object.hasOwn(value, snake)) {
      Object.defineProperty(result, snake, {
        value: toSnakeKeys(inner),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
  }
  return result;
}

/** The first of `keys` that `row` holds with something other than null, undefined or blank text; undefined when none does. */
export function findFirst(row: Row, keys: readonly string[]): unknown {
  for (const key of keys) {
    const value = Object.hasOwn(row, key) ? row[key] : undefined;
    if (value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === '')) return value;
  }
  return undefined;
}

/** Text, or a number or boolean as text; null for blank text and everything else. */
export function readText(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'boolean' ? String(value) : null;
}

/** A finite number, also out of text (a trailing percent sign is overlooked); otherwise null. */
export function readNumber(value: unknown): number | null {
  const number =
    typeof value === 'string' && value.trim() !== '' ? Number(value.trim().replace(/\s*%$/, '')) : (value as number);
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** Like `readNumber`, with fractions cut off. */
export function readInteger(value: unknown): number | null {
  const number = readNumber(value);
  return number === null ? null : Math.trunc(number);
}

/** A boolean, also as text or as 0 and 1; otherwise null. */
export function readBoolean(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (word === 'true' || word === '1' || word === 1) return true;
  return word === 'false' || word === '0' || word === 0 ? false : null;
}

/** An ISO instant in UTC with milliseconds, out of any timestamp (without a zone: UTC) or epoch number; otherwise null. */
export function readInstant(value: unknown): string | null {
  let time = Number.NaN;
  if (typeof value === 'number') time = value < 100_000_000_000 ? value * 1000 : value;
  if (typeof value === 'string') {
    const text = value.trim();
    time = Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text);
  }
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** A date `yyyy-mm-dd`, also out of a full timestamp (the day as it is written there); otherwise null. */
export function readDate(value: unknown): string | null {
  const day = typeof value === 'string' ? /^\s*(\d{4}-\d{2}-\d{2})(?!\d)/.exec(value)?.[1] : undefined;
  if (day === undefined) return null;
  const date = new Date(`${day}T00:00:00.000Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) ? day : null;
}

/** Texts out of an array, or out of one text separated by commas. */
export function readTexts(value: unknown): string[] {
  const parts: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  return parts.map((part) => readText(part)?.trim() ?? '').filter((part) => part !== '');
}

/** An https address (http for loopback hosts only), since it is going to be opened in somebody's browser; otherwise null. */
export function readLink(value: unknown): string | null {
  if (typeof value !== 'string' || !URL.canParse(value)) return null;
  const { protocol, hostname } = new URL(value);
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback) ? value : null;
}

/** A schema that takes whatever is there, a missing key too, and makes of it what `read` says. */
export function lenient<T>(read: (value: unknown, context: z.RefinementCtx) => T) {
  return z.unknown().optional().transform(read);
}

/** A required opaque id: text of 1 to 255 characters, or a number. */
export const wireId = z.union([z.string(), z.number()]).transform(String).pipe(z.string().min(1).max(255));

/** The same where it may be missing. */
export const wireOptionalId = lenient((value) => wireId.safeParse(value).data ?? null);
/** The readers above as schemas: for keys that may be missing or of another type. */
export const wireText = lenient(readText);
export const wireNumber = lenient(readNumber);
export const wireInteger = lenient(readInteger);
export const wireBoolean = lenient(readBoolean);
export const wireInstant = lenient(readInstant);
export const wireDate = lenient(readDate);
/** A required address for a browser. */
export const wireLink = lenient((value, context) => {
  const link = readLink(value);
  if (link !== null) return link;
  context.addIssue({ code: 'custom', message: 'not a link' });
  return z.NEVER;
});
/** Our id in `metadata: { id }`; some bodies have the text alone. */
export const wireMetadataId = lenient((value) => readText(isRow(value) ? value['id'] : value));
/** The id out of `{ id }` or of the id alone; null when missing. */
export const wireReference = lenient((value) => wireId.safeParse(isRow(value) ? value['id'] : value).data ?? null);
/** Objects of an array; whatever else it holds is left out, and anything but an array is empty. */
export const wireRows = lenient((value): Row[] => (Array.isArray(value) ? value.filter(isRow) : []));

/** The object under the first of `keys` that is there, or the body itself when it has an id and none of the keys. */
function unwrap(body: unknown, keys: readonly string[]): unknown {
  if (!isRow(body)) return undefined;
  for (const key of keys) if (isRow(body[key])) return body[key];
  return Object.hasOwn(body, 'id') ? body : undefined;
}

/** A `contract` failure that names the endpoint and `where` in the body, never a value. */
export function toContractFailure(
  answer: Pick<Answer, 'endpoint' | 'status' | 'upstreamRequestId'>,
  where: string,
): FullscriptFailure {
  return new FullscriptFailure('contract', `Fullscript's answer to ${answer.endpoint} cannot be read (${where})`, {
    status: answer.status,
    upstreamRequestId: answer.upstreamRequestId,
  });
}

/** Reads `value`, which came with `answer`, by `schema`. Throws `contract` when something essential is missing. */
export function readWire<Schema extends z.ZodType>(schema: Schema, value: unknown, answer: Answer): z.output<Schema> {
  const result = schema.safeParse(toSnakeKeys(value));
  if (result.success) return result.data;
  const where = result.error.issues.map((issue) => issue.path.map(String).join('.') || 'body');
  throw toContractFailure(answer, [...new Set(where)].slice(0, 5).join(', '));
}

/** Reads the one object that `answer` carries under one of `keys` (or bare). Throws `contract`. */
export function readOne<Schema extends z.ZodType>(
  schema: Schema,
  answer: Answer,
  keys: readonly string[],
): z.output<Schema> {
  return readWire(schema, unwrap(toSnakeKeys(answer.body), keys), answer);
}
