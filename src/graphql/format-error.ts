import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { FullscriptFailure, Refusal, type ErrorCode, type LogLevel } from '../domain/errors.ts';

/** What this room needs of a log. */
export type ErrorLog = Record<LogLevel, (entry: object, message: string) => void>;

/** The one translator of what is thrown into what a caller sees. */
export interface ErrorFormatter {
  /** Remembers what to log beside an error (ids of the request and the organization), since Apollo formats errors out of their context. */
  attach(error: unknown, entry: Readonly<Record<string, unknown>>): void;
  /** For Apollo's `formatError`. Cannot throw. */
  format(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError;
}

/** Codes Apollo gives to requests and documents that it cannot work with; their messages may quote values out of the document. */
const apolloCodes = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_REQUEST',
]);

/**
 * Makes the translator. Refusals and failures of Fullscript keep their code; Apollo's codes for documents stay; variables that do not fit
 * are BAD_USER_INPUT; everything else is a bug: logged whole under an error id, and only that id is shown. `newErrorId` defaults to a UUID.
 */
export function createErrorFormatter(needs: { log: ErrorLog; newErrorId?: () => string }): ErrorFormatter {
  const newErrorId = needs.newErrorId ?? randomUUID;
  const attached = new WeakMap<object, Readonly<Record<string, unknown>>>();

  function findAttached(error: unknown): Readonly<Record<string, unknown>> {
    return typeof error === 'object' && error !== null ? (attached.get(error) ?? {}) : {};
  }

  function formatSafely(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
    const where = {
      ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
      ...(formatted.path === undefined ? {} : { path: formatted.path }),
    };
    const refusal = findRefusal(error);
    if (refusal !== null) {
      needs.log[refusal.level]({ ...findAttached(error), code: refusal.code, err: refusal }, 'Refused');
      return { message: refusal.message, ...where, extensions: { ...refusal.extensions, code: refusal.code } };
    }
    const code = formatted.extensions?.['code'];
    // Apollo and the engines speak through GraphQLError; what our own code throws by accident is never one.
    if (originOf(error) instanceof GraphQLError) {
      if (typeof code === 'string' && apolloCodes.has(code))
        return { message: toDocumentMessage(formatted.message), ...where, extensions: { code } };
      const inputMessage = findInputMessage(formatted.message, code);
      if (inputMessage !== null) return { message: inputMessage, ...where, extensions: { code: 'BAD_USER_INPUT' } };
    }
    const errorId = newErrorId();
    needs.log.error({ ...findAttached(error), errorId, err: originOf(error) }, 'Unexpected error');
    return { message: 'Internal server error', ...where, extensions: { code: 'INTERNAL_SERVER_ERROR', errorId } };
  }

  return {
    attach(error, entry) {
      if (typeof error === 'object' && error !== null) attached.set(error, entry);
    },
    format(formatted, error) {
      try {
        return formatSafely(formatted, error);
      } catch {
        return { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } };
      }
    },
  };
}

/** What was thrown, out of the wrappings that GraphQL puts around it. */
function originOf(error: unknown): unknown {
  let origin = error;
  for (let depth = 0; depth < 10 && origin instanceof GraphQLError; depth += 1) {
    const inner: unknown = origin.originalError;
    if (inner === undefined || inner === null) break;
    origin = inner;
  }
  return origin;
}

function findRefusal(error: unknown): Refusal | null {
  const origin = originOf(error);
  if (origin instanceof Refusal) return origin;
  return origin instanceof FullscriptFailure ? toRefusal(origin) : null;
}

/** How a failed call to Fullscript is told to the caller. `reasons` are for result unions and are not repeated here. */
export function toRefusal(failure: FullscriptFailure): Refusal {
  const refuse = (code: ErrorCode, message: string, extensions: Record<string, unknown> = {}): Refusal =>
    new Refusal(code, message, { extensions, cause: failure });
  switch (failure.kind) {
    case 'withdrawn':
      return refuse('FULLSCRIPT_CONNECTION_REQUIRED', 'Fullscript no longer accepts the authorization: connect again', {
        status: 'RECONNECT_REQUIRED',
        missingScopes: [],
      });
    case 'forbidden':
      return refuse('FULLSCRIPT_CONNECTION_REQUIRED', 'The authorization does not cover this: connect again', {
        status: 'RECONNECT_REQUIRED',
        missingScopes: failure.missingScope === undefined ? [] : [failure.missingScope],
      });
    case 'not_found':
      return refuse('NOT_FOUND', 'Fullscript does not know this');
    case 'rejected':
      return refuse('BAD_USER_INPUT', 'Fullscript refused this');
    case 'rate_limited':
      return refuse('FULLSCRIPT_RATE_LIMITED', "Fullscript's call limit is reached: try again later", {
        retryAfterSeconds: Math.max(1, Math.ceil(failure.retryAfterSeconds ?? 1)),
      });
    case 'contract':
      return refuse('FULLSCRIPT_CONTRACT', 'Fullscript gave an answer that cannot be read');
    case 'conflict':
    case 'unavailable':
      return refuse('FULLSCRIPT_UNAVAILABLE', 'Fullscript is out of reach: try again later');
  }
}

/**
 * What is wrong with a document, with the values that are written into it taken out: they may be a patient's. Names of fields, arguments
 * and types stay; where it is, the locations say.
 */
function toDocumentMessage(message: string): string {
  return message
    .replace(/^(Syntax Error: .*?\b(?:Name|String|BlockString|Int|Float)) "[\s\S]*$/, '$1')
    .replace(/^(Syntax Error: (?:Invalid number|Invalid Unicode escape sequence)[^:]*): [\s\S]*$/, '$1')
    .replace(/^(Expected value of type "[^"]*"), found [\s\S]*$/, '$1')
    .replace(/^((?:Enum "\w+"|\w+) cannot represent [^:"]*): [\s\S]*$/, '$1')
    .replace(/^Value "[^"]*" does not exist in ("\w+" enum)[\s\S]*$/, 'There is no such value in the $1')
    .replace(/^Unknown operation named "[\s\S]*$/, 'Unknown operation');
}

/**
 * The message for variables or arguments that do not fit the schema, with the values taken out: they may be a patient's.
 * Null for anything else.
 */
function findInputMessage(message: string, code: unknown): string | null {
  const isVariable = message.startsWith('Variable "$');
  if (!isVariable && !message.startsWith('Argument "') && code !== 'BAD_USER_INPUT') return null;
  const variable = /^Variable "\$(\w+)"/.exec(message)?.[1];
  const argument = /^Argument "(\w+)"/.exec(message)?.[1];
  const place = / at "([\w.[\]]{1,200})"/.exec(message)?.[1];
  const type = /(?:of (?:required|non-null) type|Expected (?:value of )?type) "([\w[\]!]{1,100})"/.exec(message)?.[1];
  const subject =
    variable !== undefined
      ? `Variable "$${variable}"`
      : argument !== undefined
        ? `Argument "${argument}"`
        : 'The input';
  const at = place !== undefined && place !== variable ? ` at "${place}"` : '';
  return `${subject} does not fit the schema${at}${type === undefined ? '' : `: it takes ${type}`}`;
}
