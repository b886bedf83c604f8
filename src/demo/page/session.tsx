import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { hasRole, type DemoUser } from './demo-users.ts';
import { ask as askGraphql, type Answer, type AnswerError } from './graphql.ts';
import { rememberConnect } from './oauth-return.ts';
import type { ConnectionStatus } from './words.ts';

/** The signed-in user's position at Fullscript, as the top bar and the buttons need it. */
export interface Viewer {
  connectionStatus: ConnectionStatus;
  canRecommend: boolean;
  canAdminister: boolean;
  accounts: ViewerAccount[];
}

/** One of the user's own authorizations. */
interface ViewerAccount {
  id: string;
  type: 'PRACTITIONER' | 'STAFF';
  status: ConnectionStatus;
  isDefault: boolean;
  missingScopes: string[];
  clinic: { id: string; name: string; discountPercent: number | null };
}

/** A short message at the bottom of the page. */
export interface Notice {
  tone: 'good' | 'bad';
  text: string;
}

/** What every part of the page may use: who is signed in, how to ask, and how to tell the person something. */
interface Session {
  user: DemoUser;
  users: DemoUser[];
  viewer: Viewer | null;
  viewerErrors: AnswerError[];
  reloadViewer: () => Promise<void>;
  /** Asks as the signed-in user. Rejects only when `signal` is aborted. */
  ask: <T>(document: string, variables: Record<string, unknown>, signal?: AbortSignal) => Promise<Answer<T>>;
  notify: (notice: Notice) => void;
  notifyErrors: (errors: readonly AnswerError[]) => void;
  /** Begins connecting: leaves the page for Fullscript, or tells why not. The clinics named are those that are not meant. */
  connect: (otherThanClinicIds?: readonly string[]) => Promise<void>;
  /** Leaves for a Fullscript authorization page and remembers who went, so that the return is finished by the same user. */
  leaveForFullscript: (authorizeUrl: string, otherThanClinicIds?: readonly string[]) => void;
}

const SessionContext = createContext<Session | null>(null);

const VIEWER = /* GraphQL */ `
  query Viewer {
    fullscriptViewer {
      connectionStatus
      canRecommend
      canAdminister
      accounts {
        id
        type
        status
        isDefault
        missingScopes
        clinic {
          id
          name
          discountPercent
        }
      }
    }
  }
`;

const CONNECT = /* GraphQL */ `
  mutation Connect {
    connect {
      authorizeUrl
      state
      expiresAt
    }
  }
`;

/** Gives the session to everything below it. Must be mounted anew (by key) when the user changes. */
export function SessionProvider(props: {
  user: DemoUser;
  users: DemoUser[];
  notify: (notice: Notice) => void;
  children: ReactNode;
}) {
  const { user, users, notify } = props;
  const [viewer, setViewer] = useState<Viewer | null>(null);
  const [viewerErrors, setViewerErrors] = useState<AnswerError[]>([]);
  const mounted = useRef(true);

  const ask = useCallback(
    <T,>(document: string, variables: Record<string, unknown>, signal?: AbortSignal) =>
      askGraphql<T>(document, variables, { token: user.token, ...(signal ? { signal } : {}) }),
    [user.token],
  );

  const notifyErrors = useCallback(
    (errors: readonly AnswerError[]) => {
      const error = errors[0];
      if (error) notify({ tone: 'bad', text: `${error.code}: ${error.message}` });
    },
    [notify],
  );

  const reloadViewer = useCallback(async () => {
    if (!hasRole(user, 'admin', 'practitioner', 'staff')) return;
    const answer = await ask<{ fullscriptViewer: Viewer }>(VIEWER, {});
    if (!mounted.current) return;
    if (answer.data) setViewer(answer.data.fullscriptViewer);
    setViewerErrors(answer.errors);
  }, [ask, user]);

  useEffect(() => {
    mounted.current = true;
    void reloadViewer();
    return () => {
      mounted.current = false;
    };
  }, [reloadViewer]);

  const leaveForFullscript = useCallback(
    (authorizeUrl: string, otherThanClinicIds: readonly string[] = []) => {
      rememberConnect(sessionStorage, { userId: user.id, view: location.hash, otherThanClinicIds });
      location.assign(authorizeUrl);
    },
    [user.id],
  );

  const connect = useCallback(
    async (otherThanClinicIds: readonly string[] = []) => {
      const answer = await ask<{ connect: { authorizeUrl: string } }>(CONNECT, {});
      if (answer.data) leaveForFullscript(answer.data.connect.authorizeUrl, otherThanClinicIds);
      else notifyErrors(answer.errors);
    },
    [ask, leaveForFullscript, notifyErrors],
  );

  const session = useMemo<Session>(
    () => ({
      user,
      users,
      viewer,
      viewerErrors,
      reloadViewer,
      ask,
      notify,
      notifyErrors,
      connect,
      leaveForFullscript,
    }),
    [user, users, viewer, viewerErrors, reloadViewer, ask, notify, notifyErrors, connect, leaveForFullscript],
  );
  return <SessionContext value={session}>{props.children}</SessionContext>;
}

/** The session of the surrounding provider. Throws outside of one. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('There is no session here.');
  return session;
}
