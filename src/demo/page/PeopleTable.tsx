import { useEffect } from 'react';
import { useAccountSwitch } from './account-switch.ts';
import { useAnswer } from './answers.ts';
import { StatusBadge } from './Badge.tsx';
import { hasRole, type DemoUser } from './demo-users.ts';
import { useSession } from './session.tsx';
import type { ConnectionStatus } from './words.ts';

// Practitioners tell where they stand even without an account; for the others their account tells it.
const PEOPLE = /* GraphQL */ `
  query People {
    practitioners {
      id
      connectionStatus
    }
    fullscriptAccounts(first: 100) {
      nodes {
        id
        userId
        status
        isDefault
      }
    }
  }
`;

interface People {
  practitioners: { id: string; connectionStatus: ConnectionStatus | null }[] | null;
  fullscriptAccounts: { nodes: { id: string; userId: string; status: ConnectionStatus; isDefault: boolean }[] } | null;
}

/** Switches the integration on and off: for the whole organization, and for each of its users. Looks again whenever `changes` grows. */
export function PeopleTable(props: { changes: number; onChanged: () => Promise<void> }) {
  const { user, users } = useSession();
  const switchTo = useAccountSwitch(props.onChanged);
  const people = useAnswer<People>(PEOPLE, {});
  const { reload } = people;
  useEffect(() => {
    if (props.changes > 0) void reload();
  }, [props.changes, reload]);
  const colleagues = users.filter(
    (one) => one.organization.id === user.organization.id && hasRole(one, 'admin', 'practitioner', 'staff'),
  );

  function findStatus(person: DemoUser): ConnectionStatus | null {
    const practitioner = people.answer?.data?.practitioners?.find((one) => one.id === person.practitionerId);
    if (practitioner?.connectionStatus) return practitioner.connectionStatus;
    const accounts = people.answer?.data?.fullscriptAccounts?.nodes.filter((one) => one.userId === person.id) ?? [];
    return (accounts.find((one) => one.isDefault) ?? accounts[0])?.status ?? null;
  }

  const button = (enabled: boolean, testId: string, userId: string | null, who: string) => (
    <button
      type="button"
      className="small switch"
      data-testid={testId}
      aria-label={`Switch Fullscript ${enabled ? 'on' : 'off'} for ${who}`}
      onClick={() => void switchTo(enabled, userId, who)}
    >
      {enabled ? 'Switch on' : 'Switch off'}
    </button>
  );

  return (
    <section aria-labelledby="people">
      <div className="section-head">
        <h2 id="people">Who may use Fullscript</h2>
      </div>
      <div className="card scroll">
        <table className="list still cards">
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Who</th>
              <th scope="col">Status</th>
              <th scope="col">Action</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">
                Everybody of {user.organization.name}
                <small className="muted">Switching everybody on leaves those switched off singly as they are.</small>
              </th>
              <td />
              <td className="action">
                <span className="actions end">
                  {button(true, 'toggle-org-on', null, user.organization.name)}
                  {button(false, 'toggle-org-off', null, user.organization.name)}
                </span>
              </td>
            </tr>
            {colleagues.map((person) => {
              const status = findStatus(person);
              return (
                <tr key={person.id} data-testid={`person-${person.id}`} data-status={status ?? undefined}>
                  <th scope="row">
                    {person.name}
                    <small className="muted">{person.roles.join(', ')}</small>
                  </th>
                  <td>{status ? <StatusBadge status={status} /> : <span className="muted">no account</span>}</td>
                  <td className="action">
                    <span className="actions end">
                      {button(true, `toggle-on-${person.id}`, person.id, person.name)}
                      {button(false, `toggle-off-${person.id}`, person.id, person.name)}
                    </span>
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
