import {
  createSourceEventStream,
  execute,
  GraphQLError,
  type DocumentNode,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type ValidationRule,
} from 'graphql';
import { Refusal } from '../domain/errors.ts';
import type { ErrorFormatter } from './format-error.ts';
import { createSubscriptionDocuments, DocumentFaults, type SubscriptionRequest } from './subscription-documents.ts';

/** Streams that one process serves at most. */
const maxStreams = 1000;
/** Streams that one user may have at a process at the same time; each page that is open needs one. */
const maxStreamsOfUser = 20;
/** How often it is looked at whether viewers may go on following, in milliseconds. */
const checkEveryMs = 5000;
/** Who meets a limit is asked to come back after this time. */
const retryAfterSeconds = 10;

/** A stream of answers. `return` ends it at once, also while `next` waits. When it ends by itself it says whether it was `done` or the process is `closing`. */
export interface LiveStream extends AsyncGenerator<FormattedExecutionResult, 'done' | 'closing', undefined> {
  readonly document: DocumentNode;
  /** Whether more may come. */
  isOpen(): boolean;
}

/** A request that became no stream; `malformed` when the document itself does not parse or validate. */
export interface RefusedSubscription {
  errors: readonly GraphQLFormattedError[];
  malformed: boolean;
}

/** Subscriptions of one process, whatever they are transported by. */
export interface Subscriptions<C> {
  /** Whether the operation that is asked for is a subscription; false for what does not parse or names no operation. */
  isSubscription(request: SubscriptionRequest): boolean;
  /**
   * Begins a stream, or says why not; never throws. `createContext` is called once for the request and again for each change, so that every change is read
   * with a token that still holds, nothing remembered, and a deadline of its own.
   */
  open(request: SubscriptionRequest, createContext: () => Promise<C>): Promise<LiveStream | RefusedSubscription>;
  /** Streams that are open now. */
  count(): number;
  /** Ends every stream and begins none any more. */
  close(): void;
}

/** What the resolvers and the application tell about subscriptions. */
export interface SubscriptionNeeds<C> {
  /** Tells users apart, for the limit on streams. Called for who has been authenticated. */
  toUserKey(context: C): string;
  /** What a change is resolved from; null for one that this viewer is not told of. What it throws is told and ends the stream. */
  readEvent(context: C, event: unknown): Promise<unknown>;
  /** Looks at all open streams at once, each by a new context: the error that ends it, null to go on. What it throws changes nothing. */
  check(contexts: readonly C[]): Promise<readonly (Error | null)[]>;
}

interface Open<C> {
  userKey: string;
  createContext: () => Promise<C>;
  end(reason: 'left' | 'closing' | Error): void;
}

type Source = AsyncIterableIterator<unknown, unknown, undefined>;

