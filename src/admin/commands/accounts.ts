import type { Account, ConnectionStatus } from '../../domain/account.ts';
import { UsageError, type Command } from '../command-line.ts';
import { pageOptions, readPages, readWantedPages } from '../paging.ts';
import type { Session } from '../session.ts';

const statuses = ['CONNECTED', 'RECONNECT_REQUIRED', 'DISABLED'] as const satisfies readonly ConnectionStatus[];

/** `accounts`: who is connected. */
export const accounts: Command = {
  name: 'accounts',
  about: 'list connections, most recent first; revoked ones are left out',
  usage: '[--organization ID] [--user ID] [--clinic ID] [--status STATUS] [--first N] [--after CURSOR] [--all]',
  options: {
    organization: {
      value: 'ID',
      about: "the EMR's organization; without it all of them, one after the other, all pages",
    },
    user: { value: 'ID', about: 'only of this EMR user' },
    clinic: { value: 'ID', about: "only at this clinic of Fullscript's" },
    status: { value: 'STATUS', about: `only those that are ${statuses.join(', ')}` },
    ...pageOptions,
  },
  read(given) {
    const organizationId = given.text('organization');
    const filter = {
      userId: given.text('user'),
      clinicId: given.text('clinic'),
      statuses: readStatuses(given.text('status')),
    };
    const wanted = readWantedPages(given);
    if (organizationId === undefined && (given.has('first') || given.has('after')))
      throw new UsageError('--first and --after need --organization');
    return async (session) => {
      const organizationIds =
        organizationId === undefined ? await session.parts.store.accounts.listOrganizations() : [organizationId];
      const pages = { ...wanted, ...(organizationId === undefined ? { all: true, first: 100 } : {}) };
      await session.printPages(listAccounts(session, organizationIds, filter, pages), [
        'organizationId',
        'userId',
        'clinicId',
        'clinicName',
        'type',
        'status',
        'isDefault',
        'connectedAt',
        'verifiedAt',
        'id',
      ]);
      return 0;
    };
  },
};

function readStatuses(status: string | undefined): readonly ConnectionStatus[] | null {
  if (status === undefined) return null;
  const known = statuses.find((each) => each === status.toUpperCase());
  if (known === undefined) throw new UsageError(`--status must be one of ${statuses.join(', ')}`);
  return [known];
}

async function* listAccounts(
  session: Session,
  organizationIds: readonly string[],
  filter: { userId: string | undefined; clinicId: string | undefined; statuses: readonly ConnectionStatus[] | null },
  wanted: ReturnType<typeof readWantedPages>,
) {
  for (const organizationId of organizationIds) {
    const reads = session.readsIn(organizationId);
    const pages = readPages(
      wanted,
      (page) => reads.list({ ...filter, ...page }),
      (account) => account.connectedAt,
      (cursor) => session.terminal.note(`There are more: --after ${cursor}`),
    );
    for await (const rows of pages) yield await Promise.all(rows.map((account) => toRow(reads, account)));
  }
}

/** What is shown of an account: everything but the tokens, which are not part of it. */
async function toRow(reads: ReturnType<Session['readsIn']>, account: Account) {
  return {
    id: account.id,
    organizationId: account.organizationId,
    userId: account.userId,
    practitionerId: account.practitionerId,
    fullscriptUserId: account.fullscriptUserId,
    type: account.userType,
    clinicId: account.clinicId,
    clinicName: (await reads.clinic(account.clinicId))?.name ?? null,
    status: await reads.statusOf(account),
    stateReason: account.stateReason,
    isDefault: account.isDefault,
    scopes: account.scopes,
    missingScopes: reads.missingScopes(account),
    connectedAt: account.connectedAt,
    verifiedAt: account.verifiedAt,
  };
}
