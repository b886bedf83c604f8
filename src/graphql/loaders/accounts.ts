import DataLoader from 'dataloader';
import { may } from '../../auth/access.ts';
import { findMissingScopes, toConnectionStatus, type Account, type ConnectionStatus } from '../../domain/account.ts';
import { Refusal } from '../../domain/errors.ts';
import { readPageRequest, type Page, type PageArguments } from '../../domain/page.ts';
import type { Revocation } from '../../domain/revocation.ts';
import { hasRecommendingAccount, isEnabled, toUserStatus, type Standing } from '../../domain/standing.ts';
import type { StoredAuditEntry } from '../../store/audit.ts';
import { toRowKey } from '../../store/keys.ts';
import type { FullscriptClinicParent, PractitionerParent } from '../parents.ts';
import type { RequestView } from './request.ts';

/** A page together with the list's name, which its cursors carry. */
type Listed<T> = Page<T> & { list: string };

/** Reads about users' connections, and what admins see of them. */
export interface AccountLoaders {
  viewer(): Promise<Standing>;
  statusOfViewer(): Promise<ConnectionStatus>;
  statusOf(account: Account): Promise<ConnectionStatus>;
  missingScopes(account: Account): string[];
  statusOfPractitioner(practitionerId: string): Promise<ConnectionStatus>;
  /** For the practitioner themself, admins and services; null for everybody else. */
  ofPractitioner(practitionerId: string): Promise<Account | null>;
  /** An account as an entity: one's own, or any as an admin or service; null otherwise. */
  byId(id: string): Promise<Account | null>;
  /** Whether the user interface may offer "Recommend". */
  canRecommend(standing: Standing): boolean;
  canAdminister(): boolean;
  /** The EMR practitioner behind a Fullscript one, known from their connection (also one that was revoked since); null otherwise. */
  practitionerOf(clinicId: string, fullscriptPractitionerId: string | null): Promise<PractitionerParent | null>;
  /** Clinics of the viewer's organization. */
  clinic(clinicId: string): Promise<FullscriptClinicParent | null>;
  /** Every connection of the organization, for admins. */
  list(
    request: PageArguments & {
      statuses: readonly ConnectionStatus[] | null;
      userId?: string | undefined;
      clinicId?: string | undefined;
    },
  ): Promise<Listed<Account>>;
  /** Null in another organization. Throws FORBIDDEN for others of the same one. */
  revocation(id: string): Promise<Revocation | null>;
  auditEvents(
    request: PageArguments & { userId: string | null; patientId: string | null },
  ): Promise<Omit<Listed<StoredAuditEntry>, 'totalCount'>>;
}

/** Accounts that are looked through when a list is filtered by a status, which no column holds as it is. */
const mostFiltered = 100_000;

