import { setMaxListeners } from 'node:events';
import { createKeySet } from '../auth/key-set.ts';
import { createTokenVerifier } from '../auth/token-verifier.ts';
import type { Caller } from '../auth/caller.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Config } from '../config.ts';
import { createWaitAllowance, lendAllowance } from '../domain/wait-allowance.ts';
import { interactiveWaitMs } from '../fullscript/call.ts';
import type { Context } from '../graphql/context.ts';
import { createLoaders, type Loaders } from '../graphql/loaders/loaders.ts';
import type { LoaderNeeds } from '../graphql/loaders/request.ts';
import { type Operations } from '../operations/operations.ts';
import type { Parts } from './parts.ts';

/**
 * One request's context: who asks is known before anything is built, and what they read and change is built when it is asked for. Apollo copies
 * the object, so what is built once lives in one that the copies share.
 */
export class RequestContext implements Context {
  readonly requestId: string;
  readonly trusted: boolean;
  readonly operations: Operations;
  readonly shared: {
    readonly loaderNeeds: LoaderNeeds;
    readonly deadlineMs: number;
    readonly viewer: Viewer | Error;
    caller?: Caller;
    loaders?: Loaders;
  };

  constructor(
    parts: Parts,
    deadlineMs: number,
    request: { requestId: string; trusted: boolean },
    viewer: Viewer | Error,
  ) {
    this.requestId = request.requestId;
    this.trusted = request.trusted;
    this.operations = parts.operations;
    this.shared = { loaderNeeds: parts.loaderNeeds, deadlineMs, viewer };
  }

  get caller(): Caller {
    const { deadlineMs } = this.shared;
    const { viewer } = this;
    if (!this.shared.caller) {
      const signal = AbortSignal.timeout(deadlineMs);
      // Every patient of a page may wait for something of its own until this fires.
      setMaxListeners(0, signal);
      lendAllowance(signal, createWaitAllowance(interactiveWaitMs, this.shared.loaderNeeds.now));
      this.shared.caller = { viewer, requestId: this.requestId, signal };
    }
    return this.shared.caller;
  }

  get loaders(): Loaders {
    this.shared.loaders ??= createLoaders(this.shared.loaderNeeds, this.caller);
    return this.shared.loaders;
  }

  /** Who asks. Throws what the token could not be accepted for. */
  get viewer(): Viewer {
    const { viewer } = this.shared;
    if (viewer instanceof Error) throw viewer;
    return viewer;
  }

  /** Throws what the token could not be accepted for. */
  assertSignedIn(): void {
    if (this.shared.viewer instanceof Error) throw this.shared.viewer;
  }

  /** For the log. */
  get organizationId(): string | undefined {
    return this.shared.viewer instanceof Error ? undefined : this.shared.viewer.organizationId;
  }
}

/** Makes requests' contexts: the token is verified first, and what it could not be accepted for is thrown by whoever asks who is calling. */
export function createContextFactory(
  config: Config,
  parts: Parts,
  fetchOutside: typeof fetch = fetch,
): {
  verify(bearer: string | null): Promise<Viewer | Error>;
  createContext(request: { bearer: string | null; trusted: boolean; requestId: string }): Promise<RequestContext>;
} {
  const nowMs = (): number => parts.now().getTime();
  const keySet = createKeySet({
    source: config.emr.jwks,
    fetch: fetchOutside,
    now: nowMs,
    onFailure: (error) => parts.log.warn({ err: error }, "the EMR's signing keys could not be read"),
  });
  const { issuer, audience } = config.emr;
  const verifier = createTokenVerifier({ issuer, audience, keySet, now: nowMs });
  const verify = async (bearer: string | null): Promise<Viewer | Error> => {
    try {
      return await verifier.verify(bearer);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  return {
    verify,
    createContext: async (request) =>
      new RequestContext(parts, config.fullscript.deadlineMs, request, await verify(request.bearer)),
  };
}
