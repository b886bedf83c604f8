import { FullscriptFailure } from '../domain/errors.ts';
import { toClinicKey } from '../store/keys.ts';
import type { OperationNeeds } from './needs.ts';

const dayMs = 24 * 3600 * 1000;

/**
 * Looks at authorizations that Fullscript has not accepted for a day, because practitioners can revoke inside Fullscript unannounced, and keeps at least one
 * token per clinic alive, without which webhooks stop. Refreshes the clinic's name and discount on the way. Gives how many it looked at.
 */
export function createVerifyAuthorizations(needs: OperationNeeds): (signal: AbortSignal) => Promise<number> {
  const { store, fullscript, settings, now, log } = needs;
  return async (signal) => {
    const before = new Date(now().getTime() - dayMs).toISOString();
    const accounts = await store.accounts.findUnverifiedSince(before, 200);
    for (const account of accounts) {
      if (signal.aborted) break;
      try {
        const call = {
          accountId: account.id,
          priority: 'background' as const,
          signal,
          requestId: `verify-${account.id}`,
        };
        const clinic = await fullscript.clinics.get(call);
        await store.clinics.upsert({
          organizationId: account.organizationId,
          clinicId: account.clinicId,
          environment: settings.environment,
          name: clinic.name,
          discountPercent: clinic.discountPercent,
          syncedAt: now().toISOString(),
        });
        await store.accounts.markVerified(account.id, now().toISOString());
      } catch (error) {
        if (!(error instanceof FullscriptFailure)) throw error;
        const about = { organizationId: account.organizationId, accountId: account.id, kind: error.kind };
        log.warn(about, 'an authorization could not be verified');
        const left = await store.accounts.findLiveByClinic(toClinicKey(account.organizationId, account.clinicId));
        if (left.length === 0) log.error(about, 'nobody of this clinic is connected any more: its webhooks stop');
      }
    }
    return accounts.length;
  };
}
