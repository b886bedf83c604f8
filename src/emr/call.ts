import type { DocumentNode } from 'graphql';
import { ClientError, GraphQLClient } from 'graphql-request';

/** One entry of `errors`. The message is left out: it may hold patient data. */
export interface EmrFault {
  path: readonly (string | number)[];
  /** `extensions.code` in capitals; undefined without one, and for a sentence that stands in its place. */
  code: string | undefined;
}

/** What the EMR answered by the rules of GraphQL, with errors or without. */
export interface EmrAnswer {
  /** Undefined or null where nothing came. */
  data: unknown;
  faults: readonly EmrFault[];
}

export type EmrFailureKind = 'connection' | 'late' | 'redirect' | 'status' | 'too large' | 'not GraphQL';

/** No answer that could be read as GraphQL. The message is why, in words that hold nothing of the answer. */
export class EmrFailure extends Error {
  readonly kind: EmrFailureKind;
  /** The HTTP status of a redirect or of `status`. */
  readonly status: number | null;

  constructor(kind: EmrFailureKind, why: string, status: number | null = null) {
    super(why);
    this.name = 'EmrFailure';
    this.kind = kind;
    this.status = status;
  }
}

/** Sends one operation; `bearer` null sends no token. `requestId` goes along as `x-request-id`. Throws `EmrFailure`. */
export type CallEmr = (
  bearer: string | null,
  document: DocumentNode,
  variables: Record<string, unknown>,
  requestId?: string,
) => Promise<EmrAnswer>;

export interface CallSettings {
  /** The EMR's GraphQL address. */
  url: string;
  /** How long one call may take, its answer's last byte included. */
  timeoutMs: number;
  /** The largest answer that is read, unpacked; 4 MiB. 200 patients are far below 1 MiB. */
  maxBytes?: number;
}

/**
 * Makes the one way of calling the EMR, over `fetch`. A redirect is not followed: token and ids are meant for the EMR alone, and so is the
 * trust in what comes back.
 */
export function createCallEmr(settings: CallSettings, fetchImplementation: typeof fetch): CallEmr {
  const { url, timeoutMs, maxBytes = 4 * 1024 * 1024 } = settings;
  const boundedFetch: typeof fetch = async (input, init) =>
    limitBody(await fetchImplementation(input, { ...init, redirect: 'manual' }), maxBytes);

  return async (bearer, document, variables, requestId) => {
    const client = new GraphQLClient(url, {
      fetch: boundedFetch,
      errorPolicy: 'all',
      headers: {
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    try {
      const answer = await client.rawRequest<unknown>(document.loc?.source.body ?? '', variables);
      return { data: answer.data, faults: toFaults(answer.errors) };
    } catch (error) {
      if (!(error instanceof ClientError)) throw toFailure(error, timeoutMs);
      const { status, errors, data } = error.response;
      if (errors && status >= 400 && status < 500) return { data: data ?? null, faults: toFaults(errors) };
      if (status >= 300 && status < 400) throw new EmrFailure('redirect', `a redirect, HTTP ${status}`, status);
      throw new EmrFailure('status', `HTTP ${status}`, status);
    }
  };
}

class AnswerTooLarge extends Error {}

/** The same response, whose body fails once it is over the limit, however much is still to come. */
function limitBody(response: Response, maxBytes: number): Response {
  if (response.body === null) return response;
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) controller.error(new AnswerTooLarge());
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(limit), { status, statusText, headers });
}

function toFailure(error: unknown, timeoutMs: number): EmrFailure {
  if (error instanceof AnswerTooLarge) return new EmrFailure('too large', 'an answer that is too large');
  if (error instanceof Error && error.name === 'TimeoutError')
    return new EmrFailure('late', `no answer within ${timeoutMs} ms`);
  if (error instanceof TypeError) return new EmrFailure('connection', 'no connection');
  return new EmrFailure('not GraphQL', 'an answer that is not GraphQL');
}

/** Errors of another shape than GraphQL's are one fault without a code, so that they are never taken for success. */
function toFaults(errors: unknown): EmrFault[] {
  if (errors === undefined || errors === null) return [];
  if (!Array.isArray(errors)) return [{ path: [], code: undefined }];
  return errors.map((error: unknown) => {
    const { path, extensions } = (error ?? {}) as { path?: unknown; extensions?: { code?: unknown } | null };
    return {
      path: Array.isArray(path) ? (path as (string | number)[]) : [],
      code: isCode(extensions?.code) ? extensions.code : undefined,
    };
  });
}

function isCode(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(value);
}
