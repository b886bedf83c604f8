import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import type { OperationNeeds } from './needs.ts';

export interface SetEnabledInput {
  enabled: boolean;
  /** Null: the whole organization. */
  userId?: string | null | undefined;
}

/**
 * `Mutation.setFullscriptEnabled`: switches the integration on or off for one user or the organization. Switching the organization on does not switch
 * on a user who was switched off singly.
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