export function createAccountLoaders(view: RequestView): AccountLoaders {
  const { needs, caller } = view;
  const { store } = needs;
  const { organizationId, userId } = caller.viewer;

  const enabled = new DataLoader<string, boolean>(async (userIds) => {
    const switches = await store.switches.find(organizationId, userIds);
    return userIds.map((id) => isEnabled(switches, id));
  });

  const byPractitioner = new DataLoader<string, Account[]>(async (ids) => {
    const found = await store.accounts.findByPractitioners(organizationId, ids);
    return ids.map((id) => found.get(id) ?? []);
  });

  const authors = new DataLoader<{ clinicId: string; fullscriptUserId: string }, PractitionerParent | null, string>(
    async (keys) => {
      const found = await store.accounts.findPractitionerIds(organizationId, keys);
      return keys.map(({ clinicId, fullscriptUserId }) => {
        const id = found.get(toRowKey(clinicId, fullscriptUserId));
        return id === undefined ? null : { id };
      });
    },
    { cacheKeyFn: ({ clinicId, fullscriptUserId }) => toRowKey(clinicId, fullscriptUserId) },
  );

  const byId = new DataLoader<string, Account | null>(async (ids) => {
    const found = await store.accounts.findByIds(organizationId, ids);
    return ids.map((id) => found.get(id) ?? null);
  });

  /** The practitioner's accounts; the viewer's own are known by the user, also before anything was connected in that role. */
  async function findPractitionerStanding(practitionerId: string): Promise<Standing> {
    if (caller.viewer.practitionerId === practitionerId) return await view.standing();
    const accounts = await byPractitioner.load(practitionerId);
    // Without an account nobody knows which user it is; the organization's switch counts all the same.
    return { accounts, enabled: await enabled.load(accounts[0]?.userId ?? '') };
  }

  async function statusOf(account: Account): Promise<ConnectionStatus> {
    return toConnectionStatus(account, await enabled.load(account.userId), needs.neededScopes);
  }

  return {
    async viewer() {
      view.assertMay('connection.own');
      return await view.standing();
    },
    statusOfViewer: async () => toUserStatus(await view.standing(), needs.neededScopes),
    statusOf,
    missingScopes: (account) => findMissingScopes(account, needs.neededScopes),
    async statusOfPractitioner(practitionerId) {
      view.assertMay('practitioner.status');
      return toUserStatus(await findPractitionerStanding(practitionerId), needs.neededScopes);
    },
    async ofPractitioner(practitionerId) {
      const own = caller.viewer.practitionerId === practitionerId && may(caller.viewer, 'connection.own');
      if (!own && !may(caller.viewer, 'connection.administer')) return null;
      return (await findPractitionerStanding(practitionerId)).accounts[0] ?? null;
    },
    async byId(id) {
      const account = await byId.load(id);
      if (!account || account.state === 'REVOKED') return null;
      const own = account.userId === userId && may(caller.viewer, 'connection.own');
      return own || may(caller.viewer, 'connection.administer') ? account : null;
    },
    canRecommend: (standing) => may(caller.viewer, 'recommendation.create') && hasRecommendingAccount(standing),
    canAdminister: () => may(caller.viewer, 'connection.administer'),
    practitionerOf: async (clinicId, fullscriptPractitionerId) =>
      fullscriptPractitionerId === null
        ? null
        : await authors.load({ clinicId, fullscriptUserId: fullscriptPractitionerId }),
    clinic: (clinicId) => view.clinics.load(clinicId),
    async list({ statuses, userId: ofUser, clinicId: ofClinic, ...request }) {
      view.assertMay('connection.administer');
      const list = 'accounts';
      const page = readPageRequest(list, request, 50);
      const filter = { userId: ofUser, clinicId: ofClinic };
      if (!statuses) return { list, ...(await store.accounts.list(organizationId, { page, ...filter })) };
      const wanted = new Set(statuses);
      const { neededScopes } = needs;
      const all = await store.accounts.listAll(organizationId, mostFiltered, filter, { statuses, neededScopes });
      const withStatus = await Promise.all(all.map(async (account) => ({ account, status: await statusOf(account) })));
      const rows = withStatus.filter(({ status }) => wanted.has(status)).map(({ account }) => account);
      const { after, first } = page;
      const start = after
        ? rows.findIndex((row) => row.connectedAt < after.at || (row.connectedAt === after.at && row.id < after.id))
        : 0;
      const from = start < 0 ? rows.length : start;
      return {
        list,
        rows: rows.slice(from, from + first),
        hasNextPage: from + first < rows.length,
        hasPreviousPage: from > 0,
        totalCount: rows.length,
      };
    },
    async revocation(id) {
      const revocation = await store.revocations.find(organizationId, id);
      if (!revocation) return null;
      if (revocation.requestedBy !== userId && !may(caller.viewer, 'revocation.readAny')) {
        view.noteRead(null, 'denied');
        throw new Refusal('FORBIDDEN', 'Only who asked for it, admins and developers see how a revocation goes');
      }
      return revocation;
    },
    async auditEvents({ userId: ofUser, patientId, ...request }) {
      view.assertMay('audit.read');
      const list = 'audit events';
      const page = readPageRequest(list, request, 50);
      const filter = { userId: ofUser ?? undefined, patientId: patientId ?? undefined };
      return { list, ...(await store.audit.page(organizationId, { page, ...filter })) };
    },
  };
}
