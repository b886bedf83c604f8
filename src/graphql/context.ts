import type { Caller } from '../auth/caller.ts';
import type { Operations } from '../operations/operations.ts';
import type { Loaders } from './loaders/loaders.ts';

/** What resolvers get with each request: who is asking, what can be read, what can be changed. */
export interface Context {
  readonly requestId: string;
  /** Throws UNAUTHENTICATED without a valid token. */
  readonly caller: Caller;
  /** Throws UNAUTHENTICATED without a valid token. */
  readonly loaders: Loaders;
  readonly operations: Operations;
  /** True when the gateway has shown its secret: then representations are the EMR's own words. */
  readonly trusted: boolean;
}
