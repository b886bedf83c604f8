import { UsageError, type Command } from '../command-line.ts';
import { readReach, reachOptions, type Reach } from '../every-organization.ts';
import { followRevocation } from '../follow-revocation.ts';
import { isKnown } from '../known.ts';
import type { Session } from '../session.ts';

/** `revoke-all`: everybody's authorizations in one organization or in all. */
export const revokeAll: Command = {
  name: 'revoke-all',
  about: "end everybody's connections in one organization or in all",
  usage: '--organization ID | --all-organizations [--confirm WORD] [--reason TEXT] [--no-wait]',
  options: {
    ...reachOptions,
    confirm: { value: 'WORD', about: "the organization's id, or the word all; on a terminal it is asked for instead" },
    reason: { value: 'TEXT', about: 'kept with the revocation, at most 500 characters' },
    'no-wait': { about: 'do not wait until Fullscript has confirmed' },
  },
  details: [
    'The authorizations are closed here at once. This command then has Fullscript confirm, together with a running service or without one. Stopping it',
    'takes nothing back.',
  ],
  read(given) {
    const reach = readReach(given);
    const reason = given.text('reason');
    const confirmed = given.text('confirm');
    if (confirmed !== undefined && confirmed !== reach.word)
      throw new UsageError(`--confirm must be ${reach.word}, to revoke everybody in ${reach.words}`);
    return async (session) => {
      if (!reach.allOrganizations && !(await isKnown(session, reach.organizationId))) return 1;
      if (confirmed === undefined && !(await askWhether(session, reach))) {
        session.terminal.note('Nothing was revoked.');
        return 1;
      }
      const { allOrganizations, organizationId } = reach;
      const caller = session.callerIn(organizationId);
      const { revocation } = await session.parts.operations.revokeAll(caller, {
        confirm: true,
        reason,
        allOrganizations,
      });
      return await followRevocation(session, revocation, !given.has('no-wait'));
    };
  },
};

/** Says what is about to happen and has the word typed; throws `UsageError` when there is nobody to type it. */
async function askWhether(session: Session, reach: Reach): Promise<boolean> {
  const { terminal, signal } = session;
  if (!terminal.isInteractive)
    throw new UsageError(`--confirm ${reach.word} is needed, because nobody can be asked here`);
  terminal.note(
    `This disconnects everybody in ${reach.words}: ${await countAccounts(session, reach)} connections. They have to connect again themselves.`,
  );
  return (await terminal.ask(`Type ${reach.word} to go on:`, signal)) === reach.word;
}

async function countAccounts(session: Session, reach: Reach): Promise<number> {
  const organizationIds = reach.allOrganizations
    ? await session.parts.store.accounts.listOrganizations()
    : [reach.organizationId];
  let total = 0;
  for (const organizationId of organizationIds)
    total += (await session.readsIn(organizationId).list({ first: 1, statuses: null })).totalCount;
  return total;
}
