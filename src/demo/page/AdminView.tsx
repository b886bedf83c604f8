import { useState } from 'react';
import { AccountsTable } from './AccountsTable.tsx';
import { useAnswer } from './answers.ts';
import { AuditTrail } from './AuditTrail.tsx';
import { hasRole } from './demo-users.ts';
import { PeopleTable } from './PeopleTable.tsx';
import { listFollowed, rememberFollowed, type FollowedRevocation } from './revocation-memory.ts';
import { Revocations } from './Revocations.tsx';
import { RevokeAll } from './RevokeAll.tsx';
import { useSession } from './session.tsx';
import { SyncStatus } from './SyncStatus.tsx';
import { toCount } from './words.ts';

const ACCOUNT_COUNTS = /* GraphQL */ `
  query AccountCounts {
    all: fullscriptAccounts(first: 1) {
      totalCount
    }
    reconnect: fullscriptAccounts(first: 1, statuses: [RECONNECT_REQUIRED]) {
      totalCount
    }
    off: fullscriptAccounts(first: 1, statuses: [DISABLED]) {
      totalCount
    }
  }
`;

type AccountCounts = Record<'all' | 'reconnect' | 'off', { totalCount: number }>;

/** What admins and developers do: who is connected, switching off, revoking, the audit trail. */
export function AdminView() {
  const { user, reloadViewer } = useSession();
  const admin = hasRole(user, 'admin');
  const counts = useAnswer<AccountCounts>(ACCOUNT_COUNTS, {}, { skip: !admin });
  const [changes, setChanges] = useState(0);
  const [followed, setFollowed] = useState(() => listFollowed(localStorage, user.id));

  function follow(next: FollowedRevocation[]) {
    rememberFollowed(localStorage, user.id, next);
    setFollowed(next);
  }

  const changed = async () => {
    setChanges((before) => before + 1);
    await Promise.all([counts.reload(), reloadViewer()]);
  };
  const revoked = async (revocation: FollowedRevocation) => {
    follow([revocation, ...followed]);
    await changed();
  };

  if (!hasRole(user, 'admin', 'developer')) {
    return <p className="empty">This view is for admins and developers.</p>;
  }
  const numbers = counts.answer?.data ?? null;
  return (
    <div data-testid="admin-page">
      <div className="headline">
        <h1>Fullscript administration</h1>
        <span className="muted" data-testid="account-counts">
          {user.organization.name}
          {numbers ? ` · ${toCountWords(numbers)}` : ''}
        </span>
      </div>
      {admin ? (
        <>
          <AccountsTable changes={changes} onChanged={changed} onRevoked={revoked} />
          <PeopleTable changes={changes} onChanged={changed} />
        </>
      ) : (
        <p className="muted">Accounts, switches and the audit trail are for admins of the organization.</p>
      )}
      <RevokeAll accountCount={numbers?.all.totalCount ?? null} onRevoked={revoked} />
      <Revocations followed={followed} onDismiss={(id) => follow(followed.filter((one) => one.id !== id))} />
      {admin ? (
        <>
          <SyncStatus />
          <AuditTrail changes={changes} />
        </>
      ) : null}
    </div>
  );
}

function toCountWords({ all, reconnect, off }: AccountCounts): string {
  return [
    toCount(all.totalCount, 'account'),
    ...(reconnect.totalCount > 0 ? [`${reconnect.totalCount} to reconnect`] : []),
    ...(off.totalCount > 0 ? [`${off.totalCount} switched off`] : []),
  ].join(', ');
}
