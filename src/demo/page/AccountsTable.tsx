import { useEffect, useState } from 'react';
import { useAccountSwitch } from './account-switch.ts';
import { useAnswer } from './answers.ts';
import { Mark, StatusBadge, toStatusWords } from './Badge.tsx';
import { ConfirmButton } from './Dialog.tsx';
import { ErrorNote } from './ErrorNote.tsx';
import { ReasonField } from './ReasonField.tsx';
import type { FollowedRevocation } from './revocation-memory.ts';
import { useSession } from './session.tsx';
import { toDayWords, toFullName, toPhrase, toScopeWords, toTimeWords, type ConnectionStatus } from './words.ts';

const PAGE_SIZE = 25;

/** How an account of the list may stand. */
const STATUSES = ['CONNECTED', 'RECONNECT_REQUIRED', 'DISABLED'] as const satisfies readonly ConnectionStatus[];

const FULLSCRIPT_ACCOUNTS = /* GraphQL */ `
  query FullscriptAccounts($first: Int!, $after: String, $statuses: [FullscriptConnectionStatus!]) {
    fullscriptAccounts(first: $first, after: $after, statuses: $statuses) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        userId
        fullscriptUserId
        type
        status
        isDefault
        missingScopes
        connectedAt
        verifiedAt
        clinic {
          id
          name
        }
        practitioner {
          id
          firstName
          lastName
        }
      }
    }
  }
`;

const REVOKE_USER = /* GraphQL */ `
  mutation RevokeUser($input: FullscriptRevokeInput!) {
    revoke(input: $input) {
      revocation {
        id
      }
    }
  }
`;

/** One connection as an admin sees it. */
interface AdminAccount {
  id: string;
  userId: string;
  fullscriptUserId: string;
  type: string;
  status: ConnectionStatus;
  isDefault: boolean;
  missingScopes: string[];
  connectedAt: string;
  verifiedAt: string | null;
  clinic: { id: string; name: string };
  practitioner: { id: string; firstName: string | null; lastName: string | null } | null;
}

interface AccountsPage {
  fullscriptAccounts: {
    totalCount: number;
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
    nodes: AdminAccount[];
  };
}

