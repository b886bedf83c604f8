import type { Command } from '../command-line.ts';
import { followRevocation } from '../follow-revocation.ts';
import { isKnown } from '../known.ts';

/** `revoke`: one user's authorizations. */
export const revoke: Command = {
  name: 'revoke',
  about: "end one user's connections, all or the one at a clinic",
  usage: '--organization ID --user ID [--clinic ID] [--reason TEXT] [--no-wait]',
  options: {
    organization: { value: 'ID', about: "the EMR's organization" },
    user: { value: 'ID', about: 'the EMR user' },
    clinic: { value: 'ID', about: "only the connection at this clinic of Fullscript's" },
    reason: { value: 'TEXT', about: 'kept with the revocation, at most 500 characters' },
    'no-wait': { about: 'do not wait until Fullscript has confirmed' },
  },
  details: [
    'The authorizations are closed here at once. This command then has Fullscript confirm, together with a running service or without one. Stopping it',
    'takes nothing back.',
  ],
  read(given) {
    const organizationId = given.required('organization');
    const input = { userId: given.required('user'), clinicId: given.text('clinic'), reason: given.text('reason') };
    return async (session) => {
      if (!(await isKnown(session, organizationId, input.userId))) {
        session.terminal.note('There was no such connection.');
        return 1;
      }
      const { revocation } = await session.parts.operations.revoke(session.callerIn(organizationId), input);
      if (revocation.total === 0) session.terminal.note('There was no such connection.');
      return await followRevocation(session, revocation, !given.has('no-wait'));
    };
  },
};
