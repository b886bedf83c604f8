import { createHash } from 'node:crypto';
import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import { Refusal } from '../domain/errors.ts';
import { getStanding } from '../store/standing.ts';
import type { OperationNeeds } from './needs.ts';
import type { StartConnecting } from './standing.ts';

/** How long a state lives, in milliseconds: as long as Fullscript's own code. */
const stateLivesMs = 600_000;

export interface ConnectInput {
  returnTo?: string | null | undefined;
}

export interface ConnectPayload {
  authorizeUrl: string;
  state: string;
  expiresAt: string;
}

/** The form in which a state is stored: whoever reads the database cannot finish somebody's connection. */
export function toStateHash(state: string): string {
  return createHash('sha256').update(state).digest('hex');
}

/** Builds the part of `connect` that other outcomes need as well: a state bound to the caller, and the address it belongs to. */
export function createStartConnecting(needs: OperationNeeds): StartConnecting {
  return async (caller, returnTo) => {
    const state = needs.newSecret();
    const createdAt = needs.now();
    const expiresAt = new Date(createdAt.getTime() + stateLivesMs).toISOString();
    await needs.store.connectStates.insert({
      stateHash: toStateHash(state),
      organizationId: caller.viewer.organizationId,
      userId: caller.viewer.userId,
      practitionerId: caller.viewer.practitionerId,
      returnTo,
      createdAt: createdAt.toISOString(),
      expiresAt,
    });
    return { authorizeUrl: needs.fullscript.oauth.toAuthorizeUrl(state), state, expiresAt };
  };
}

/**
 * `Mutation.connect`: starts connecting the caller's own account. Throws FORBIDDEN (with `status`) while the integration is switched off for them,
 * BAD_USER_INPUT for a `returnTo` whose origin is not on the deployment's list.
 */
export function createConnect(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
): (caller: Caller, input: ConnectInput) => Promise<ConnectPayload> {
  return async (caller, input) => {
    await orDenied(needs, caller, () => assertMay(caller.viewer, 'connection.own'));
    const returnTo = readReturnTo(input.returnTo, needs.settings.returnOrigins);
    await orDenied(needs, caller, () => assertEnabled(needs, caller));
    return await startConnecting(caller, returnTo);
  };
}

/** Runs a check on whether the caller may have a connection of their own, and keeps its refusal for the audit. */
export async function orDenied(
  needs: OperationNeeds,
  caller: Caller,
  check: () => void | Promise<void>,
): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (error instanceof Refusal) await needs.audit.recordDone(caller, 'connect', {}, 'denied');
    throw error;
  }
}

/** Throws FORBIDDEN while an admin has switched the integration off for the caller. */
export async function assertEnabled(needs: OperationNeeds, caller: Caller): Promise<void> {
  const standing = await getStanding(needs.store, caller.viewer.organizationId, caller.viewer.userId);
  if (standing.enabled) return;
  throw new Refusal('FORBIDDEN', 'An administrator has switched Fullscript off', {
    extensions: { status: 'DISABLED' },
  });
}

function readReturnTo(returnTo: string | null | undefined, origins: readonly string[]): string | null {
  if (returnTo === null || returnTo === undefined) return null;
  const url = URL.canParse(returnTo) ? new URL(returnTo) : null;
  // A `blob:` address has the origin of the page that made it, too.
  const isPage = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url && isPage && origins.includes(url.origin) && returnTo.length <= 2000) return returnTo;
  throw new Refusal('BAD_USER_INPUT', 'input.returnTo: must be an absolute URL whose origin this deployment allows', {
    extensions: { argument: 'input.returnTo' },
  });
}
