import { useCallback, useEffect, useId, useRef, useState } from 'react';
import { toAuditRows, type AuditEvent } from './audit-rows.ts';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import { useSession } from './session.tsx';
import { toCount, toTimeWords } from './words.ts';

const AUDIT = /* GraphQL */ `
  query AuditTrail($after: String, $userId: ID, $patientId: ID) {
    fullscriptAuditEvents(first: 50, after: $after, userId: $userId, patientId: $patientId) {
      nodes {
        id
        at
        userId
        action
        patientId
        subject
        outcome
        requestId
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

interface AuditPage {
  fullscriptAuditEvents: { nodes: AuditEvent[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}

/** How long a filter must stay as it is before it is asked for, so that not every key is a request. */
const TYPING_MS = 300;

const OUTCOME_TONE: Record<string, string> = { ok: 'good', denied: 'warn', failed: 'bad' };

/** Who did what to whose Fullscript data, newest first, page after page. Begins anew whenever `changes` grows. */
export function AuditTrail(props: { changes: number }) {
  const { users, user, ask } = useSession();
  const [userId, setUserId] = useState('');
  const [patientId, setPatientId] = useState('');
  const [events, setEvents] = useState<AuditEvent[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [errors, setErrors] = useState<AnswerError[]>([]);
  const [busy, setBusy] = useState(false);
  const rows = toAuditRows(events ?? []);

  const usersId = useId();
  // Ends every request of a filter as soon as another one is set.
  const filter = useRef<AbortController | null>(null);

  const load = useCallback(
    async (after: string | null) => {
      setBusy(true);
      try {
        const answer = await ask<AuditPage>(
          AUDIT,
          { after, userId: userId.trim() || null, patientId: patientId.trim() || null },
          filter.current?.signal,
        );
        setErrors(answer.errors);
        const page = answer.data?.fullscriptAuditEvents;
        if (page) {
          setEvents((before) => (after === null ? page.nodes : [...(before ?? []), ...page.nodes]));
          setNext(page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null);
        }
        setBusy(false);
      } catch {
        // Another filter took over; its own request tells the end.
      }
    },
    [ask, userId, patientId],
  );

  useEffect(() => {
    const controller = new AbortController();
    filter.current = controller;
    const timer = window.setTimeout(() => void load(null), userId || patientId ? TYPING_MS : 0);
    return () => {
      window.clearTimeout(timer);
      controller.abort();
    };
  }, [load, props.changes, userId, patientId]);

  return (
    <section aria-labelledby="audit">
      <div className="section-head">
        <h2 id="audit">Audit trail</h2>
        <div className="actions">
          <label className="inline">
            <span>User id</span>
            <input
              value={userId}
              placeholder="all"
              size={12}
              list={usersId}
              autoComplete="off"
              data-testid="audit-user"
              onChange={(event) => setUserId(event.target.value)}
            />
            <datalist id={usersId}>
              {users
                .filter((one) => one.organization.id === user.organization.id)
                .map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
            </datalist>
          </label>
          <label className="inline">
            <span>Patient id</span>
            <input
              value={patientId}
              placeholder="all"
              size={10}
              autoComplete="off"
              data-testid="audit-patient"
              onChange={(event) => setPatientId(event.target.value)}
            />
          </label>
          <button type="button" className="small" onClick={() => !busy && void load(null)}>
            Refresh
          </button>
        </div>
      </div>
      <ErrorNote errors={errors} />
      {!events && errors.length === 0 ? <p className="loading">Loading the audit trail…</p> : null}
      {events?.length === 0 ? (
        <p className="empty">{userId || patientId ? 'Nothing recorded of this.' : 'Nothing recorded.'}</p>
      ) : null}
      {events && events.length > 0 ? (
        <div className="card scroll">
          <table className="list still dense cards" data-testid="audit">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">Patient</th>
                <th scope="col">Subject</th>
                <th scope="col">Outcome</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ newest: event, patientIds }) => (
                <tr key={event.id} title={event.requestId ? `Request ${event.requestId}` : undefined}>
                  <td className="nowrap" data-label="When">
                    {toTimeWords(event.at)}
                  </td>
                  <td data-label="Who">{users.find((one) => one.id === event.userId)?.name ?? event.userId}</td>
                  <td data-label="What">
                    <code>{event.action}</code>
                  </td>
                  <td
                    className="clip"
                    data-label="Patient"
                    title={patientIds.length > 1 ? patientIds.join(', ') : undefined}
                  >
                    {patientIds.length > 1 ? toCount(patientIds.length, 'patient') : (event.patientId ?? '–')}
                  </td>
                  <td className="clip" data-label="Subject" title={event.subject ?? undefined}>
                    {event.subject ?? '–'}
                  </td>
                  <td data-label="Outcome">
                    <span className={`badge ${OUTCOME_TONE[event.outcome] ?? 'plain'}`}>{event.outcome}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {next ? (
        <p className="below">
          <button type="button" data-testid="audit-more" onClick={() => !busy && void load(next)}>
            Older
          </button>
        </p>
      ) : null}
    </section>
  );
}
