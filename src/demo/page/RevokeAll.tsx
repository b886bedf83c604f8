import { useId, useState } from 'react';
import { hasRole } from './demo-users.ts';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import { ReasonField } from './ReasonField.tsx';
import type { FollowedRevocation } from './revocation-memory.ts';
import { useSession } from './session.tsx';
import { isSameWords, toCount } from './words.ts';

const EVERYWHERE = 'all organizations';

const REVOKE_ALL = /* GraphQL */ `
  mutation RevokeAll($input: FullscriptRevokeAllInput!) {
    revokeAll(input: $input) {
      revocation {
        id
      }
    }
  }
`;

/**
 * Takes every authorization away once the organization's name (or id) is typed. `accountCount` is how many accounts there
 * are, null when the viewer may not know.
 */
export function RevokeAll(props: {
  accountCount: number | null;
  onRevoked: (revocation: FollowedRevocation) => Promise<void>;
}) {
  const { user, ask } = useSession();
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const [everywhere, setEverywhere] = useState(false);
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<AnswerError[]>([]);
  const explanationId = useId();
  const { id, name } = user.organization;
  const confirmed = everywhere ? isSameWords(typed, EVERYWHERE) : isSameWords(typed, name) || typed.trim() === id;

  async function revokeAll() {
    setBusy(true);
    setErrors([]);
    const answer = await ask<{ revokeAll: { revocation: { id: string } } }>(REVOKE_ALL, {
      input: { confirm: true, reason: reason.trim() || null, allOrganizations: everywhere },
    });
    setBusy(false);
    if (!answer.data) {
      setErrors(answer.errors);
      return;
    }
    setTyped('');
    setReason('');
    await props.onRevoked({
      id: answer.data.revokeAll.revocation.id,
      label: everywhere ? 'Everybody in every organization' : `Everybody of ${name}`,
    });
  }

  return (
    <section aria-labelledby="revoke-all">
      <div className="section-head">
        <h2 id="revoke-all">Revoke all</h2>
      </div>
      <div className="card danger-zone">
        <p id={explanationId}>
          {everywhere
            ? 'Every Fullscript authorization of every organization'
            : props.accountCount === null
              ? `Every Fullscript authorization of ${name}`
              : `Every Fullscript authorization of ${name}, ${toCount(props.accountCount, 'account')} now,`}{' '}
          is closed here at once and then revoked at Fullscript. Everybody has to connect again. It cannot be undone.
        </p>
        <form
          className="stack"
          aria-describedby={explanationId}
          onSubmit={(event) => {
            event.preventDefault();
            if (confirmed) void revokeAll();
          }}
        >
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
          <ReasonField value={reason} testId="revoke-all-reason" onChange={setReason} />
          <label>
            <span>
              Type <strong>{everywhere ? EVERYWHERE : name}</strong> to confirm
            </span>
            <input
              value={typed}
              autoComplete="off"
              spellCheck={false}
              data-testid="revoke-all-confirm"
              onChange={(event) => setTyped(event.target.value)}
            />
          </label>
          <div className="actions">
            <button type="submit" className="danger" data-testid="revoke-all" disabled={busy || !confirmed}>
              {busy ? 'Revoking…' : 'Revoke all'}
            </button>
          </div>
        </form>
        <ErrorNote errors={errors} />
      </div>
    </section>
  );
}
