import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const zonedPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;
const datePattern = /^\d{4}-\d{2}-\d{2}$/;

const instantRule = 'DateTime must be ISO 8601 text with a time zone';
const dateRule = 'Date must be a day of the calendar written yyyy-mm-dd';

/** Our own instants are kept in the wire form already, so they pass through after one look at their shape. */
function serializeInstant(value: unknown): string {
  if (typeof value === 'string' && value.length === 24 && instantPattern.test(value)) return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (typeof value === 'string') return readInstant(value);
  throw new GraphQLError(instantRule);
}

function readInstant(value: unknown): string {
  if (typeof value === 'string' && zonedPattern.test(value)) {
    const date = new Date(value);
    if (!Number.isNaN(date.getTime()) && isCalendarDay(value.slice(0, 10))) return date.toISOString();
  }
  throw new GraphQLError(instantRule);
}

function readDate(value: unknown): string {
  if (typeof value === 'string' && datePattern.test(value) && isCalendarDay(value)) return value;
  throw new GraphQLError(dateRule);
}

/** The 30th of February is no day; `Date` would make it one of March. */
function isCalendarDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00.000Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** An instant: text with milliseconds in UTC on the way out, any ISO 8601 instant with a zone on the way in. Never repeats the value it refuses. */
export const dateTimeScalar = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  serialize: serializeInstant,
  parseValue: readInstant,
  parseLiteral: (node) => readInstant(node.kind === Kind.STRING ? node.value : null),
});

/** A calendar day as yyyy-mm-dd text. Never repeats the value it refuses. */
export const dateScalar = new GraphQLScalarType<string, string>({
  name: 'Date',
  serialize: readDate,
  parseValue: readDate,
  parseLiteral: (node) => readDate(node.kind === Kind.STRING ? node.value : null),
});
