import type { TokenStore } from '../fullscript/access-tokens.ts';
import type { Log } from '../mirror/needs.ts';
import type { LiveAccounts } from '../store/live-accounts.ts';

/**
 * Puts an eye on the tokens in `store`: an authorization that Fullscript no longer accepts is told in the log, and as an error when it was the clinic's last
 * one, since webhooks and sweeps of the clinic stop then.
 */
export function watchWithdrawals<S extends TokenStore>(
  store: S,
  needs: { accounts: Pick<LiveAccounts, 'findForsakenClinic'>; log: Log },
): S {
  return {
    ...store,
    async markWithdrawn(accountId, expectedVersion, reason) {
      const isFirst = await store.markWithdrawn(accountId, expectedVersion, reason);
      // Somebody else has noticed, or somebody connected again or revoked in the meantime.
      if (isFirst) await tell(accountId, reason);
      return isFirst;
    },
  };

  /** What is known is on record already: that it cannot be told whole must not fail whoever noticed. */
  async function tell(accountId: string, reason: string): Promise<void> {
    try {
      const clinic = await needs.accounts.findForsakenClinic(accountId);
      if (clinic === null) return;
      const about = { organizationId: clinic.organizationId, clinicId: clinic.clinicId, accountId, reason };
      needs.log.warn(about, 'an authorization is no longer accepted: its user has to connect again');
      if (clinic.live > 0) return;
      needs.log.error(about, 'nobody of this clinic is connected any more: its webhooks and sweeps stop');
    } catch (error) {
      needs.log.error(
        { accountId, reason, err: error },
        'an authorization is no longer accepted, and its clinic could not be looked at',
      );
    }
  }
}
