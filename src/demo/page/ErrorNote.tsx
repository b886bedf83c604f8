import { distinctByCode, type AnswerError } from './graphql.ts';
import { toSentence } from './words.ts';

const HINTS: Record<string, string> = {
  UNAUTHENTICATED: 'This sign-in is not valid, or no longer. Reload the page to get a fresh one.',
  EMR_UNAVAILABLE: 'Try again in a moment.',
};

/** Not faults but the way things stand: shown calmer. */
const CALM = new Set(['FORBIDDEN', 'FULLSCRIPT_CONNECTION_REQUIRED']);

function findHint(error: AnswerError): string | undefined {
  if (error.code !== 'FULLSCRIPT_CONNECTION_REQUIRED') return HINTS[error.code];
  // Whoever is switched off cannot help it by connecting.
  return error.status === 'DISABLED' ? undefined : 'Use Connect in the bar at the top.';
}

/** Errors with code and message, each code once; nothing when there are none. */
export function ErrorNote(props: { errors: readonly AnswerError[]; testId?: string }) {
  const errors = distinctByCode(props.errors);
  if (errors.length === 0) return null;
  return (
    <div
      className={`note ${errors.every((error) => CALM.has(error.code)) ? 'warn' : 'bad'}`}
      role="alert"
      data-testid={props.testId ?? 'error'}
    >
      {errors.map((error) => (
        <p key={error.code}>
          <code>{error.code}</code> {toSentence(error.message)}
          {findHint(error) ? <span className="hint"> {findHint(error)}</span> : null}
          {error.retryAfterSeconds !== undefined ? (
            <span className="hint"> Try again in {error.retryAfterSeconds} s.</span>
          ) : null}
          {error.errorId ? <span className="hint"> Logged as {error.errorId}.</span> : null}
        </p>
      ))}
    </div>
  );
}

/** The same in a table cell: the codes alone, the message on hover; those in `quiet` are told elsewhere and do not stand out. */
export function ErrorCodes(props: { errors: readonly AnswerError[]; quiet?: readonly AnswerError[]; testId?: string }) {
  const errors = distinctByCode(props.errors);
  if (errors.length === 0) return null;
  return (
    <span className="codes" data-testid={props.testId}>
      {errors.map((error) => (
        <code
          key={error.code}
          className={props.quiet?.some((other) => other.code === error.code) ? 'quiet' : undefined}
          title={error.message}
        >
          {error.code}
        </code>
      ))}
    </span>
  );
}
