import { useEffect } from 'react';
import type { Notice } from './session.tsx';

const SHOWN_MS = 8_000;

/** Tells the newest notice, also to screen readers; good news goes by itself, bad news stays until closed. */
export function Toast(props: { notice: Notice | null; onClose: () => void }) {
  const { notice, onClose } = props;
  useEffect(() => {
    if (notice?.tone !== 'good') return;
    const timer = window.setTimeout(onClose, SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [notice, onClose]);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {notice ? (
        <div className={`toast ${notice.tone}`} data-testid="toast">
          <span>{notice.text}</span>
          <button type="button" className="quiet" aria-label="Dismiss" onClick={onClose}>
            ✕
          </button>
        </div>
      ) : null}
    </div>
  );
}
