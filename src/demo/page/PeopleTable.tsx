import { useEffect, useState } from 'react';
import type { AdminAccount } from './AccountsTable.tsx';
import { useAnswer } from './answers.ts';
import { StatusBadge } from './Badge.tsx';
import { hasRole, type DemoUser } from './demo-users.ts';
import type { ConnectionStatus } from './words.ts';
import { useSession } from './session.tsx';

const PRACTITIONER_STATUS = /* GraphQL */ `
  query PractitionerStatus {
    practitioners {
      id
      connectionStatus
    }
  }
`;

const SET_ENABLED = /* GraphQL */ `
  mutation SetEnabled($input: FullscriptSetEnabledInput!) {
    setFullscriptEnabled(input: $input) {
      enabled
      userId
    }
  }
`;

/** Switches the integration on and off: for the whole organization, and for each of its users. Looks again whenever `changes` grows. */
export function PeopleTable(props: {
  accounts: readonly AdminAccount[];
  changes: number;
  onChanged: () => Promise<void>;
}) {
  const { user, users, ask, notify, notifyErrors } = useSession();
  const [busy, setBusy] = useState(false);
  // Tells who is switched off without an account, too.
  const statuses = useAnswer<{ practitioners: { id: string; connectionStatus: ConnectionStatus | null }[] }>(
    PRACTITIONER_STATUS,
    {},
  );
  const reloadStatuses = statuses.reload;
  useEffect(() => {
    if (props.changes > 0) void reloadStatuses();
  }, [props.changes, reloadStatuses]);
  const people = users.filter(
    (one) => one.organization.id === user.organization.id && hasRole(one, 'admin', 'practitioner', 'staff'),
  );

  async function set(enabled: boolean, userId: string | null, who: string) {
    setBusy(true);
    const answer = await ask<{ setFullscriptEnabled: { enabled: boolean } }>(SET_ENABLED, {
      input: { enabled, userId },
    });
    setBusy(false);
    if (!answer.data) {
      notifyErrors(answer.errors);
      return;
    }
    notify({ tone: 'good', text: `Fullscript is switched ${enabled ? 'on' : 'off'} for ${who}.` });
    await props.onChanged();
  }

  function findStatus(person: DemoUser): ConnectionStatus | null {
    const accounts = props.accounts.filter((account) => account.userId === person.id);
    const account = accounts.find((one) => one.isDefault) ?? accounts[0];
    if (account) return account.status;
    const practitioner = statuses.answer?.data?.practitioners.find((one) => one.id === person.practitionerId);
    return practitioner?.connectionStatus ?? null;
  }

  const buttons = (onId: string, offId: string, userId: string | null, who: string) => (
    <span className="actions end">
      <button
        type="button"
        className="small"
        disabled={busy}
        data-testid={onId}
        aria-label={`Switch Fullscript on for ${who}`}
        onClick={() => void set(true, userId, who)}
      >
        Switch on
      </button>
      <button
        type="button"
        className="small"
        disabled={busy}
        data-testid={offId}
        aria-label={`Switch Fullscript off for ${who}`}
        onClick={() => void set(false, userId, who)}
      >
        Switch off
      </button>
    </span>
  );

  return (
    <section aria-labelledby="people">
      <div className="section-head">
        <h2 id="people">Who may use Fullscript</h2>
      </div>
      <div className="card scroll">
        <table className="list still">
          <tbody>
            <tr>
              <th scope="row">
                Everybody of {user.organization.name}
                <small className="muted">Switching everybody on leaves those switched off singly as they are.</small>
              </th>
              <td />
              <td className="action">{buttons('toggle-org-on', 'toggle-org-off', null, 'the whole organization')}</td>
            </tr>
            {people.map((person) => {
              const status = findStatus(person);
              return (
                <tr key={person.id}>
                  <th scope="row">
                    {person.name}
                    <small className="muted">{person.roles.join(', ')}</small>
                  </th>
                  <td>{status ? <StatusBadge status={status} /> : <span className="muted">no account</span>}</td>
                  <td className="action">
                    {buttons(`toggle-on-${person.id}`, `toggle-off-${person.id}`, person.id, person.name)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
