import { useEffect, useState } from 'react';
import { hasRole } from './demo-users.ts';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import { useSession } from './session.tsx';
import { toCount } from './words.ts';

const WORDS = 'revoke all';
const EVERY_MS = 1_500;

const REVOKE_ALL = /* GraphQL */ `
  mutation RevokeAll($input: FullscriptRevokeAllInput!) {
    revokeAll(input: $input) {
      revocation {
        id
        total
        revoked
        pending
        finishedAt
      }
    }
  }
`;

const REVOCATION = /* GraphQL */ `
  query Revocation($id: ID!) {
    fullscriptRevocation(id: $id) {
      id
      total
      revoked
      pending
      finishedAt
    }
  }
`;

interface Revocation {
  id: string;
  total: number;
  revoked: number;
  pending: number;
  finishedAt: string | null;
}

/** Takes every authorization away, behind typed words, and follows it until Fullscript has confirmed each. */
export function RevokeAll(props: { onChanged: () => Promise<void> }) {
  const { user, ask } = useSession();
  const [typed, setTyped] = useState('');
  const [everywhere, setEverywhere] = useState(false);
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<AnswerError[]>([]);
  const [revocation, setRevocation] = useState<Revocation | null>(null);
  const revocationId = revocation?.id ?? null;
  const open = revocation !== null && revocation.pending > 0;

  useEffect(() => {
    if (!open || !revocationId) return;
    const controller = new AbortController();
    const timer = window.setInterval(() => {
      void ask<{ fullscriptRevocation: Revocation | null }>(REVOCATION, { id: revocationId }, controller.signal).then(
        (answer) => {
          setErrors(answer.errors);
          if (answer.data?.fullscriptRevocation) setRevocation(answer.data.fullscriptRevocation);
        },
        () => undefined,
      );
    }, EVERY_MS);
    return () => {
      controller.abort();
      window.clearInterval(timer);
    };
  }, [ask, open, revocationId]);

  async function revokeAll() {
    setBusy(true);
    setErrors([]);
    const answer = await ask<{ revokeAll: { revocation: Revocation } }>(REVOKE_ALL, {
      input: { confirm: true, reason: 'Revoke all in the admin view', allOrganizations: everywhere },
    });
    setBusy(false);
    if (!answer.data) {
      setErrors(answer.errors);
      return;
    }
    setTyped('');
    setRevocation(answer.data.revokeAll.revocation);
    await props.onChanged();
  }

  return (
    <section aria-labelledby="revoke-all">
      <div className="section-head">
        <h2 id="revoke-all">Revoke all</h2>
      </div>
      <div className="card danger-zone">
        <p>
          Every Fullscript authorization of {everywhere ? 'every organization' : user.organization.name} is closed at
          once and then revoked at Fullscript. Everybody has to connect again.
        </p>
        <form
          className="actions"
          onSubmit={(event) => {
            event.preventDefault();
            void revokeAll();
          }}
        >
          <label>
            <span>
              Type <strong>{WORDS}</strong> to confirm
            </span>
            <input
              value={typed}
              autoComplete="off"
              spellCheck={false}
              data-testid="revoke-all-confirm"
              onChange={(event) => setTyped(event.target.value)}
            />
          </label>
          {hasRole(user, 'developer') ? (
            <label className="check">
              <input
                type="checkbox"
                checked={everywhere}
                data-testid="revoke-all-everywhere"
                onChange={(event) => setEverywhere(event.target.checked)}
              />
              <span>in all organizations</span>
            </label>
          ) : null}
          <button
            type="submit"
            className="danger"
            data-testid="revoke-all"
            disabled={busy || typed.trim().toLowerCase() !== WORDS}
          >
            Revoke all
          </button>
        </form>
        <ErrorNote errors={errors} />
        {revocation ? (
          <div className="progress" data-testid="revoke-progress" data-pending={revocation.pending} role="status">
            <progress
              aria-label="Confirmed by Fullscript"
              max={Math.max(revocation.total, 1)}
              value={revocation.total === 0 ? 1 : revocation.revoked}
            />
            <span>
              {revocation.total === 0
                ? 'There was nothing to revoke.'
                : revocation.pending > 0
                  ? `${revocation.revoked} of ${revocation.total} confirmed by Fullscript, ${revocation.pending} to go.`
                  : `Done: ${toCount(revocation.revoked, 'authorization')} revoked.`}
            </span>
          </div>
        ) : null}
      </div>
    </section>
  );
}
