import type { ReactNode } from 'react';
import { useSession } from './session.tsx';
import { toFieldWords, toSentence } from './words.ts';

/** A refusal the person can act on: what a mutation answers instead of doing it. */
export interface Problem {
  __typename: string;
  message: string;
  authorizeUrl?: string | null;
  missingScopes?: string[];
  reasons?: string[];
  fields?: string[];
}

/** Tells a refusal plainly, with the step that helps: connecting, or the fields and reasons named. */
export function ProblemNote(props: { problem: Problem; testId?: string; children?: ReactNode }) {
  const { leaveForFullscript } = useSession();
  const { problem } = props;
  const { authorizeUrl } = problem;
  return (
    <div className="note warn" role="alert" data-testid={props.testId} data-outcome={problem.__typename}>
      <p>
        {problem.fields && problem.fields.length > 0
          ? 'The EMR’s record lacks what Fullscript needs.'
          : toSentence(problem.message)}
      </p>
      {problem.missingScopes && problem.missingScopes.length > 0 ? (
        <p>Missing permissions: {problem.missingScopes.join(', ')}</p>
      ) : null}
      {problem.fields && problem.fields.length > 0 ? (
        <p>
          To be completed in the EMR: <strong>{problem.fields.map(toFieldWords).join(', ')}</strong>
        </p>
      ) : null}
      {problem.reasons && problem.reasons.length > 0 ? (
        <ul>
          {problem.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      ) : null}
      {authorizeUrl ? (
        <button
          type="button"
          className="primary small"
          data-testid="recommend-connect"
          onClick={() => leaveForFullscript(authorizeUrl)}
        >
          Connect Fullscript
        </button>
      ) : problem.__typename === 'FullscriptConnectionRequired' ? (
        <p className="hint">It is not for this user to connect: the named practitioner, or an admin, has to.</p>
      ) : null}
      {props.children}
    </div>
  );
}
