import { readPageRequest } from '../../domain/page.ts';
import { UsageError, type Command, type ExitCode } from '../command-line.ts';
import { pageOptions, readPages, readWantedPages, type WantedPages } from '../paging.ts';
import { noOrganization, type Session } from '../session.ts';

const mostIds = 1000;

/** Clinics to look at; null for all. */
type OfClinics = Parameters<Session['parts']['store']['parkedEvents']['depth']>[0];

/** `events`: what waits to be applied to the copy, what is parked, and parked events tried again. */
export const events: Command = {
  name: 'events',
  about: 'tell how many events wait and which are parked, or have parked ones tried again',
  usage: '[retry [--ids ID,ID]] [--organization ID] [--first N] [--after CURSOR] [--all]',
  options: {
    organization: { value: 'ID', about: "only of this organization's clinics" },
    ids: { value: 'ID,ID', about: 'with retry: only these parked events; all of them without it' },
    ...pageOptions,
  },
  details: [
    'An event is parked when it has failed too often; the reason is by what. What it may have changed is read anew before it counts as current, parked or not.',
    'With retry it is put back, and a running service applies it within moments.',
  ],
  optionalPositional: 'retry',
  read(given) {
    const organizationId = given.text('organization') ?? null;
    const verb = given.positional(0);
    const ids = given.text('ids');
    const wanted = readWantedPages(given);
    if (verb === '') {
      if (ids !== undefined) throw new UsageError('--ids goes with retry');
      return (session) => list(session, organizationId, wanted);
    }
    if (verb !== 'retry') throw new UsageError(`${verb} is not expected here`);
    if (given.has('first') || given.has('after') || given.has('all'))
      throw new UsageError('--first, --after and --all do not go with retry');
    const some = ids === undefined ? null : readIds(ids);
    return (session) => retry(session, organizationId, some);
  },
};

function readIds(text: string): string[] {
  const ids = text
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  if (ids.length === 0 || ids.length > mostIds) throw new UsageError(`--ids must be 1 to ${mostIds} ids`);
  return ids;
}

/** Null for all; undefined, after a word about it, for an organization without a clinic. */
async function findClinics(session: Session, organizationId: string | null): Promise<OfClinics | undefined> {
  if (organizationId === null) return null;
  const clinics = await session.parts.store.clinics.listByOrganization(organizationId);
  if (clinics.length > 0) return clinics;
  session.terminal.note(`No organization ${organizationId} with a clinic is known here.`);
  return undefined;
}

async function list(session: Session, organizationId: string | null, wanted: WantedPages): Promise<ExitCode> {
  const { parkedEvents } = session.parts.store;
  const clinics = await findClinics(session, organizationId);
  if (clinics === undefined) return 1;
  const { pending, oldestPendingAt, parked } = await parkedEvents.depth(clinics);
  await session.printResult({ pending, oldestPendingAt, parked }, () => {
    const oldest = oldestPendingAt === null ? '' : `, the oldest since ${oldestPendingAt}`;
    return `${pending} waiting${oldest}; ${parked} parked`;
  });
  if (parked === 0) return 0;
  const kind = 'parked events';
  const pages = readPages(
    wanted,
    async (page) => ({ list: kind, ...(await parkedEvents.page(clinics, readPageRequest(kind, page, 50))) }),
    (event) => event.receivedAt,
    (cursor) => session.terminal.note(`There are more: --after ${cursor}`),
  );
  await session.printPages(pages, [
    'id',
    'type',
    'clinicId',
    'occurredAt',
    'receivedAt',
    'attempts',
    'reason',
    'eventId',
  ]);
  return 0;
}

async function retry(
  session: Session,
  organizationId: string | null,
  ids: readonly string[] | null,
): Promise<ExitCode> {
  if ((await findClinics(session, organizationId)) === undefined) return 1;
  const caller = session.callerIn(organizationId ?? noOrganization);
  const input = { ids, allOrganizations: organizationId === null };
  const { retried } = await session.parts.operations.retryEvents(caller, input);
  await session.printResult({ retried }, () => `${retried} put back; a running service applies them`);
  if (ids === null || retried === new Set(ids).size) return 0;
  session.terminal.note('The others are not parked, or not known here.');
  return 1;
}
