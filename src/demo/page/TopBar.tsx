import { useState } from 'react';
import { StatusBadge } from './Badge.tsx';
import { hasRole, type DemoUser } from './demo-users.ts';
import { ConnectDialog, SIGN_OUT_ADDRESS } from './ConnectDialog.tsx';
import { ConfirmButton } from './Dialog.tsx';
import { ErrorCodes } from './ErrorNote.tsx';
import { useSession, type Viewer } from './session.tsx';
import { toHash, type View } from './views.ts';
import { toCount, toScopeWords } from './words.ts';

const REVOKE_OWN = /* GraphQL */ `
  mutation RevokeOwn {
    revoke {
      revocation {
        id
        total
        revoked
        pending
      }
    }
  }
`;

const SET_DEFAULT_CLINIC = /* GraphQL */ `
  mutation SetDefaultClinic($clinicId: ID!) {
    setDefaultFullscriptClinic(clinicId: $clinicId) {
      connectionStatus
    }
  }
`;

/** Name, navigation, the viewer's Fullscript position, and the user switch. */
export function TopBar(props: { view: View; onSwitch: (user: DemoUser) => void }) {
  const { user, users } = useSession();
  return (
    <header className="topbar">
      <a className="brand" href={toHash({ name: 'patients' })}>
        <span className="logo" aria-hidden="true">
          J
        </span>
        <span>
          <strong>Juniper EMR</strong>
          <small>{user.organization.name}</small>
        </span>
      </a>
      <nav aria-label="Views">
        <a
          href={toHash({ name: 'patients' })}
          aria-current={props.view.name !== 'admin' ? 'page' : undefined}
          data-testid="nav-patients"
        >
          Patients
        </a>
        {hasRole(user, 'admin', 'developer') ? (
          <a
            href={toHash({ name: 'admin' })}
            aria-current={props.view.name === 'admin' ? 'page' : undefined}
            data-testid="nav-admin"
          >
            Admin
          </a>
        ) : null}
        <a href="/playground">Playground</a>
      </nav>
      <ViewerStatus />
      <label className="user">
        <span>Signed in as</span>
        <select
          value={user.id}
          data-testid="user-switch"
          onChange={(event) => {
            const next = users.find((other) => other.id === event.target.value);
            if (next) props.onSwitch(next);
          }}
        >
          {users.map((other) => (
            <option key={other.id} value={other.id}>
              {other.name}, {other.roles.join(' and ') || 'no role'}
            </option>
          ))}
        </select>
      </label>
    </header>
  );
}

function ViewerStatus() {
  const { user, viewer, viewerErrors, reloadViewer, ask, notify, notifyErrors, connect } = useSession();
  const [busy, setBusy] = useState(false);
  const [connecting, setConnecting] = useState<'reconnect' | 'another' | null>(null);

  if (!hasRole(user, 'admin', 'practitioner', 'staff')) {
    return <div className="viewer muted">This role has no Fullscript account of its own.</div>;
  }
  if (!viewer) {
    return (
      <div className="viewer" aria-busy={viewerErrors.length === 0}>
        {viewerErrors.length > 0 ? (
          <>
            <ErrorCodes errors={viewerErrors} testId="error" />{' '}
            <button type="button" className="small" onClick={() => void reloadViewer()}>
              Try again
            </button>
          </>
        ) : (
          'Fullscript…'
        )}
      </div>
    );
  }

  const main = viewer.accounts.find((account) => account.isDefault) ?? viewer.accounts[0];

  async function disconnect() {
    const answer = await ask<{ revoke: { revocation: { total: number; revoked: number; pending: number } } }>(
      REVOKE_OWN,
      {},
    );
    if (answer.data) {
      const { total, pending } = answer.data.revoke.revocation;
      notify({
        tone: 'good',
        text:
          pending > 0
            ? `Disconnected. Fullscript has yet to confirm ${pending} of ${total}.`
            : `Disconnected ${toCount(total, 'account')}.`,
      });
    } else notifyErrors(answer.errors);
    await reloadViewer();
  }

  async function setDefault(clinicId: string) {
    const answer = await ask(SET_DEFAULT_CLINIC, { clinicId });
    if (answer.data) notify({ tone: 'good', text: 'The default clinic was changed.' });
    else notifyErrors(answer.errors);
    await reloadViewer();
  }

  return (
    <div className="viewer">
      <div className="viewer-line">
        <span className="label">Fullscript</span>
        <StatusBadge status={viewer.connectionStatus} testId="status" />
        {viewer.accounts.length > 1 ? (
          <select
            aria-label="Default clinic"
            value={main?.clinic.id}
            data-testid="default-clinic"
            onChange={(event) => void setDefault(event.target.value)}
          >
            {viewer.accounts.map((account) => (
              <option key={account.id} value={account.clinic.id}>
                {account.clinic.name}
                {account.isDefault ? ' (default)' : ''}
              </option>
            ))}
          </select>
        ) : main ? (
          <span data-testid="clinic">{main.clinic.name}</span>
        ) : null}
        {viewer.connectionStatus === 'NOT_CONNECTED' ? (
          <button
            type="button"
            className="primary small"
            data-testid="connect"
            disabled={busy}
            onClick={() => {
              setBusy(true);
              void connect().finally(() => setBusy(false));
            }}
          >
            Connect
          </button>
        ) : null}
        {viewer.connectionStatus === 'RECONNECT_REQUIRED' ? (
          <button
            type="button"
            className="primary small"
            data-testid="reconnect"
            onClick={() => setConnecting('reconnect')}
          >
            Reconnect
          </button>
        ) : null}
        {viewer.accounts.length > 0 ? (
          <ConfirmButton
            label="Disconnect"
            testId="revoke-own"
            className="small"
            confirmLabel="Disconnect"
            question={`${user.name}'s Fullscript authorization is taken away at once${
              viewer.accounts.length > 1 ? `, in all ${viewer.accounts.length} clinics` : ''
            }. Plans already sent stay with Fullscript.`}
            onConfirm={disconnect}
          />
        ) : null}
        <ErrorCodes errors={viewerErrors} />
      </div>
      <small className="hint" data-testid="status-hint">
        <StatusHint viewer={viewer} onAnother={() => setConnecting('another')} />
      </small>
      {connecting ? <ConnectDialog purpose={connecting} onClose={() => setConnecting(null)} /> : null}
    </div>
  );
}

/** Why the viewer stands like this, and what to do about it. */
function StatusHint({ viewer, onAnother }: { viewer: Viewer; onAnother: () => void }) {
  const main = viewer.accounts.find((account) => account.isDefault) ?? viewer.accounts[0];
  switch (viewer.connectionStatus) {
    case 'DISABLED':
      return 'An admin has switched Fullscript off here. Nobody can connect until it is on again.';
    case 'RECONNECT_REQUIRED':
      return main && main.missingScopes.length > 0 ? (
        <span title={main.missingScopes.join(', ')}>
          Fullscript does not let us {toScopeWords(main.missingScopes)}. Reconnect to allow it; the rest works.
        </span>
      ) : (
        'Fullscript no longer accepts this connection. It may have been removed there. Reconnect to go on.'
      );
    case 'CONNECTED':
      return (
        <button type="button" className="link" data-testid="connect-another" onClick={onAnother}>
          Connect another clinic
        </button>
      );
    default:
      return (
        <>
          Somebody else used Fullscript in this browser?{' '}
          <a href={SIGN_OUT_ADDRESS} target="_blank" rel="noopener noreferrer">
            Sign out there
          </a>{' '}
          first.
        </>
      );
  }
}
