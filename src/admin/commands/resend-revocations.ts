import type { Command } from '../command-line.ts';
import { isKnown } from '../known.ts';
import { readReach, reachOptions } from '../every-organization.ts';

const lookEveryMs = 250;

/** `resend-revocations`: what Fullscript has not confirmed is sent again now. */
export const resendRevocations: Command = {
  name: 'resend-revocations',
  about: 'send again now what Fullscript has not confirmed, instead of later',
  usage: '--organization ID | --all-organizations [--no-wait]',
  options: { ...reachOptions, 'no-wait': { about: 'leave the sending to a running service' } },
  details: [
    'Pending revocations are tried again by themselves, at most 15 minutes apart. This is for when the reason is mended.',
  ],
  read(given) {
    const { allOrganizations, organizationId } = readReach(given);
    return async (session) => {
      if (!allOrganizations && !(await isKnown(session, organizationId))) return 1;
      const { parts, terminal, signal } = session;
      const { resent } = await parts.operations.resendRevocations(session.callerIn(organizationId), {
        allOrganizations,
      });
      const countPending = async (): Promise<number> =>
        (await parts.store.revocations.depth(allOrganizations ? undefined : organizationId)).pending;
      let pending = resent;
      const waits = !given.has('no-wait');
      if (waits && pending > 0) {
        parts.runner.start(['revocations']);
        while (pending > 0 && !signal.aborted) {
          terminal.progress('Confirmed by Fullscript', Math.max(0, resent - pending), resent);
          await session.wait(lookEveryMs);
          pending = await countPending();
        }
        terminal.progress('Confirmed by Fullscript', Math.max(0, resent - pending), resent);
        terminal.endProgress();
      }
      await session.printResult(
        { resent, pending },
        () => `${resent} were made due, ${pending} of them are still to be confirmed`,
      );
      return waits && pending > 0 ? 1 : 0;
    };
  },
};
