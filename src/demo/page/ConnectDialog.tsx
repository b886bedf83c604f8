import { useState } from 'react';
import { Dialog } from './Dialog.tsx';
import { useSession } from './session.tsx';

/** Where the demo's site sends a browser that wants to leave its Fullscript session. */
export const SIGN_OUT_ADDRESS = '/fullscript-sign-out';

/**
 * What to know before connecting again: browsers stay signed in at Fullscript, and whoever is signed in there is whom
 * Fullscript connects. Then leaves for Fullscript.
 */
export function ConnectDialog(props: { purpose: 'reconnect' | 'another'; onClose: () => void }) {
  const { viewer, connect } = useSession();
  const [busy, setBusy] = useState(false);
  const accounts = viewer?.accounts ?? [];
  const clinics = accounts.map((account) => account.clinic.name).join(' and ');
  const another = props.purpose === 'another';
  return (
    <Dialog
      title={another ? 'Connect another clinic' : 'Reconnect Fullscript'}
      onClose={props.onClose}
      testId="connect-dialog"
    >
      <div className="stack">
        {another ? (
          <p>
            You are connected to <strong>{clinics}</strong>. Another clinic needs its own Fullscript login; both stay
            connected.
          </p>
        ) : (
          <p>
            Sign in at Fullscript with the login you used before
            {clinics ? (
              <>
                , for <strong>{clinics}</strong>
              </>
            ) : null}
            . Another login would connect another clinic.
          </p>
        )}
        <div className="note plain" data-testid="sign-out-hint">
          <p>
            {another
              ? 'This browser may still be signed in at Fullscript with the first login. Sign out there first, or the same clinic is connected once more.'
              : 'Was somebody else using Fullscript in this browser? Sign out there first.'}
          </p>
          <a href={SIGN_OUT_ADDRESS} target="_blank" rel="noopener noreferrer" data-testid="fullscript-sign-out">
            Sign out of Fullscript (new tab)
          </a>
        </div>
      </div>
      <div className="actions end">
        <button type="button" onClick={props.onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="primary"
          data-testid="connect-go"
          onClick={() => {
            if (busy) return;
            setBusy(true);
            void connect(another ? accounts.map((account) => account.clinic.id) : []).finally(() => setBusy(false));
          }}
        >
          Go on to Fullscript
        </button>
      </div>
    </Dialog>
  );
}
