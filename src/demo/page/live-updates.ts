import { createClient } from 'graphql-sse';
import { useEffect, useRef, useState } from 'react';
import { isOutage, readError } from './graphql.ts';
import { useSession } from './session.tsx';

/** Where the page stands: not following, about to, following, or refused. */
export type LiveState = 'off' | 'connecting' | 'live' | 'refused';

const PATIENT_CHANGED = /* GraphQL */ `
  subscription PatientChanged($id: ID!) {
    fullscriptPatientChanged(patientId: $id) {
      at
      plan {
        id
      }
      labOrder {
        id
      }
    }
  }
`;

/** Between the end of a stream, as when the server is started anew, and the next one; doubled each time in vain, up to the longest. */
const AGAIN_MS = 1_000;
const LONGEST_MS = 30_000;

interface Following {
  token: string;
  patientId: string;
  /** Something changed, or may have changed while nobody listened. */
  onChange: () => void;
  onState: (state: LiveState) => void;
}

/**
 * Follows one patient's changes at Fullscript until the function that it gives is called. A broken stream is begun again, and what may have been missed
 * meanwhile counts as a change. A refusal ends it.
 */
export function followPatient({ token, patientId, onChange, onState }: Following): () => void {
  let ended = false;
  let timer: number | undefined;
  let unsubscribe: (() => void) | undefined;
  let connections = 0;
  let againMs = AGAIN_MS;
  const client = createClient({
    url: '/graphql',
    headers: { authorization: `Bearer ${token}` },
    retryAttempts: Number.MAX_SAFE_INTEGER,
    on: {
      connecting: () => onState('connecting'),
      connected: () => {
        onState('live');
        connections += 1;
        if (connections > 1) onChange();
      },
    },
  });

  function subscribe(): void {
    let refused = false;
    unsubscribe = client.subscribe(
      { query: PATIENT_CHANGED, variables: { id: patientId } },
      {
        next: (result) => {
          const failure = result.errors?.map(readError)[0];
          if (!failure) {
            againMs = AGAIN_MS;
            onChange();
            return;
          }
          refused = !isOutage(failure);
          onState(refused ? 'refused' : 'connecting');
        },
        error: () => onState('refused'),
        complete: () => {
          if (ended || refused) return;
          timer = window.setTimeout(subscribe, againMs);
          againMs = Math.min(LONGEST_MS, againMs * 2);
        },
      },
    );
  }

  subscribe();
  return () => {
    ended = true;
    window.clearTimeout(timer);
    unsubscribe?.();
    client.dispose();
  };
}

/**
 * Follows one patient's changes while the page is in view, since browsers allow few open streams to one origin, and calls `onChange` for each of them and
 * whenever some may have been missed. Tries again after a refusal when the user's own position changes. With `skip` nothing is followed.
 */
export function useLiveUpdates(patientId: string, options: { skip: boolean; onChange: () => void }): LiveState {
  const { user, viewer } = useSession();
  const [state, setState] = useState<LiveState>('off');
  const [visible, setVisible] = useState(document.visibilityState === 'visible');
  const onChange = useRef(options.onChange);
  onChange.current = options.onChange;
  const position = viewer ? JSON.stringify(viewer.accounts.map(({ id, status }) => [id, status])) : null;
  const active = !options.skip && visible && position !== null;
  const wasHidden = useRef(false);

  useEffect(() => {
    const look = () => {
      if (document.visibilityState !== 'visible') wasHidden.current = true;
      setVisible(document.visibilityState === 'visible');
    };
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);

  useEffect(() => {
    if (!active) {
      setState('off');
      return;
    }
    if (wasHidden.current) onChange.current();
    wasHidden.current = false;
    return followPatient({ token: user.token, patientId, onChange: () => onChange.current(), onState: setState });
  }, [active, patientId, position, user.token]);

  return state;
}
