import type { Command } from '../command-line.ts';
import { printRevocation } from '../follow-revocation.ts';
import { noOrganization } from '../session.ts';

/** `revocation`: how far one revocation is. */
export const revocation: Command = {
  name: 'revocation',
  about: 'tell how far Fullscript has confirmed a revocation',
  usage: 'ID [--organization ID]',
  options: {
    organization: {
      value: 'ID',
      about: 'the organization it was asked for in; without it, one that this command asked for over all',
    },
  },
  positionals: ['ID'],
  read(given) {
    const organizationId = given.text('organization') ?? noOrganization;
    return async (session) => {
      const found = await session.readsIn(organizationId).revocation(given.positional(0));
      if (found === null) {
        session.terminal.note(
          organizationId === noOrganization
            ? 'There is no such revocation over all organizations. Is --organization missing?'
            : 'There is no such revocation in this organization.',
        );
        return 1;
      }
      await printRevocation(session, found);
      return 0;
    };
  },
};
