import { useEffect, useState } from 'react';
import { useAnswer } from './answers.ts';
import { ErrorNote } from './ErrorNote.tsx';
import { useSession } from './session.tsx';
import { toCount, toTimeWords } from './words.ts';

/** How often the card looks again: often while something moves, seldom otherwise. */
const MOVING_MS = 2_000;
const QUIET_MS = 30_000;

const SYNC = /* GraphQL */ `
  query SyncStatus {
    fullscriptSync {
      pendingEvents
      parkedEvents
      clinics {
        clinic {
          id
          name
        }
        sweptAt
        fill {
          finishedAt
          patientsDone
          patientsFound
        }
      }
    }
    fullscriptParkedEvents(first: 20) {
      nodes {
        id
        type
        receivedAt
        attempts
        reason
        clinic {
          name
        }
      }
    }
  }
`;

const RETRY = /* GraphQL */ `
  mutation RetryEvents {
    retryFullscriptEvents {
      retried
    }
  }
`;

interface ClinicSync {
  clinic: { id: string; name: string };
  sweptAt: string | null;
  fill: { finishedAt: string | null; patientsDone: number; patientsFound: number } | null;
}

interface ParkedEvent {
  id: string;
  type: string;
  receivedAt: string;
  attempts: number;
  reason: string;
  clinic: { name: string };
}

interface SyncAnswer {
  fullscriptSync: { pendingEvents: number; parkedEvents: number; clinics: ClinicSync[] };
  fullscriptParkedEvents: { nodes: ParkedEvent[] };
}

/** How the stored copy keeps up with Fullscript: each clinic, what waits, and what was given up with a button to try it again. */
export function SyncStatus() {
  const { ask, notify, notifyErrors } = useSession();
  const { answer, reload } = useAnswer<SyncAnswer>(SYNC, {});
  const [retrying, setRetrying] = useState(false);
  const sync = answer?.data?.fullscriptSync ?? null;
  const moving = sync !== null && (sync.pendingEvents > 0 || sync.clinics.some(isToBeFilled));

  useEffect(() => {
    const timer = window.setInterval(
      () => {
        if (document.visibilityState === 'visible') void reload();
      },
      moving ? MOVING_MS : QUIET_MS,
    );
    return () => window.clearInterval(timer);
  }, [reload, moving]);

  async function retry() {
    setRetrying(true);
    const done = await ask<{ retryFullscriptEvents: { retried: number } }>(RETRY, {});
    setRetrying(false);
    if (done.data) {
      notify({
        tone: 'good',
        text: `${toCount(done.data.retryFullscriptEvents.retried, 'event')} will be tried again`,
      });
      await reload();
    } else notifyErrors(done.errors);
  }

  const parked = answer?.data?.fullscriptParkedEvents.nodes ?? [];
  return (
    <section aria-labelledby="sync">
      <div className="section-head">
        <h2 id="sync">Stored copy</h2>
        {sync ? (
          <small className="muted" data-testid="sync-events">
            {sync.pendingEvents === 0 ? 'no events wait' : `${toCount(sync.pendingEvents, 'event')} waiting`}
          </small>
        ) : null}
      </div>
      <ErrorNote errors={answer?.errors ?? []} />
      {sync ? (
        <div className="card scroll" data-testid="sync">
          {sync.clinics.length === 0 ? (
            <p className="muted">No clinic is connected.</p>
          ) : (
            <table className="list still">
              <thead>
                <tr>
                  <th scope="col">Clinic</th>
                  <th scope="col">Events looked through</th>
                  <th scope="col">First reading</th>
                </tr>
              </thead>
              <tbody>
                {sync.clinics.map((one) => (
                  <tr key={one.clinic.id} data-testid="sync-clinic">
                    <td>{one.clinic.name}</td>
                    <td>{one.sweptAt ? toTimeWords(one.sweptAt) : 'not yet'}</td>
                    <td>
                      <Fill sync={one} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {sync.parkedEvents > 0 ? (
            <div data-testid="sync-parked">
              <p>
                {toCount(sync.parkedEvents, 'event')} given up after repeated failure.{' '}
                <button type="button" data-testid="sync-retry" disabled={retrying} onClick={() => void retry()}>
                  Try again
                </button>
              </p>
              <ul>
                {parked.map((event) => (
                  <li key={event.id}>
                    <code>{event.type}</code> of {event.clinic.name}, {toTimeWords(event.receivedAt)}: {event.reason}{' '}
                    after {toCount(event.attempts, 'try', 'tries')}
                  </li>
                ))}
              </ul>
            </div>
          ) : null}
        </div>
      ) : null}
    </section>
  );
}

/** Whether the clinic is being read, or will be within a minute of its first connection. */
function isToBeFilled({ fill }: ClinicSync): boolean {
  return fill === null || fill.finishedAt === null;
}

function Fill({ sync: { clinic, fill } }: { sync: ClinicSync }) {
  if (!fill) return <span className="muted">not yet</span>;
  const words = `${fill.patientsDone} of ${toCount(fill.patientsFound, 'patient')}`;
  if (fill.finishedAt) return <span data-testid="sync-filled">{toCount(fill.patientsFound, 'patient')} read</span>;
  return (
    <>
      <progress
        aria-label={`${clinic.name}: patients read`}
        max={Math.max(fill.patientsFound, 1)}
        value={fill.patientsDone}
      />{' '}
      <small>{words}</small>
    </>
  );
}
