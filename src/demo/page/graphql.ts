/** One error of a GraphQL answer. `code` is what the page decides by; `path` tells which field it concerns. */
export interface AnswerError {
  code: string;
  message: string;
  path: readonly (string | number)[];
  /** Seconds to wait, when the server named them. */
  retryAfterSeconds?: number;
  /** Where the user stands with Fullscript, when that is why. */
  status?: string;
  /** The number under which the server logged an unexpected failure. */
  errorId?: string;
}

/** What a GraphQL request gave: data, errors, or both at once. */
export interface Answer<T> {
  data: T | null;
  errors: AnswerError[];
  /** The EMR's part only, asked for again because a failure in Fullscript's part had taken everything with it. */
  partial?: boolean;
}

/** What `ask` needs besides the document: the bearer token, and for tests another `fetch` or address. */
interface AskOptions {
  token: string;
  signal?: AbortSignal;
  fetch?: typeof fetch;
  /** Default `/graphql` of the page's own origin. */
  url?: string;
}

/**
 * Sends one operation to the supergraph and always gives an answer: a network failure or an answer that is not
 * GraphQL becomes an error with the code NETWORK or HTTP_<status>. Throws only the abort of `signal`.
 */
export async function ask<T>(
  document: string,
  variables: Record<string, unknown>,
  options: AskOptions,
): Promise<Answer<T>> {
  const send = options.fetch ?? fetch;
  let response: Response;
  try {
    response = await send(options.url ?? '/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        authorization: `Bearer ${options.token}`,
      },
      body: JSON.stringify({ query: document, variables }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    return failed('NETWORK', 'The server cannot be reached. Is the demo still running?');
  }
  let body: unknown;
  try {
    body = await response.json();
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    body = null;
  }
  if (!isRecord(body) || (!('data' in body) && !Array.isArray(body['errors']))) {
    return failed(
      response.status === 401 ? 'UNAUTHENTICATED' : `HTTP_${response.status}`,
      `The server answered with HTTP status ${response.status}.`,
    );
  }
  const errors = Array.isArray(body['errors']) ? body['errors'].map(readError) : [];
  return { data: (body['data'] ?? null) as T | null, errors };
}

/** The errors whose path begins with `prefix`, in the order they came. */
export function errorsUnder(errors: readonly AnswerError[], prefix: readonly (string | number)[]): AnswerError[] {
  return errors.filter((error) => prefix.every((step, index) => error.path[index] === step));
}

/** One error for each code, the first of its kind; a failed entity repeats the same error on every field. */
export function distinctByCode(errors: readonly AnswerError[]): AnswerError[] {
  const seen = new Map<string, AnswerError>();
  for (const error of errors) if (!seen.has(error.code)) seen.set(error.code, error);
  return [...seen.values()];
}

const OUTAGES = new Set([
  'NETWORK',
  // What the gateway says of a service behind it.
  'SUBGRAPH_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
  'FULLSCRIPT_UNAVAILABLE',
  'FULLSCRIPT_RATE_LIMITED',
  'FULLSCRIPT_CONTRACT',
  'EMR_UNAVAILABLE',
]);

/** Whether the error says "cannot be told just now", as opposed to a definite answer such as a refusal. */
export function isOutage(error: AnswerError): boolean {
  return OUTAGES.has(error.code) || error.code.startsWith('HTTP_5');
}

function failed(code: string, message: string): Answer<never> {
  return { data: null, errors: [{ code, message, path: [] }] };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One error of an answer as the page uses it, whatever is missing. */
export function readError(value: unknown): AnswerError {
  const error = isRecord(value) ? value : {};
  const extensions = isRecord(error['extensions']) ? error['extensions'] : {};
  const retryAfterSeconds = extensions['retryAfterSeconds'];
  const errorId = extensions['errorId'];
  const status = extensions['status'];
  return {
    code: typeof extensions['code'] === 'string' ? extensions['code'] : 'INTERNAL_SERVER_ERROR',
    message: typeof error['message'] === 'string' ? error['message'] : 'The request failed.',
    path: Array.isArray(error['path'])
      ? error['path'].filter((step) => typeof step === 'string' || typeof step === 'number')
      : [],
    ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}),
    ...(typeof status === 'string' ? { status } : {}),
    ...(typeof errorId === 'string' ? { errorId } : {}),
  };
}
