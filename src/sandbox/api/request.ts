import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { Refusal, type Clinic, type TokenPair, type User } from '../state.ts';

/** Whose bearer token an API request carries. */
export interface Caller {
  user: User;
  clinic: Clinic;
  pair: TokenPair;
}

export interface ApiEnv {
  Bindings: HttpBindings;
  /** `delayMs` is set while a fault slows the request down. */
  Variables: { caller: Caller; delayMs?: number };
}

export type ApiContext = Context<ApiEnv>;
export type Fields = Record<string, unknown>;

/** The request's body as an object, from JSON or a form; empty when there is none or it cannot be read. */
export async function readBody(c: Pick<Context, 'req'>): Promise<Fields> {
  const text = await c.req.text();
  if (text === '') return {};
  if ((c.req.header('content-type') ?? '').includes('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(text));
  try {
    return readFields(JSON.parse(text));
  } catch {
    return {};
  }
}

/** The value as an object; empty when it is not one. */
export function readFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** Text, also from numbers and booleans. Undefined when absent, null when null or blank. */
export function readText(value: unknown): string | null | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** A number, also from text. Undefined when absent or null, NaN when it is not a number. */
export function readNumber(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

/** A yes or no, also from `"true"`, `"false"`, `"1"`, `"0"`, 1 and 0. Undefined when absent or unreadable. */
export function readFlag(value: unknown): boolean | undefined {
  if (value === true || value === 'true' || value === 1 || value === '1') return true;
  if (value === false || value === 'false' || value === 0 || value === '0') return false;
  return undefined;
}

/** The parameter of the path, decoded; empty when the route has none of that name. */
export function readParam(c: ApiContext, name: string): string {
  return c.req.param(name) ?? '';
}

/** The text of a field that must be there. Throws a 422 refusal. */
export function getText(body: Fields, name: string): string {
  const text = readText(body[name]);
  if (text == null) throw new Refusal(422, [`${name} can't be blank`]);
  return text;
}
