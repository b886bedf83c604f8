import type { Deployment } from './deployment.ts';
import { waitFor } from './reading.ts';

/** One result of a subscription. */
export interface LiveResult {
  // The shape of an answer is what a test is about to find out.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  data: any;
  errors?: { message: string; extensions: Record<string, unknown> }[];
}

/** A stream of server-sent events, as far as it has come. */
export interface EventStream {
  status: number;
  headers: Headers;
  results: LiveResult[];
  /** How often a comment came. */
  comments(): number;
  /** How it ended: with `complete`, or without. */
  ended: Promise<'complete' | 'cut'>;
  /** The `count`-th result, counting from 1, as soon as it is there. */
  result(count: number): Promise<LiveResult>;
  /** Goes away, as a browser does whose page is closed. */
  leave(): void;
}

/** Sends a subscription and reads its events. A body that is no stream is left in `results` as a single result. */
export async function readEventStream(
  url: string,
  init: { headers: Record<string, string>; body: string },
): Promise<EventStream> {
  const leaving = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    ...init,
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...init.headers },
    signal: leaving.signal,
  });
  const results: LiveResult[] = [];
  let comments = 0;
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;

  async function read(): Promise<'complete' | 'cut'> {
    if (!isStream) {
      results.push((await response.json()) as LiveResult);
      return 'cut';
    }
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const lines = block.split('\n');
          if (lines.some((line) => line.startsWith(':'))) comments += 1;
          const event = lines
            .find((line) => line.startsWith('event:'))
            ?.slice('event:'.length)
            .trim();
          if (event === 'complete') return 'complete';
          const data = lines.find((line) => line.startsWith('data:'))?.slice('data:'.length);
          if (event === 'next') results.push(JSON.parse(data ?? '') as LiveResult);
        }
      }
    } catch {
      // It was left, or torn.
    }
    return 'cut';
  }

  return {
    status: response.status,
    headers: response.headers,
    results,
    comments: () => comments,
    ended: read(),
    result: (count) => waitFor(`result ${String(count)} of a stream`, () => results[count - 1], 20_000),
    leave: () => leaving.abort(),
  };
}

/** What tests ask of a change unless they say otherwise. */
export const changeSelection = 'at patient { id } plan { id state } labOrder { id status }';

/** Follows a patient at a process of the deployment, as a gateway does for a user. */
export async function follow(
  deployment: Deployment,
  who: string,
  patientId: string,
  {
    url = deployment.app.url,
    selection = changeSelection,
    headers = {},
  }: { url?: string; selection?: string; headers?: Record<string, string> } = {},
): Promise<EventStream> {
  const token = who.startsWith('token:') ? who.slice('token:'.length) : await deployment.emr.tokenFor(who);
  return await readEventStream(`${url}/graphql`, {
    headers: {
      authorization: `Bearer ${token}`,
      'x-gateway-secret': deployment.env['GATEWAY_SECRET'] ?? '',
      ...headers,
    },
    body: JSON.stringify({
      query: `subscription ($id: ID!) { fullscriptPatientChanged(patientId: $id) { ${selection} } }`,
      variables: { id: patientId },
    }),
  });
}
