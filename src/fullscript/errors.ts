import { FullscriptFailure, type FullscriptFailureKind } from '../domain/errors.ts';
import { isRow } from './wire.ts';

const maxReasons = 20;
const maxReasonLength = 500;
/** Keys under which Fullscript (and OAuth) put what went wrong; their own names are not part of the sentence. */
const wrappers: ReadonlySet<string> = new Set([
  'error',
  'errors',
  'error_description',
  'message',
  'messages',
  'detail',
  'base',
]);

/**
 * Fullscript's sentences out of any error body: `error` as text, as a stringified JSON array, as an array or an object; `errors`; `message`;
 * OAuth's `error` and `error_description`. Empty for anything else (an HTML page, say).
 */
export function readReasons(body: unknown): string[] {
  return [...new Set(collect(body, 0))].slice(0, maxReasons);
}

function collect(value: unknown, depth: number): string[] {
  if (depth > 6) return [];
  if (typeof value === 'string') {
    const text = value.trim();
    if (text === '' || text.startsWith('<')) return [];
    if (text.startsWith('[') || text.startsWith('{')) {
      try {
        return collect(JSON.parse(text), depth + 1);
      } catch {
        // Only looked like JSON: it is a sentence.
      }
    }
    return [text.slice(0, maxReasonLength)];
  }
  if (Array.isArray(value)) return value.flatMap((part) => collect(part, depth + 1));
  if (!isRow(value)) return [];
  const wrapped = Object.keys(value).filter((key) => wrappers.has(key));
  if (wrapped.length > 0) return wrapped.flatMap((key) => collect(value[key], depth + 1));
  // The top level of a body without any of the known keys says nothing about errors; deeper down it is `{ field: [sentences] }`.
  if (depth === 0) return [];
  return Object.entries(value).flatMap(([field, inner]) =>
    collect(inner, depth + 1).map((sentence) => `${field} ${sentence}`.slice(0, maxReasonLength)),
  );
}

/**
 * The scope that a 403 says is missing. Fullscript names a group in backquotes (`patients`): then it is the scope of that group which the
 * endpoint needs, one that the token was not granted first. Undefined when the sentences do not speak of a scope.
 */
export function findMissingScope(
  reasons: readonly string[],
  neededScopes: readonly string[],
  grantedScopes: readonly string[],
): string | undefined {
  for (const reason of reasons) {
    if (!/\bscopes?\b/i.test(reason)) continue;
    const named = /`([^`]{1,60})`/.exec(reason)?.[1] ?? /must have ["']?([\w:]{3,60})["']? scope/i.exec(reason)?.[1];
    if (named === undefined) continue;
    const word = named.trim().toLowerCase();
    if (word.includes(':')) return /^[a-z_]+(:[a-z_]+)+$/.test(word) ? word : undefined;
    const group = neededScopes.filter((scope) => scope.split(':')[0] === word);
    return group.find((scope) => !grantedScopes.includes(scope)) ?? group[0];
  }
  return undefined;
}

/** Seconds from a Retry-After header (a number, or a date compared with `now`), at least 0; undefined without a readable one. */
export function readRetryAfterSeconds(header: string | null, now: Date): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text));
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now.getTime()) / 1000));
}

/** What a status means. 401 is `withdrawn` here; whether it really is, is found out by refreshing. */
export function toFailureKind(status: number): FullscriptFailureKind {
  switch (status) {
    case 400:
    case 422:
      return 'rejected';
    case 401:
      return 'withdrawn';
    case 403:
      return 'forbidden';
    case 404:
    case 410:
      return 'not_found';
    case 409:
      return 'conflict';
    case 429:
      return 'rate_limited';
    case 408:
    case 425:
      return 'unavailable';
    default:
      return status >= 500 ? 'unavailable' : 'contract';
  }
}

const words: Record<FullscriptFailureKind, string> = {
  withdrawn: 'does not accept the authorization',
  forbidden: 'does not allow this',
  not_found: 'does not know this',
  rejected: 'refused the input',
  conflict: 'is still busy with an equal request',
  rate_limited: 'asks for fewer calls',
  unavailable: 'is not available',
  contract: 'gave an unexpected answer',
};

/** The one way from an answer that is no success to a failure. `endpoint` is a route pattern; nothing of the body gets into the message. */
export function toFailure(answer: {
  endpoint: string;
  status: number;
  body: unknown;
  retryAfterSeconds: number | undefined;
  upstreamRequestId: string | undefined;
  neededScopes: readonly string[];
  grantedScopes: readonly string[];
  restricted: boolean;
}): FullscriptFailure {
  const kind = toFailureKind(answer.status);
  const reasons = readReasons(answer.body);
  const isForbidden = kind === 'forbidden';
  return new FullscriptFailure(kind, `Fullscript ${words[kind]}: ${answer.status} to ${answer.endpoint}`, {
    status: answer.status,
    reasons,
    missingScope:
      isForbidden && !answer.restricted
        ? findMissingScope(reasons, answer.neededScopes, answer.grantedScopes)
        : undefined,
    restricted: isForbidden && answer.restricted,
    retryAfterSeconds: answer.retryAfterSeconds,
    upstreamRequestId: answer.upstreamRequestId,
  });
}
