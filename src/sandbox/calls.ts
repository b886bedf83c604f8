/** One request to the API as the sandbox saw it. */
interface Call {
  at: string;
  method: string;
  /** The route's pattern, e.g. `/api/clinic/patients/:id`; the path itself when no route matched. */
  route: string;
  path: string;
  /** The query, with the question mark; empty when there was none. */
  query: string;
  /** 0 while it runs, and when the connection was broken instead of answering. */
  status: number;
  requestId: string;
  idempotencyKey: string | null;
}

interface CallSummary {
  total: number;
  /** Requests by `METHOD route`. */
  counts: Record<string, number>;
  inFlight: number;
  /** The most requests that ran at one time since the log was cleared. */
  peakInFlight: number;
}

/** The log of API requests; it keeps the newest 20 000 whole and counts all. */
export interface Calls {
  begin(call: Omit<Call, 'status' | 'route'>): Call;
  end(call: Call, route: string, status: number): void;
  /** How many requests since the log was cleared, by method and route pattern; everything when both are left out. */
  count(method?: string, route?: string): number;
  list(): Call[];
  summary(): CallSummary;
  clear(): void;
}

const keptCalls = 20_000;

/** An empty log. */
export function createCalls(): Calls {
  let calls: Call[] = [];
  let counts = new Map<string, number>();
  let total = 0;
  let inFlight = 0;
  let peakInFlight = 0;
  return {
    begin(input) {
      const call: Call = { ...input, route: input.path, status: 0 };
      inFlight += 1;
      peakInFlight = Math.max(peakInFlight, inFlight);
      calls.push(call);
      if (calls.length > keptCalls) calls = calls.slice(-keptCalls / 2);
      return call;
    },
    end(call, route, status) {
      inFlight -= 1;
      call.route = route;
      call.status = status;
      total += 1;
      const key = `${call.method} ${route}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    count(method, route) {
      if (method === undefined && route === undefined) return total;
      let sum = 0;
      for (const [key, count] of counts) {
        const [calledMethod, calledRoute] = key.split(' ');
        if (method !== undefined && calledMethod !== method) continue;
        if (route !== undefined && calledRoute !== route) continue;
        sum += count;
      }
      return sum;
    },
    list: () => [...calls],
    summary: () => ({ total, counts: Object.fromEntries(counts), inFlight, peakInFlight }),
    clear() {
      calls = [];
      counts = new Map();
      total = 0;
      peakInFlight = inFlight;
    },
  };
}
