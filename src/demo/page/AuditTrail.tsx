import { useCallback, useEffect, useState } from 'react';
import { toAuditRows, type AuditEvent } from './audit-rows.ts';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import { useSession } from './session.tsx';
import { toCount, toTimeWords } from './words.ts';

const AUDIT = /* GraphQL */ `
  query AuditTrail($after: String, $userId: ID, $patientId: ID) {
    fullscriptAuditEvents(first: 100, after: $after, userId: $userId, patientId: $patientId) {
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

  const load = useCallback(
    async (after: string | null, signal?: AbortSignal) => {
      setBusy(true);
      try {
        const answer = await ask<AuditPage>(
          AUDIT,
          { after, userId: userId || null, patientId: patientId.trim() || null },
          signal,
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
    void load(null, controller.signal);
    return () => controller.abort();
  }, [load, props.changes]);

  return (
    <section aria-labelledby="audit">
      <div className="section-head">
        <h2 id="audit">Audit trail</h2>
        <div className="actions">
          <label className="inline">
            <span>User</span>
            <select value={userId} data-testid="audit-user" onChange={(event) => setUserId(event.target.value)}>
              <option value="">all</option>
              {users
                .filter((one) => one.organization.id === user.organization.id)
                .map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
            </select>
          </label>
          <label className="inline">
            <span>Patient id</span>
            <input
              value={patientId}
              placeholder="all"
              size={10}
              data-testid="audit-patient"
              onChange={(event) => setPatientId(event.target.value)}
            />
          </label>
          <button type="button" className="small" disabled={busy} onClick={() => void load(null)}>
            Refresh
          </button>
        </div>
      </div>
      <ErrorNote errors={errors} />
      {!events && errors.length === 0 ? <p className="loading">Loading the audit trail…</p> : null}
      {events?.length === 0 ? <p className="empty">Nothing recorded.</p> : null}
      {events && events.length > 0 ? (
        <div className="card scroll">
          <table className="list still dense" data-testid="audit">
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
                  <td className="nowrap">{toTimeWords(event.at)}</td>
                  <td>{users.find((one) => one.id === event.userId)?.name ?? event.userId}</td>
                  <td>
                    <code>{event.action}</code>
                  </td>
                  <td className="clip" title={patientIds.length > 1 ? patientIds.join(', ') : undefined}>
                    {patientIds.length > 1 ? toCount(patientIds.length, 'patient') : (event.patientId ?? '–')}
                  </td>
                  <td className="clip" title={event.subject ?? undefined}>
                    {event.subject ?? '–'}
                  </td>
                  <td>
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
          <button type="button" disabled={busy} data-testid="audit-more" onClick={() => void load(next)}>
            Older
          </button>
        </p>
      ) : null}
    </section>
  );
}
