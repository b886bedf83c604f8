import { useState } from 'react';
import { Mark, StageBadge } from './Badge.tsx';
import { hasRole } from './demo-users.ts';
import type { LabOrder, LabResult } from './patient-overview.ts';
import { useSession } from './session.tsx';
import { toDayWords, toPhrase, toTimeWords } from './words.ts';

const REVIEW = /* GraphQL */ `
  mutation ReviewLabResult($input: FullscriptReviewLabResultInput!) {
    reviewFullscriptLabResult(input: $input) {
      id
    }
  }
`;

/** A lab order, its result files and their review. */
export function LabOrderCard(props: { order: LabOrder; onChanged: () => Promise<void> }) {
  const { order } = props;
  return (
    <article className="card" data-testid={`lab-${order.id}`} aria-label={order.name}>
      <div className="card-head">
        <h3>{order.name}</h3>
        <StageBadge stage={order.stage} />
        {order.status === order.stage ? null : (
          <span className="muted">{order.status === 'OTHER' ? order.rawStatus : toPhrase(order.status)}</span>
        )}
      </div>
      <p className="meta">
        {order.tests.map((test) => test.name).join(', ')}
        {order.tests.length > 0 ? ' · ' : ''}updated {toDayWords(order.updatedAt)}
      </p>
      {order.results.map((result) => (
        <Result key={result.id} result={result} onChanged={props.onChanged} />
      ))}
    </article>
  );
}

function Result(props: { result: LabResult; onChanged: () => Promise<void> }) {
  const { user, users, ask, notify, notifyErrors } = useSession();
  const { result } = props;
  const { review } = result;
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const clinical = hasRole(user, 'practitioner');
  const nameOf = (userId: string) => users.find((one) => one.id === userId)?.name ?? userId;

  async function change(input: { signOff?: boolean; note?: string; shareWithPatient?: boolean }, done: string) {
    setBusy(true);
    const answer = await ask(REVIEW, { input: { resultId: result.id, ...input } });
    setBusy(false);
    if (!answer.data) {
      notifyErrors(answer.errors);
      return;
    }
    setNote('');
    notify({ tone: 'good', text: done });
    await props.onChanged();
  }

  return (
    <div className="result">
      <div className="card-head">
        <strong>{result.title}</strong>
        {result.amended ? <Mark tone="warn">amended</Mark> : null}
        <div className="spacer" />
        {result.pdfUrl ? (
          <a
            className="button small"
            href={result.pdfUrl}
            target="_blank"
            rel="noopener noreferrer"
            data-testid={`pdf-${result.id}`}
          >
            Open PDF
          </a>
        ) : (
          <span className="muted">no file</span>
        )}
      </div>
      <p className="meta">
        {result.name}
        {review.signedOffBy
          ? ` · signed off by ${nameOf(review.signedOffBy)}, ${toTimeWords(review.signedOffAt)}`
          : ' · not signed off'}
        {review.sharedWithPatientAt ? ` · shared with the patient ${toDayWords(review.sharedWithPatientAt)}` : ''}
      </p>
      {review.notes.length > 0 ? (
        <ul className="notes">
          {review.notes.map((one) => (
            <li key={one.id}>
              {one.text}{' '}
              <small className="muted">
                {nameOf(one.authorId)}, {toTimeWords(one.createdAt)}
              </small>
            </li>
          ))}
        </ul>
      ) : null}
      {clinical ? (
        <form
          className="actions"
          onSubmit={(event) => {
            event.preventDefault();
            if (note.trim()) void change({ note: note.trim() }, 'Note added.');
          }}
        >
          <button
            type="button"
            className="small"
            disabled={busy}
            data-testid={`signoff-${result.id}`}
            onClick={() =>
              void change({ signOff: !review.signedOffBy }, review.signedOffBy ? 'Sign-off taken back.' : 'Signed off.')
            }
          >
            {review.signedOffBy ? 'Take back sign-off' : 'Sign off'}
          </button>
          {review.sharedWithPatientAt ? null : (
            <button
              type="button"
              className="small"
              disabled={busy}
              data-testid={`share-${result.id}`}
              onClick={() => void change({ shareWithPatient: true }, 'Shared with the patient.')}
            >
              Share with patient
            </button>
          )}
          <label className="grow">
            <span className="visually-hidden">Internal note</span>
            <input
              value={note}
              placeholder="Internal note…"
              data-testid={`note-${result.id}`}
              onChange={(event) => setNote(event.target.value)}
            />
          </label>
          <button
            type="submit"
            className="small"
            disabled={busy || !note.trim()}
            data-testid={`note-save-${result.id}`}
          >
            Add note
          </button>
        </form>
      ) : null}
    </div>
  );
}
