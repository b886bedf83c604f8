import { useState } from 'react';
import { useAnswer } from './answers.ts';
import { AccountsTable, FULLSCRIPT_ACCOUNTS, type AdminAccount } from './AccountsTable.tsx';
import { AuditTrail } from './AuditTrail.tsx';
import { hasRole } from './demo-users.ts';
import { PeopleTable } from './PeopleTable.tsx';
import { RevokeAll } from './RevokeAll.tsx';
import { useSession } from './session.tsx';

/** What admins and developers do: who is connected, switching off, revoking, the audit trail. */
export function AdminView() {
  const { user, reloadViewer } = useSession();
  const admin = hasRole(user, 'admin');
  const accounts = useAnswer<{ fullscriptAccounts: { nodes: AdminAccount[]; totalCount: number } }>(
    FULLSCRIPT_ACCOUNTS,
    {},
    { skip: !admin },
  );
  const [changes, setChanges] = useState(0);
  const changed = async () => {
    setChanges((before) => before + 1);
    await Promise.all([accounts.reload(), reloadViewer()]);
  };
  if (!hasRole(user, 'admin', 'developer')) {
    return <p className="empty">This view is for admins and developers.</p>;
  }
  return (
    <div data-testid="admin-page">
      <div className="headline">
        <h1>Fullscript administration</h1>
        <span className="muted">{user.organization.name}</span>
      </div>
      {admin ? (
        <>
          <AccountsTable
            accounts={accounts.answer?.data?.fullscriptAccounts.nodes ?? null}
            errors={accounts.answer?.errors ?? []}
            onChanged={changed}
          />
          <PeopleTable
            accounts={accounts.answer?.data?.fullscriptAccounts.nodes ?? []}
            changes={changes}
            onChanged={changed}
          />
        </>
      ) : (
        <p className="muted">Accounts, switches and the audit trail are for admins of the organization.</p>
      )}
      <RevokeAll onChanged={changed} />
      {admin ? <AuditTrail changes={changes} /> : null}
    </div>
  );
}
