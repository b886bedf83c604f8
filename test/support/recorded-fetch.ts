/** A request as it left the process. */
export interface SentRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string;
}

/** A `fetch` that remembers every request, and that may answer in the place of whoever was asked. */
export interface RecordedFetch {
  fetch: typeof fetch;
  requests: SentRequest[];
  /** Asked before each request; null sends it on. What it throws is a connection that failed. */
  answer: ((request: SentRequest) => Response | null) | null;
}

/** Wraps the platform's `fetch`. */
export function createRecordedFetch(): RecordedFetch {
  const recorded: RecordedFetch = {
    requests: [],
    answer: null,
    async fetch(input, init) {
      const request: SentRequest = {
        method: init?.method ?? 'GET',
        url: new URL(input instanceof Request ? input.url : input),
        headers: Object.fromEntries(new Headers(init?.headers)),
        body: typeof init?.body === 'string' ? init.body : '',
      };
      recorded.requests.push(request);
      return recorded.answer?.(request) ?? (await fetch(input, init));
    },
  };
  return recorded;
}
