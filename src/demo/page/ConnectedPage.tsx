import { useCallback, useEffect, useRef, useState } from 'react';
import type { DemoUser } from './demo-users.ts';
import { ErrorNote } from './ErrorNote.tsx';
import { ask, isOutage, type AnswerError } from './graphql.ts';
import { findConnectMemory, forgetConnect, type OauthReturn } from './oauth-return.ts';
import { toScopeWords, toSentence } from './words.ts';

/** How connecting ended, to be shown where the person went back to. */
export interface ConnectResult {
  outcome: 'connected' | 'declined' | 'expired';
  text: string;
}

const COMPLETE_CONNECT = /* GraphQL */ `
  mutation CompleteConnect($input: FullscriptCompleteConnectInput!) {
    completeConnect(input: $input) {
      __typename
      ... on FullscriptConnected {
        account {
          id
          missingScopes
          clinic {
            id
            name
          }
        }
      }
      ... on FullscriptConnectDeclined {
        message
      }
      ... on FullscriptConnectExpired {
        message
      }
    }
  }
`;

type CompleteConnect =
  | {
      __typename: 'FullscriptConnected';
      account: { id: string; missingScopes: string[]; clinic: { id: string; name: string } };
    }
  | { __typename: 'FullscriptConnectDeclined'; message: string }
  | { __typename: 'FullscriptConnectExpired'; message: string };

/**
 * Where Fullscript sends the browser back to. Finishes connecting at once when whoever started it in this tab is still
 * signed in; somebody else is asked first, and so is everybody when the tab does not know who started. A definite end
 * goes back at once; a temporary failure may be tried again here.
 */
export function ConnectedPage(props: {
  users: DemoUser[];
  current: DemoUser;
  oauthReturn: OauthReturn;
  onDone: (finishedBy: DemoUser, result: ConnectResult, back: string) => void;
}) {
  const { users, current, oauthReturn, onDone } = props;
  const [memory] = useState(() => findConnectMemory(sessionStorage));
  const starter = memory ? users.find((user) => user.id === memory.userId) : undefined;
  const [user, setUser] = useState(starter ?? current);
  const [errors, setErrors] = useState<AnswerError[]>([]);
  const [busy, setBusy] = useState(false);
  const started = useRef(false);

  const finish = useCallback(
    async (as: DemoUser) => {
      setBusy(true);
      setErrors([]);
      const answer = await ask<{ completeConnect: CompleteConnect }>(
        COMPLETE_CONNECT,
        { input: { state: oauthReturn.state, code: oauthReturn.code, error: oauthReturn.error } },
        { token: as.token },
      );
      setBusy(false);
      if (!answer.data) {
        setErrors(answer.errors);
        return;
      }
      forgetConnect(sessionStorage);
      onDone(as, toResult(answer.data.completeConnect, memory?.otherThanClinicIds ?? []), memory?.view ?? '');
    },
    [memory, oauthReturn, onDone],
  );

  useEffect(() => {
    // A code works once: an effect that runs twice must not send it twice.
    if (started.current || starter?.id !== current.id) return;
    started.current = true;
    void finish(current);
  }, [finish, starter, current]);

  const asks = !busy && errors.length === 0;

  return (
    <main className="page narrow" data-testid="connected-page" aria-busy={busy}>
      <h1>Connecting Fullscript</h1>
      {busy ? <p className="loading">Finishing the connection for {user.name}…</p> : null}
      <ErrorNote errors={errors} />
      {!busy && errors.length > 0 ? (
        <div className="actions">
          {errors.some(isOutage) ? (
            <button type="button" className="primary" data-testid="connected-retry" onClick={() => void finish(user)}>
              Try again
            </button>
          ) : null}
          <a href={`/${memory?.view ?? ''}`}>Back to the EMR</a>
        </div>
      ) : null}
      {starter && starter.id !== current.id && asks ? (
        <div className="stack" data-testid="connected-other-user">
          <p>
            <strong>{starter.name}</strong> started connecting, but <strong>{current.name}</strong> is signed in now.
            Only whoever started can finish it. Nothing is connected yet.
          </p>
          <div className="actions">
            <button
              type="button"
              className="primary"
              data-testid="connected-finish"
              onClick={() => void finish(starter)}
            >
              Sign in as {starter.name} and finish
            </button>
            <a
              href={`/${memory?.view ?? ''}`}
              data-testid="connected-leave"
              onClick={() => forgetConnect(sessionStorage)}
            >
              Back to the EMR
            </a>
          </div>
        </div>
      ) : null}
      {!starter && asks ? (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void finish(user);
          }}
        >
          <p>This tab does not remember who started connecting. Whoever it was has to finish it.</p>
          <label>
            Who started?{' '}
            <select
              value={user.id}
              data-testid="connected-user"
              onChange={(event) => setUser(users.find((other) => other.id === event.target.value) ?? current)}
            >
              {users.map((other) => (
                <option key={other.id} value={other.id}>
                  {other.name}
                </option>
              ))}
            </select>
          </label>
          <div className="actions">
            <button type="submit" className="primary" data-testid="connected-finish">
              Finish connecting
            </button>
            <a href="/">Back to the EMR</a>
          </div>
        </form>
      ) : null}
    </main>
  );
}

/** The end of connecting, on top of the view the person came from. */
export function ConnectResultNote(props: { result: ConnectResult; onClose: () => void }) {
  return (
    <div
      className={`note row ${props.result.outcome === 'connected' ? 'good' : 'warn'}`}
      role="status"
      data-testid="connect-result"
      data-outcome={props.result.outcome}
    >
      <p>{props.result.text}</p>
      <button
        type="button"
        className="quiet"
        aria-label="Dismiss"
        data-testid="connect-result-close"
        onClick={props.onClose}
      >
        ✕
      </button>
    </div>
  );
}

function toResult(value: CompleteConnect, otherThanClinicIds: readonly string[]): ConnectResult {
  switch (value.__typename) {
    case 'FullscriptConnected': {
      const { clinic, missingScopes } = value.account;
      const lack = missingScopes.length > 0 ? ` Fullscript does not let us ${toScopeWords(missingScopes)}.` : '';
      const again = otherThanClinicIds.includes(clinic.id)
        ? ' It was connected already. For another clinic, sign out of Fullscript in this browser first and try again.'
        : '';
      return { outcome: 'connected', text: `Connected to ${clinic.name}.${lack}${again}` };
    }
    case 'FullscriptConnectDeclined':
      return { outcome: 'declined', text: `Declined: nothing was connected. ${toSentence(value.message)}` };
    case 'FullscriptConnectExpired':
      return { outcome: 'expired', text: `Expired: please start connecting again. ${toSentence(value.message)}` };
  }
}
