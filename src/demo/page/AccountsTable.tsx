import { Mark, StatusBadge } from './Badge.tsx';
import { ConfirmButton } from './Dialog.tsx';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import { useSession } from './session.tsx';
import { toDayWords, toFullName, toPhrase, toTimeWords, type ConnectionStatus } from './words.ts';

/** Every connection of the organization. */
export const FULLSCRIPT_ACCOUNTS = /* GraphQL */ `
  query FullscriptAccounts {
    fullscriptAccounts(first: 100) {
      totalCount
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
        total
        pending
      }
    }
  }
`;

/** One connection as an admin sees it. */
export interface AdminAccount {
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

/** The organization's connections, each with the means to take it away. */
export function AccountsTable(props: {
  accounts: AdminAccount[] | null;
  errors: AnswerError[];
  onChanged: () => Promise<void>;
}) {
  const { users, ask, notify, notifyErrors } = useSession();
  const nameOf = (account: AdminAccount) =>
    users.find((user) => user.id === account.userId)?.name ?? toFullName(account.practitioner, account.userId);

  async function revoke(account: AdminAccount) {
    const answer = await ask<{ revoke: { revocation: { total: number; pending: number } } }>(REVOKE_USER, {
      input: { userId: account.userId, clinicId: account.clinic.id, reason: 'Revoked in the admin view' },
    });
    if (!answer.data) {
      notifyErrors(answer.errors);
      return;
    }
    const { pending } = answer.data.revoke.revocation;
    notify({
      tone: 'good',
      text: pending > 0 ? 'Revoked here; Fullscript has yet to confirm.' : 'Revoked, confirmed by Fullscript.',
    });
    await props.onChanged();
  }

  return (
    <section aria-labelledby="accounts">
      <div className="section-head">
        <h2 id="accounts">Connected accounts</h2>
      </div>
      <ErrorNote errors={props.errors} />
      {!props.accounts && props.errors.length === 0 ? <p className="loading">Loading the accounts…</p> : null}
      {props.accounts?.length === 0 ? <p className="empty">Nobody has connected Fullscript.</p> : null}
      {props.accounts && props.accounts.length > 0 ? (
        <div className="card scroll">
          <table className="list still">
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
              {props.accounts.map((account) => (
                <tr key={account.id} data-testid={`account-row-${account.id}`}>
                  <th scope="row">
                    {nameOf(account)}
                    <small className="muted">{account.userId}</small>
                  </th>
                  <td>
                    {account.clinic.name} {account.isDefault ? <Mark>default</Mark> : null}
                    <small className="muted">
                      {toPhrase(account.type)} {account.fullscriptUserId}
                    </small>
                  </td>
                  <td>
                    <StatusBadge status={account.status} />
                    {account.missingScopes.length > 0 ? (
                      <small className="muted">lacks {account.missingScopes.join(', ')}</small>
                    ) : null}
                  </td>
                  <td className="nowrap">{toDayWords(account.connectedAt)}</td>
                  <td className="nowrap">{toTimeWords(account.verifiedAt)}</td>
                  <td className="action">
                    <ConfirmButton
                      label="Revoke"
                      testId={`revoke-${account.id}`}
                      className="small danger"
                      confirmLabel="Revoke"
                      question={`${nameOf(account)} can use Fullscript at ${account.clinic.name} no more, from this moment on, until they connect again.`}
                      onConfirm={() => revoke(account)}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </section>
  );
}
