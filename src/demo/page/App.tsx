/*
 * The demo's EMR page. Test ids a browser test may rely on (<…> stands for an id):
 *
 * everywhere   user-switch, status (data-status has the constant), status-hint, clinic, connect, reconnect, connect-another,
 *              connect-dialog, sign-out-hint, fullscript-sign-out, connect-go, revoke-own, revoke-own-confirm, default-clinic, nav-patients, nav-admin, toast, error, connect-result (data-outcome: connected, declined,
 *              expired), connect-result-close
 * /connected   connected-page, connected-user, connected-other-user, connected-finish, connected-leave, connected-retry
 * patients     patient-search, patient-list, patient-row-<patientId>, patient-open-<patientId>,
 *              patient-status-<patientId>, row-error-<patientId> (one per failed column), patient-refresh
 * one patient  patient-page, patient-status, fullscript-account, refresh, fresh-note, watching,
 *              recommend, recommend-here, embed-dialog, embed-frame, recommend-entrypoint, recommend-items, recommend-welcome, recommend-chart,
 *              recommend-practitioner, recommend-message,
 *              recommend-outcome (data-outcome has the type's name), recommend-connect, recommend-match, open-fullscript,
 *              match, match-dialog, link-<fullscriptPatientId>, taken-<fullscriptPatientId>, choose-on-fullscript, unlink, unlink-confirm,
 *              edit-account, account-dialog, account-discount, account-firstName,
 *              account-lastName, account-dateOfBirth, account-mobileNumber, account-save
 * plans        plans-more, plan-<planId> (data-state), order-<planId>, edit-<planId>, checkout-<planId>, checkout-<planId>-confirm,
 *              import-<planId>, add-<planId>-<recommendationId>
 * import       import-dialog, import-chart, import-item-<recommendationId>, import-amount-<recommendationId>,
 *              import-format-…, import-frequency-…, import-duration-…, import-timeOfDay-…, import-additionalInfo-…,
 *              import-refills-…, import-labs, import-outdated, import-submit, import-outcome (data-outcome has the
 *              type's name; data-already-imported, data-reason), import-close
 * labs         lab-<labOrderId>, pdf-<resultId>, signoff-<resultId>, share-<resultId>, note-<resultId>, note-save-<resultId>
 * charts       chart-<chartId> (data-signed), new-chart-kind, new-chart, sign-<chartId>, sign-<chartId>-confirm,
 *              chart-import-<importId> (data-outdated), documents
 * admin        admin-page, account-counts, accounts, accounts-status, accounts-next, accounts-previous, accounts-range,
 *              account-row-<accountId> (data-user, data-status), account-toggle-<accountId>, revoke-<accountId>,
 *              revoke-<accountId>-reason, revoke-<accountId>-confirm, person-<userId> (data-status), toggle-on-<userId>,
 *              toggle-off-<userId>, toggle-org-on, toggle-org-off, audit, audit-more, audit-user, audit-patient,
 *              revoke-all-reason, revoke-all-confirm (the organization's name or id), revoke-all, revoke-all-everywhere,
 *              revoke-progress (one per followed revocation; data-total, data-pending), revoke-waiting
 */
import { useCallback, useEffect, useState } from 'react';
import { AdminView } from './AdminView.tsx';
import { ConnectedPage, ConnectResultNote, type ConnectResult } from './ConnectedPage.tsx';
import { chooseUser, hasRole, readDemoUsers, rememberUser, type DemoUser } from './demo-users.ts';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import type { OauthReturn } from './oauth-return.ts';
import { PatientList } from './PatientList.tsx';
import { PatientPage } from './PatientPage.tsx';
import { SessionProvider, type Notice } from './session.tsx';
import { Toast } from './Toast.tsx';
import { TopBar } from './TopBar.tsx';
import { toHash, toOneSpelling, useView } from './views.ts';

/** The whole page. `oauthReturn` is set when Fullscript has just sent the browser back. */
export function App(props: { oauthReturn: OauthReturn | null }) {
  const [users, setUsers] = useState<DemoUser[] | null>(null);
  const [user, setUser] = useState<DemoUser | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [oauthReturn, setOauthReturn] = useState(props.oauthReturn);
  const [connectResult, setConnectResult] = useState<(ConnectResult & { shownAt: string }) | null>(null);
  const [notice, setNotice] = useState<Notice | null>(null);
  const view = useView();

  useEffect(() => {
    void loadUsers().then(
      (loaded) => {
        setUsers(loaded);
        setUser(chooseUser(loaded, sessionStorage));
      },
      () => setProblem('The demo users could not be loaded. Is the demo still running?'),
    );
  }, []);

  const hash = toHash(view);
  useEffect(() => {
    // How connecting ended belongs to the view the person came back to.
    setConnectResult((result) => (result?.shownAt === hash ? result : null));
  }, [hash]);

  const switchUser = useCallback(
    (next: DemoUser) => {
      rememberUser(sessionStorage, next.id);
      setUser(next);
      setConnectResult(null);
      setNotice(null);
      if (view.name === 'admin' && !hasRole(next, 'admin', 'developer')) location.hash = toHash({ name: 'patients' });
      // A patient of one organization does not exist in another.
      if (next.organization.id !== user?.organization.id) location.hash = toHash({ name: 'patients' });
    },
    [user, view.name],
  );

  if (problem) {
    return (
      <main className="page">
        <h1>Juniper EMR</h1>
        <div className="note bad" role="alert" data-testid="error">
          <p>{problem}</p>
        </div>
        <button type="button" onClick={() => location.reload()}>
          Try again
        </button>
      </main>
    );
  }
  if (!users || !user) {
    return (
      <main className="page" aria-busy="true">
        <p className="loading">Loading…</p>
      </main>
    );
  }
  if (oauthReturn) {
    return (
      <ConnectedPage
        users={users}
        current={user}
        oauthReturn={oauthReturn}
        onDone={(finishedBy, result, back) => {
          history.replaceState(null, '', `/${back}`);
          // replaceState does not tell anybody; useView listens to this event.
          window.dispatchEvent(new HashChangeEvent('hashchange'));
          rememberUser(sessionStorage, finishedBy.id);
          setUser(finishedBy);
          setConnectResult({ ...result, shownAt: toOneSpelling(back) });
          setOauthReturn(null);
        }}
      />
    );
  }
  return (
    <SessionProvider key={user.id} user={user} users={users} notify={setNotice}>
      <TopBar view={view} onSwitch={switchUser} />
      <main className="page">
        {connectResult?.shownAt === toHash(view) ? (
          <ConnectResultNote result={connectResult} onClose={() => setConnectResult(null)} />
        ) : null}
        <ErrorBoundary key={hash}>
          {view.name === 'patients' ? <PatientList /> : null}
          {view.name === 'patient' ? <PatientPage key={view.patientId} patientId={view.patientId} /> : null}
          {view.name === 'admin' ? <AdminView /> : null}
        </ErrorBoundary>
      </main>
      <Toast notice={notice} onClose={() => setNotice(null)} />
    </SessionProvider>
  );
}

async function loadUsers(): Promise<DemoUser[]> {
  const response = await fetch('/demo/users.json');
  if (!response.ok) throw new Error(`The demo users answered with HTTP status ${response.status}.`);
  return readDemoUsers(await response.json());
}