/** Builds the running of subscriptions over a schema that has been through `guardSchema`. */
export function createSubscriptions<C extends object>(
  needs: SubscriptionNeeds<C> & {
    schema: GraphQLSchema;
    /** As for all other documents. */
    validationRules: readonly ValidationRule[];
    /** Without introspection, what is wrong with a document gives nothing of the schema away. */
    introspection: boolean;
    errors: ErrorFormatter;
    authenticate: (context: C) => void | Promise<void>;
    describe: (context: C) => Readonly<Record<string, unknown>>;
    /** Told of each subscription that was begun or refused. */
    onOperation: (outcome: 'ok' | 'errors', durationMs: number) => void;
  },
): Subscriptions<C> {
  const { schema, errors } = needs;
  const documents = createSubscriptionDocuments(needs);
  const streams = new Set<Open<C>>();
  /** Those that are being opened; whose they are is known once they are authenticated. */
  const openings = new Set<{ userKey: string | null }>();
  let timer: NodeJS.Timeout | null = null;
  let closing = false;

  function format(error: unknown, context: C | null): GraphQLFormattedError {
    const given = error instanceof GraphQLError ? error : toGraphqlError(error);
    if (context) errors.attach(given, needs.describe(context));
    return errors.format(given.toJSON(), given);
  }

  function formatResult(result: ExecutionResult, context: C): FormattedExecutionResult {
    if (result.errors === undefined) return result as FormattedExecutionResult;
    return { ...result, errors: result.errors.map((error) => format(error, context)) };
  }

  /** What is being opened counts as well, this one included: asking whether somebody may follow costs others a question. */
  function assertRoom({ userKey }: { userKey: string | null }): void {
    const all = [...streams, ...openings];
    const ofUser = userKey === null ? 0 : all.filter((one) => one.userKey === userKey).length;
    if (!closing && all.length <= maxStreams && ofUser <= maxStreamsOfUser) return;
    const message = ofUser > maxStreamsOfUser ? 'This user follows too much already' : 'No more live updates here';
    throw new Refusal('FULLSCRIPT_RATE_LIMITED', `${message}: try again later`, { extensions: { retryAfterSeconds } });
  }

  async function check(): Promise<void> {
    const looked = [...streams];
    const allowed: { open: Open<C>; context: C }[] = [];
    await Promise.all(
      looked.map(async (open) => {
        try {
          const context = await open.createContext();
          await needs.authenticate(context);
          allowed.push({ open, context });
        } catch (error) {
          open.end(toError(error));
        }
      }),
    );
    const found = await needs.check(allowed.map(({ context }) => context));
    for (const [index, { open }] of allowed.entries()) {
      const error = found[index];
      if (error) open.end(error);
    }
  }

  function checkAgain(): void {
    if (timer || streams.size === 0) return;
    timer = setTimeout(() => {
      // What cannot be looked at now is looked at the next time; each change is checked anyway.
      void check()
        .catch(() => undefined)
        .finally(() => {
          timer = null;
          checkAgain();
        });
    }, checkEveryMs);
    timer.unref();
  }

  async function begin(request: SubscriptionRequest, createContext: () => Promise<C>): Promise<LiveStream> {
    const document = documents.read(request);
    const opening: { userKey: string | null } = { userKey: null };
    openings.add(opening);
    try {
      assertRoom(opening);
      const context = await createContext();
      try {
        await needs.authenticate(context);
        const userKey = needs.toUserKey(context);
        opening.userKey = userKey;
        assertRoom(opening);
        const made = await createSourceEventStream({
          schema,
          document,
          contextValue: context,
          variableValues: request.variables ?? {},
          operationName: request.operationName,
        });
        if ('errors' in made) throw new WithContext(made.errors ?? [], context);
        const source = made as Source;
        if (closing) {
          await source.return?.();
          assertRoom(opening);
        }
        return run({ request, document, source, userKey, createContext });
      } catch (error) {
        throw error instanceof WithContext ? error : new WithContext([error], context);
      }
    } finally {
      openings.delete(opening);
    }
  }

  function run({
    request,
    document,
    source,
    userKey,
    createContext,
  }: {
    request: SubscriptionRequest;
    document: DocumentNode;
    source: Source;
    userKey: string;
    createContext: () => Promise<C>;
  }): LiveStream {
    let ending: 'left' | 'closing' | Error | null = null;
    const open: Open<C> = {
      userKey,
      createContext,
      end(reason) {
        if (ending !== null) return;
        ending = reason;
        streams.delete(open);
        void source.return?.();
      },
    };
    const getEnding = (): typeof ending => ending;
    streams.add(open);
    checkAgain();

    async function answer(event: unknown): Promise<FormattedExecutionResult | null> {
      let context: C | null = null;
      try {
        context = await createContext();
        await needs.authenticate(context);
        const rootValue = await needs.readEvent(context, event);
        if (rootValue === null) return null;
        const result = await execute({
          schema,
          document,
          rootValue,
          contextValue: context,
          variableValues: request.variables ?? {},
          operationName: request.operationName,
        });
        return formatResult(result, context);
      } catch (error) {
        open.end(new WithContext([error], context));
        return null;
      }
    }

    async function* answers(): AsyncGenerator<FormattedExecutionResult, 'done' | 'closing', undefined> {
      try {
        while (getEnding() === null) {
          const { done, value } = await source.next();
          if (done || getEnding() !== null) break;
          const result = await answer(value);
          if (result !== null && getEnding() === null) yield result;
        }
        const reason = getEnding();
        if (reason instanceof Error) yield { data: null, errors: formatAll(reason) };
        return reason === 'closing' ? 'closing' : 'done';
      } finally {
        open.end('left');
      }
    }

    const generator = answers();
    const leave = generator.return.bind(generator);
    return Object.assign(generator, {
      document,
      isOpen: () => ending === null,
      // A generator returns only once what it waits for has come, which for a change may be never.
      async return(value: 'done' | 'closing' | PromiseLike<'done' | 'closing'> = 'done') {
        open.end('left');
        return await leave(value);
      },
    });
  }

  function formatAll(error: unknown): GraphQLFormattedError[] {
    if (error instanceof DocumentFaults) return error.faults.map((fault) => format(fault, null));
    if (error instanceof WithContext) return error.errors.map((each) => format(each, error.context as C | null));
    return [format(error, null)];
  }

  return {
    isSubscription: documents.isSubscription,
    async open(request, createContext) {
      const startedAt = performance.now();
      try {
        const stream = await begin(request, createContext);
        needs.onOperation('ok', performance.now() - startedAt);
        return stream;
      } catch (error) {
        needs.onOperation('errors', performance.now() - startedAt);
        return { errors: formatAll(error), malformed: error instanceof DocumentFaults };
      }
    },
    count: () => streams.size,
    close() {
      closing = true;
      if (timer) clearTimeout(timer);
      for (const open of [...streams]) open.end('closing');
    },
  };
}

/** What went wrong in a request of which it is known whose it is. */
class WithContext extends Error {
  readonly errors: readonly unknown[];
  readonly context: object | null;
  constructor(errors: readonly unknown[], context: object | null) {
    super('The subscription was refused or has ended');
    this.errors = errors;
    this.context = context;
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('Something that is no error was thrown', { cause: error });
}

function toGraphqlError(error: unknown): GraphQLError {
  const originalError = toError(error);
  return new GraphQLError(originalError.message, { originalError });
}
