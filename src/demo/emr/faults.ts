import { Kind, parse } from 'graphql';

/** What the EMR shall do wrong. Everything is off at first; `clear` puts it back. */
export interface EmrFaults {
  /** Close every GraphQL connection without an answer, as a machine that is gone does. */
  down: boolean;
  /** Milliseconds that every GraphQL answer is held back. */
  delayMs: number;
  /** How many of the next GraphQL requests are answered with HTTP 500 and not carried out. */
  failNext: number;
  /** How many of the next GraphQL requests are carried out while their answer is lost. */
  loseNext: number;
  /** Restrict `delayMs`, `failNext` and `loseNext` to one operation, by its name or root field. Null means all. */
  only: string | null;
  /** Answer 503 where the public keys are. */
  keysDown: boolean;
  /** Back to working order. */
  clear(): void;
}

/** Builds switches that are all off. */
export function createEmrFaults(): EmrFaults {
  const off = { down: false, delayMs: 0, failNext: 0, loseNext: 0, only: null, keysDown: false };
  const faults: EmrFaults = { ...off, clear: () => void Object.assign(faults, off) };
  return faults;
}

/** One GraphQL request that reached the EMR. */
export interface EmrCall {
  /** The operation's name; without one, its first root field. */
  operation: string;
  /** The root fields, `_entities` for what a gateway asks. */
  fields: string[];
  /** The `sub` of the token it came with; null without a valid one. */
  userId: string | null;
  requestId: string | null;
}

/** What was asked of the EMR, for tests that promise a number of calls. */
export interface EmrCalls {
  /** Every call since the start or the last `clear`, oldest first. */
  readonly all: readonly EmrCall[];
  /** How many calls had this operation name or root field; without a name, how many there were at all. */
  count(operation?: string): number;
  /** How often the public keys were fetched. */
  keyFetches(): number;
  clear(): void;
}

/** An `EmrCalls` with the side that writes to it. */
export interface EmrCallLog extends EmrCalls {
  add(call: EmrCall): void;
  addKeyFetch(): void;
}

/** Builds an empty log. */
export function createEmrCallLog(): EmrCallLog {
  let calls: EmrCall[] = [];
  let keyFetches = 0;
  return {
    get all() {
      return calls;
    },
    count: (operation) =>
      operation === undefined
        ? calls.length
        : calls.filter((call) => call.operation === operation || call.fields.includes(operation)).length,
    keyFetches: () => keyFetches,
    clear: () => {
      calls = [];
      keyFetches = 0;
    },
    add: (call) => calls.push(call),
    addKeyFetch: () => {
      keyFetches += 1;
    },
  };
}

/** Reads operation and root fields out of a GraphQL request body; an unreadable body is called `unreadable`. */
export function readOperation(body: unknown): { operation: string; fields: string[] } {
  const { query, operationName } = (body ?? {}) as { query?: unknown; operationName?: unknown };
  if (typeof query !== 'string') return { operation: 'unreadable', fields: [] };
  try {
    const operations = parse(query, { noLocation: true }).definitions.filter(
      (definition) => definition.kind === Kind.OPERATION_DEFINITION,
    );
    const chosen = operations.find((operation) => operation.name?.value === operationName) ?? operations[0];
    const fields = (chosen?.selectionSet.selections ?? []).flatMap((selection) =>
      selection.kind === Kind.FIELD ? [selection.name.value] : [],
    );
    return { operation: chosen?.name?.value ?? fields[0] ?? 'unreadable', fields };
  } catch {
    return { operation: 'unreadable', fields: [] };
  }
}
