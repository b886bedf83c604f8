import type { Command } from '../command-line.ts';
import { pageOptions, readPages, readWantedPages } from '../paging.ts';
import { noOrganization } from '../session.ts';

/** `audit`: who did what. */
export const audit: Command = {
  name: 'audit',
  about: 'list who did what to whose Fullscript data, newest first',
  usage: '[--organization ID] [--user ID] [--patient ID] [--first N] [--after CURSOR] [--all]',
  options: {
    organization: {
      value: 'ID',
      about: "the EMR's organization; without it, what operators did to all organizations at once",
    },
    user: { value: 'ID', about: 'only by this EMR user, or operator:NAME' },
    patient: { value: 'ID', about: 'only about this patient of the EMR' },
    ...pageOptions,
  },
  read(given) {
    const organizationId = given.text('organization') ?? noOrganization;
    const filter = { userId: given.text('user') ?? null, patientId: given.text('patient') ?? null };
    const wanted = readWantedPages(given);
    return async (session) => {
      const reads = session.readsIn(organizationId);
      const pages = readPages(
        wanted,
        (page) => reads.auditEvents({ ...filter, ...page }),
        (event) => event.at,
        (cursor) => session.terminal.note(`There are more: --after ${cursor}`),
      );
      await session.printPages(pages, ['at', 'userId', 'action', 'outcome', 'patientId', 'subject', 'requestId']);
      return 0;
    };
  },
};
