import { UsageError, type Command } from '../command-line.ts';
import { isKnown } from '../known.ts';

/** `switch`: the integration on or off. */
export const switchIntegration: Command = {
  name: 'switch',
  about: 'switch the integration on or off, for a user or an organization',
  usage: '--organization ID [--user ID] [--anyway] on|off',
  options: {
    organization: { value: 'ID', about: "the EMR's organization" },
    user: { value: 'ID', about: 'only this EMR user' },
    anyway: { about: 'also when this organization or user is not known here yet' },
  },
  details: [
    'Off hides stored data too and revokes nothing. A user who was switched off singly stays off when the organization goes on.',
  ],
  positionals: ['on|off'],
  read(given) {
    const organizationId = given.required('organization');
    const userId = given.text('user') ?? null;
    const state = given.positional(0);
    if (!['on', 'off', ''].includes(state)) throw new UsageError(`${state} must be on or off`);
    const anyway = given.has('anyway');
    return async (session) => {
      if (!anyway && !(await isKnown(session, organizationId, userId))) return 1;
      const caller = session.callerIn(organizationId);
      const done = await session.parts.operations.setEnabled(caller, { enabled: state === 'on', userId });
      const whom =
        userId === null ? `organization ${organizationId}` : `user ${userId} of organization ${organizationId}`;
      await session.printResult({ organizationId, ...done }, () => `Fullscript is now ${state} for ${whom}`);
      return 0;
    };
  },
};
