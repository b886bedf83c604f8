import { useId, useLayoutEffect, useRef, useState, type ReactNode } from 'react';

/** A modal dialog, open while it is mounted. Esc and the close button call `onClose`; focus stays inside, and goes back where it was. */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
  testId?: string;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // A layout effect, because closing gives the focus back only while the dialog is still in the page.
  useLayoutEffect(() => {
    const dialog = element.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      className={props.wide ? 'wide' : undefined}
      aria-labelledby={titleId}
      data-testid={props.testId}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      <header>
        <h2 id={titleId}>{props.title}</h2>
        <button type="button" className="quiet" aria-label="Close" onClick={props.onClose}>
          ✕
        </button>
      </header>
      <div className="body">{props.children}</div>
    </dialog>
  );
}

/** A button that asks once more before it acts. The second button's test id is `<testId>-confirm`. */
export function ConfirmButton(props: {
  label: string;
  question: ReactNode;
  confirmLabel: string;
  onConfirm: () => Promise<void>;
  testId: string;
  className?: string;
  disabled?: boolean;
  /** Says more than `label` where the surroundings alone tell what it is about. */
  accessibleLabel?: string;
  /** Fields to fill in before confirming. */
  children?: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  return (
    <>
      <button
        type="button"
        className={props.className}
        disabled={props.disabled}
        aria-label={props.accessibleLabel}
        data-testid={props.testId}
        onClick={() => setOpen(true)}
      >
        {props.label}
      </button>
      {open ? (
        <Dialog title={props.label} onClose={() => setOpen(false)}>
          <p>{props.question}</p>
          {props.children}
          <div className="actions end">
            <button type="button" onClick={() => setOpen(false)}>
              Cancel
            </button>
            <button
              type="button"
              className="primary"
              disabled={busy}
              data-testid={`${props.testId}-confirm`}
              onClick={() => {
                setBusy(true);
                void props.onConfirm().finally(() => {
                  setBusy(false);
                  setOpen(false);
                });
              }}
            >
              {props.confirmLabel}
            </button>
          </div>
        </Dialog>
      ) : null}
    </>
  );
}
