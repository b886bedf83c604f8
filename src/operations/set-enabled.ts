import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import { Refusal } from '../domain/errors.ts';
import type { OperationNeeds } from './needs.ts';

export interface SetEnabledInput {
  enabled: boolean;
  /** Null: the whole organization. */
  userId?: string | null | undefined;
}

/**
 * `Mutation.setFullscriptEnabled`: switches the integration on or off for one user or the organization. Switching the organization on does not switch
 * on a user who was switched off singly. Throws BAD_USER_INPUT for an empty user id, which must not pass for the organization.
 */
export function createSetEnabled(
  needs: OperationNeeds,
): (caller: Caller, input: SetEnabledInput) => Promise<{ enabled: boolean; userId: string | null }> {
  return (caller, input) =>
    needs.audit.audited(
      caller,
      'toggle',
      () => ({ subject: `${input.userId ?? 'organization'} ${input.enabled ? 'on' : 'off'}` }),
      async () => {
        assertMay(caller.viewer, 'connection.administer');
        if (input.userId === '') {
          throw new Refusal('BAD_USER_INPUT', 'input.userId: must not be empty; leave it out for the organization', {
            extensions: { argument: 'input.userId' },
          });
        }
        await needs.store.switches.set({
          organizationId: caller.viewer.organizationId,
          userId: input.userId ?? null,
          enabled: input.enabled,
          changedBy: caller.viewer.userId,
          changedAt: needs.now().toISOString(),
        });
        return { enabled: input.enabled, userId: input.userId ?? null };
      },
    );
}
