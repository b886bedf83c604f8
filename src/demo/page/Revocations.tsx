import { useEffect, useRef, useState } from 'react';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import type { FollowedRevocation } from './revocation-memory.ts';
import { useSession } from './session.tsx';
import { toCount } from './words.ts';

const EVERY_MS = 1_500;
/** Without a further confirmation for so long, the page says that Fullscript keeps it waiting. */
const QUIET_MS = 10_000;

const REVOCATION = /* GraphQL */ `
  query Revocation($id: ID!) {
    fullscriptRevocation(id: $id) {
      id
      total
      revoked
      pending
    }
  }
`;

interface Revocation {
  id: string;
  total: number;
  revoked: number;
  pending: number;
}

/** How far the followed revocations have come, each with a bar that moves until Fullscript has confirmed all of it. */
export function Revocations(props: { followed: readonly FollowedRevocation[]; onDismiss: (id: string) => void }) {
  if (props.followed.length === 0) return null;
  return (
    <section aria-labelledby="revocations">
      <div className="section-head">
        <h2 id="revocations">Revocations</h2>
      </div>
      <div className="card">
        <ul className="revocations">
          {props.followed.map((one) => (
            <RevocationLine key={one.id} followed={one} onDismiss={() => props.onDismiss(one.id)} />
          ))}
        </ul>
      </div>
    </section>
  );
}

function RevocationLine(props: { followed: FollowedRevocation; onDismiss: () => void }) {
  const { followed, onDismiss } = props;
  const { revocation, errors, quiet } = useProgress(followed.id, onDismiss);
  const done = revocation?.pending === 0;
  return (
    <li
      data-testid="revoke-progress"
      data-total={revocation?.total}
      data-pending={revocation?.pending}
      aria-busy={!done}
    >
      <div className="revocation-head">
        <strong>{followed.label}</strong>
        <button
          type="button"
          className="quiet"
          aria-label={`Hide: ${followed.label}`}
          style={{ visibility: done ? 'visible' : 'hidden' }}
          onClick={onDismiss}
        >
          ✕
        </button>
      </div>
      <progress
        aria-label={`${followed.label}: confirmed by Fullscript`}
        max={Math.max(revocation?.total ?? 1, 1)}
        value={revocation ? (revocation.total === 0 ? 1 : revocation.revoked) : 0}
      />
      <p role="status">{revocation ? toProgressWords(revocation) : 'Looking…'}</p>
      {!done && quiet ? (
        <p className="hint" data-testid="revoke-waiting">
          Fullscript has not confirmed anything for a while; it may be out of reach. It is asked again by itself, also
          when this page is closed.
        </p>
      ) : null}
      <ErrorNote errors={errors} />
    </li>
  );
}

/** Looks every now and then until the revocation is finished; `onGone` is called when there is no such revocation (any more). */
function useProgress(id: string, onGone: () => void) {
  const { ask } = useSession();
  const [revocation, setRevocation] = useState<Revocation | null>(null);
  const [errors, setErrors] = useState<AnswerError[]>([]);
  const [quiet, setQuiet] = useState(false);
  const gone = useRef(onGone);
  gone.current = onGone;

  useEffect(() => {
    const controller = new AbortController();
    let timer: number | undefined;
    let revoked = -1;
    let movedAt = Date.now();
    const look = async (): Promise<void> => {
      const answer = await ask<{ fullscriptRevocation: Revocation | null }>(REVOCATION, { id }, controller.signal);
      if (controller.signal.aborted) return;
      setErrors(answer.errors);
      const found = answer.data?.fullscriptRevocation;
      if (!found && answer.errors.length === 0) {
        gone.current();
        return;
      }
      if (found) {
        if (found.revoked !== revoked) movedAt = Date.now();
        revoked = found.revoked;
        setRevocation(found);
      }
      setQuiet(Date.now() - movedAt >= QUIET_MS);
      if (found?.pending !== 0) timer = window.setTimeout(() => void look().catch(() => undefined), EVERY_MS);
    };
    void look().catch(() => undefined);
    return () => {
      controller.abort();
      window.clearTimeout(timer);
    };
  }, [ask, id]);

  return { revocation, errors, quiet };
}

function toProgressWords({ total, revoked, pending }: Revocation): string {
  if (total === 0) return 'There was nothing to revoke.';
  if (pending === 0) return `Done: ${toCount(total, 'authorization')} revoked, confirmed by Fullscript.`;
  return (
    `${revoked} of ${total} confirmed by Fullscript, ${pending} pending. ` +
    `${total === 1 ? 'It is' : 'All of them are'} closed here already: nobody can use ${total === 1 ? 'it' : 'them'} any more.`
  );
}
