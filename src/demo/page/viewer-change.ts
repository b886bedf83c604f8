import { useEffect, useRef } from 'react';
import { useSession } from './session.tsx';

/** Calls `onChange` when the signed-in user connected, disconnected or changed the default clinic; not for the first look. */
export function useViewerChange(onChange: () => void): void {
  const { viewer } = useSession();
  const key = viewer
    ? JSON.stringify([
        viewer.connectionStatus,
        viewer.accounts.map((account) => [account.id, account.status, account.isDefault]),
      ])
    : null;
  const known = useRef(key);
  const callback = useRef(onChange);
  callback.current = onChange;
  useEffect(() => {
    if (known.current !== null && key !== null && known.current !== key) callback.current();
    if (key !== null) known.current = key;
  }, [key]);
}
