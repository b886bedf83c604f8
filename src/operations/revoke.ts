import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import { Refusal } from '../domain/errors.ts';
import type { Revocation } from '../domain/revocation.ts';
import type { CloseSelection, NewRevocation } from '../store/closing.ts';
import { toBadInput } from './bad-input.ts';
import type { OperationNeeds } from './needs.ts';

export interface RevokeInput {
  userId?: string | null | undefined;
  clinicId?: string | null | undefined;
  reason?: string | null | undefined;
}

export interface RevokeAllInput {
  confirm: boolean;
  reason?: string | null | undefined;
  allOrganizations?: boolean | null | undefined;
}

export interface RevokePayload {
  revocation: Revocation;
}

/** Closes what is selected, in one transaction; the worker then has Fullscript confirm each, however often that takes. */
async function close(
  needs: OperationNeeds,
  caller: Caller,
  selection: CloseSelection,
  scope: NewRevocation['scope'],
  reason: string | null,
): Promise<Revocation> {
  const id = needs.newId();
  await needs.store.accounts.close(selection, {
    id,
    organizationId: caller.viewer.organizationId,
    requestedBy: caller.viewer.userId,
    requestedAt: needs.now().toISOString(),
    scope,
    reason,
    requestId: caller.requestId,
  });
  needs.wake('revocations');
  const revocation = await needs.store.revocations.find(caller.viewer.organizationId, id);
  if (!revocation) throw new Error('a revocation that was just stored is not there');
  return revocation;
}

/**
 * `Mutation.revoke`: one's own authorizations (all, or the one at `clinicId`), or another user's as an admin or a service. With nobody to revoke
 * it is finished at once. Throws BAD_USER_INPUT for an empty id, which names nobody.
 */
export function createRevoke(needs: OperationNeeds): (caller: Caller, input: RevokeInput) => Promise<RevokePayload> {
  return async (caller, input) => {
    const { viewer } = caller;
    const userId = input.userId ?? viewer.userId;
    const own = userId === viewer.userId;
    return await needs.audit.audited(
      caller,
      'revoke',
      () => ({ subject: userId }),
      async () => {
        assertMay(viewer, own ? 'connection.own' : 'connection.administer');
        // Somebody's mistake, which must not look as if there had been nobody to revoke.
        if (userId === '') throw toBadInput('userId', "must not be empty; leave it out for one's own");
        if (input.clinicId === '') throw toBadInput('clinicId', 'must not be empty; leave it out for all clinics');
        const reason = readReason(input.reason);
        const selection = { organizationId: viewer.organizationId, userId, clinicId: input.clinicId ?? undefined };
        return { revocation: await close(needs, caller, selection, own ? 'own' : 'user', reason) };
      },
    );
  };
}

/** `Mutation.revokeAll`: everybody's in the organization, or in every organization as a platform developer. */
export function createRevokeAll(
  needs: OperationNeeds,
): (caller: Caller, input: RevokeAllInput) => Promise<RevokePayload> {
  return async (caller, input) => {
    const { viewer } = caller;
    const everywhere = input.allOrganizations === true;
    return await needs.audit.audited(
      caller,
      'revoke_all',
      () => ({ subject: everywhere ? 'all organizations' : viewer.organizationId }),
      async () => {
        assertMay(viewer, everywhere ? 'connection.revokeEverywhere' : 'connection.revokeAll');
        if (!input.confirm) {
          throw new Refusal('BAD_USER_INPUT', 'input.confirm: must be true, because everybody is disconnected', {
            extensions: { argument: 'input.confirm' },
          });
        }
        const selection = everywhere ? {} : { organizationId: viewer.organizationId };
        const scope = everywhere ? 'all' : 'organization';
        return { revocation: await close(needs, caller, selection, scope, readReason(input.reason)) };
      },
    );
  };
}

function readReason(reason: string | null | undefined): string | null {
  const text = (reason ?? '').trim();
  if (text.length <= 500) return text === '' ? null : text;
  throw new Refusal('BAD_USER_INPUT', 'input.reason: must not be longer than 500 characters', {
    extensions: { argument: 'input.reason' },
  });
}