/** The organization's connections, page by page, each with the means to switch it off or take it away. Looks again whenever `changes` grows. */
export function AccountsTable(props: {
  changes: number;
  onChanged: () => Promise<void>;
  onRevoked: (revocation: FollowedRevocation) => Promise<void>;
}) {
  const [status, setStatus] = useState<ConnectionStatus | ''>('');
  // Where each page begins, up to the one that is shown.
  const [starts, setStarts] = useState<readonly (string | null)[]>([null]);
  const accounts = useAnswer<AccountsPage>(FULLSCRIPT_ACCOUNTS, {
    first: PAGE_SIZE,
    after: starts.at(-1) ?? null,
    statuses: status ? [status] : null,
  });
  const { reload } = accounts;
  useEffect(() => {
    if (props.changes > 0) void reload();
  }, [props.changes, reload]);

  const page = accounts.answer?.data?.fullscriptAccounts ?? null;
  const errors = accounts.answer?.errors ?? [];
  const isPastTheEnd = page?.nodes.length === 0 && starts.length > 1 && !accounts.loading;
  useEffect(() => {
    // The last account of the last page was taken away.
    if (isPastTheEnd) setStarts((before) => before.slice(0, -1));
  }, [isPastTheEnd]);

  return (
    <section aria-labelledby="accounts">
      <div className="section-head">
        <h2 id="accounts">Connected accounts</h2>
        <label className="inline">
          <span>Status</span>
          <select
            value={status}
            data-testid="accounts-status"
            onChange={(event) => {
              setStatus(STATUSES.find((one) => one === event.target.value) ?? '');
              setStarts([null]);
            }}
          >
            <option value="">all</option>
            {STATUSES.map((one) => (
              <option key={one} value={one}>
                {toStatusWords(one)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <ErrorNote errors={errors} />
      {!page && errors.length === 0 ? <p className="loading">Loading the accounts…</p> : null}
      {page?.totalCount === 0 ? (
        <p className="empty">{status ? 'No account stands like this.' : 'Nobody has connected Fullscript.'}</p>
      ) : null}
      {page && page.nodes.length > 0 ? (
        <>
          <div className="card scroll" aria-busy={accounts.loading}>
            <table className="list still cards" data-testid="accounts">
              <thead>
                <tr>
                  <th scope="col">User</th>
                  <th scope="col">Clinic</th>
                  <th scope="col">Status</th>
                  <th scope="col">Connected</th>
                  <th scope="col">Last accepted</th>
                  <th scope="col" aria-label="Action" />
                </tr>
              </thead>
              <tbody>
                {page.nodes.map((account) => (
                  <AccountRow key={account.id} account={account} {...props} />
                ))}
              </tbody>
            </table>
          </div>
          <Pager
            shown={page.nodes.length}
            total={page.totalCount}
            pageNumber={starts.length}
            next={page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null}
            onPrevious={() => {
              if (!accounts.loading) setStarts(starts.slice(0, -1));
            }}
            onNext={(start) => {
              if (!accounts.loading) setStarts([...starts, start]);
            }}
          />
        </>
      ) : null}
    </section>
  );
}

function AccountRow(props: {
  account: AdminAccount;
  onChanged: () => Promise<void>;
  onRevoked: (revocation: FollowedRevocation) => Promise<void>;
}) {
  const { account, onChanged, onRevoked } = props;
  const { users, ask, notify, notifyErrors } = useSession();
  const [reason, setReason] = useState('');
  const switchTo = useAccountSwitch(onChanged);
  const name =
    users.find((user) => user.id === account.userId)?.name ?? toFullName(account.practitioner, account.userId);
  const isOff = account.status === 'DISABLED';

  async function revoke() {
    const answer = await ask<{ revoke: { revocation: { id: string } } }>(REVOKE_USER, {
      input: { userId: account.userId, clinicId: account.clinic.id, reason: reason.trim() || null },
    });
    if (!answer.data) {
      notifyErrors(answer.errors);
      return;
    }
    notify({ tone: 'good', text: `Revoked: ${name} can use Fullscript at ${account.clinic.name} no more.` });
    await onRevoked({ id: answer.data.revoke.revocation.id, label: `${name} at ${account.clinic.name}` });
  }

  return (
    <tr data-testid={`account-row-${account.id}`} data-user={account.userId} data-status={account.status}>
      <th scope="row">
        {name}
        <small className="muted">{account.userId}</small>
      </th>
      <td data-label="Clinic">
        <span>
          {account.clinic.name} {account.isDefault ? <Mark>default</Mark> : null}
          <small className="muted" title={`Fullscript id ${account.fullscriptUserId}`}>
            {toPhrase(account.type)}
          </small>
        </span>
      </td>
      <td data-label="Status">
        <span>
          <StatusBadge status={account.status} />
          {account.missingScopes.length > 0 ? (
            <small className="muted" title={account.missingScopes.join(', ')}>
              may not {toScopeWords(account.missingScopes)}
            </small>
          ) : account.status === 'RECONNECT_REQUIRED' ? (
            <small className="muted">no longer accepted by Fullscript</small>
          ) : null}
        </span>
      </td>
      <td className="nowrap" data-label="Connected">
        {toDayWords(account.connectedAt)}
      </td>
      <td className="nowrap" data-label="Last accepted">
        {toTimeWords(account.verifiedAt)}
      </td>
      <td className="action">
        <span className="actions end">
          <button
            type="button"
            className="small switch"
            data-testid={`account-toggle-${account.id}`}
            aria-label={`Switch Fullscript ${isOff ? 'on' : 'off'} for ${name}`}
            onClick={() => void switchTo(isOff, account.userId, name)}
          >
            {isOff ? 'Switch on' : 'Switch off'}
          </button>
          <ConfirmButton
            label="Revoke"
            accessibleLabel={`Revoke ${name} at ${account.clinic.name}`}
            testId={`revoke-${account.id}`}
            className="small danger"
            confirmLabel="Revoke"
            question={`${name} can use Fullscript at ${account.clinic.name} no more, from this moment on, until they connect again.`}
            onConfirm={revoke}
          >
            <ReasonField value={reason} testId={`revoke-${account.id}-reason`} onChange={setReason} />
          </ConfirmButton>
        </span>
      </td>
    </tr>
  );
}

function Pager(props: {
  shown: number;
  total: number;
  pageNumber: number;
  next: string | null;
  onPrevious: () => void;
  onNext: (start: string) => void;
}) {
  const { next } = props;
  const before = (props.pageNumber - 1) * PAGE_SIZE;
  return (
    <nav className="pager" aria-label="Pages of accounts">
      <button
        type="button"
        disabled={props.pageNumber === 1}
        data-testid="accounts-previous"
        onClick={props.onPrevious}
      >
        Previous
      </button>
      <button
        type="button"
        disabled={next === null}
        data-testid="accounts-next"
        onClick={() => {
          if (next !== null) props.onNext(next);
        }}
      >
        Next
      </button>
      <span className="muted" role="status" data-testid="accounts-range">
        {before + 1}–{before + props.shown} of {props.total}
      </span>
    </nav>
  );
}
