import type { Account } from '../domain/account.ts';
import { FullscriptFailure } from '../domain/errors.ts';
import { toChunks } from '../store/conditions.ts';
import type { OperationNeeds } from './needs.ts';

const dayMs = 24 * 3600 * 1000;
const leaseMs = 120_000;
const pageSize = 200;
const atOnce = 5;
/** After so many accounts in a row that got no answer it is Fullscript that is out of reach, and the next round goes on. */
const maxOutages = 10;
const inAnotherClinic = 'The user is in another clinic now';

/**
 * Looks at authorizations that Fullscript has not accepted for a day, because practitioners can revoke inside Fullscript unannounced, until none is
 * left. Refreshes their tokens and the clinic's name and discount on the way. One process does it at a time; what is switched off is left alone. A
 * failure that may pass disconnects nobody: that account is looked at again in the next round. A round that ended because Fullscript seemed out of reach
 * is followed by one that goes on behind it, so that accounts that fail for ever do not keep the others from being looked at. Gives how many it looked at.
 */
export function createVerifyAuthorizations(needs: OperationNeeds): (signal: AbortSignal) => Promise<number> {
  const { store, fullscript, settings, now, log } = needs;
  /** Where the round before has stopped; null when it came to the end. */
  let stoppedAt: Account | null = null;

  /** Gives the kind of failure; null when the authorization was accepted. */
  async function verify(account: Account, signal: AbortSignal): Promise<FullscriptFailure['kind'] | null> {
    const call = { accountId: account.id, priority: 'background' as const, signal, requestId: `verify-${account.id}` };
    try {
      let clinic = await fullscript.clinics.get(call);
      if (clinic.id !== account.clinicId) {
        // Asked once more with the pair in hand: whoever has connected anew since the first answer must stay connected.
        const pair = await needs.pendingTokens.find(account.id);
        clinic = await fullscript.clinics.get(call);
        if (clinic.id !== account.clinicId) {
          // What was read with it so far would be another clinic's from now on.
          if (pair) await needs.pendingTokens.markWithdrawn(account.id, pair.version, inAnotherClinic);
          return null;
        }
      }
      await store.clinics.upsert({
        organizationId: account.organizationId,
        clinicId: account.clinicId,
        environment: settings.environment,
        name: clinic.name,
        discountPercent: clinic.discountPercent,
        syncedAt: now().toISOString(),
      });
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
      // A refusal for want of a scope is an answer to an authorization that is accepted.
      if (error.kind !== 'forbidden') return error.kind;
    }
    await store.accounts.markVerified(account.id, now().toISOString());
    return null;
  }

  async function verifyDue(signal: AbortSignal): Promise<number> {
    const isStopping = (): boolean => signal.aborted;
    const before = new Date(now().getTime() - dayMs).toISOString();
    let seen = 0;
    let outages = 0;
    let last: Account | null = stoppedAt;
    stoppedAt = null;
    while (!isStopping()) {
      const page: Account[] = await store.accounts.findUnverifiedSince(before, pageSize, last);
      if (page.length === 0) break;
      last = page.at(-1) ?? null;
      for (const group of toChunks(page, atOnce)) {
        if (isStopping()) return seen;
        const failures = await Promise.all(group.map((account) => verify(account, signal)));
        if (isStopping()) return seen;
        seen += group.length;
        for (const [index, kind] of failures.entries()) {
          const isTemporary = kind !== null && kind !== 'withdrawn';
          outages = kind === 'unavailable' || kind === 'rate_limited' ? outages + 1 : 0;
          const { organizationId, id: accountId } = group[index] ?? {};
          if (isTemporary) log.warn({ organizationId, accountId, kind }, 'an authorization could not be verified');
        }
        if (outages >= maxOutages) {
          stoppedAt = group.at(-1) ?? null;
          log.warn({ seen }, 'Fullscript is out of reach: authorizations are verified later');
          return seen;
        }
      }
    }
    return seen;
  }

  return async (signal) => {
    const round = await store.leases.withLease('authorizations', { owner: needs.newId(), leaseMs }, (lost) =>
      verifyDue(AbortSignal.any([signal, lost])),
    );
    return round?.result ?? 0;
  };
}
