import { useEffect, useRef, useState } from 'react';
import { Dialog } from './Dialog.tsx';
import { openFrame, readFrameEvent, type EmbedSession } from './embed-frame.ts';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import { ProblemNote, type Problem } from './ProblemNote.tsx';
import { useSession } from './session.tsx';

const CREATE_EMBED_SESSION = /* GraphQL */ `
  mutation CreateEmbedSession($input: FullscriptEmbedSessionInput!) {
    createFullscriptEmbedSession(input: $input) {
      __typename
      ... on FullscriptEmbedSession {
        secretToken
        publicKey
        patient {
          id
          firstName
          lastName
          email
          dateOfBirth
        }
      }
      ... on FullscriptConnectionRequired {
        message
        missingScopes
        authorizeUrl
      }
    }
  }
`;

type CreateEmbedSession = (EmbedSession & { __typename: 'FullscriptEmbedSession' }) | Problem;

/** Fullscript's plan tool within this page. `onReady` is called once it stands, `onSent` once a plan was sent in it. */
export function EmbedDialog(props: {
  patientId: string;
  entrypoint: 'CATALOG' | 'LABS';
  onReady: () => void;
  onSent: () => void;
  onClose: () => void;
}) {
  const { ask } = useSession();
  const { patientId, entrypoint } = props;
  const [frame, setFrame] = useState<{ address: string; fullscriptUrl: string; id: string } | null>(null);
  const [errors, setErrors] = useState<AnswerError[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const begun = useRef(false);

  useEffect(() => {
    // A grant works once: an effect that runs twice must not ask for two.
    if (begun.current) return;
    begun.current = true;
    void (async () => {
      const answer = await ask<{ createFullscriptEmbedSession: CreateEmbedSession }>(CREATE_EMBED_SESSION, {
        input: { patientId, entrypoint },
      });
      const session = answer.data?.createFullscriptEmbedSession;
      if (!session) {
        setErrors(answer.errors);
        return;
      }
      if (!('secretToken' in session)) {
        setProblem(session);
        return;
      }
      try {
        const { url: fullscriptUrl } = (await (await fetch('/demo/fullscript.json')).json()) as { url: string };
        const id = crypto.randomUUID();
        const address = await openFrame(fullscriptUrl, session, { entrypoint, frameId: id, origin: location.origin });
        setFrame({ address, fullscriptUrl, id });
        latest.current.onReady();
      } catch {
        setErrors([{ code: 'NETWORK', message: 'Fullscript’s page cannot be reached.', path: [] }]);
      }
    })();
  }, [ask, patientId, entrypoint]);

  useEffect(() => {
    if (!frame) return;
    const listen = (message: MessageEvent) => {
      const event = readFrameEvent(message, frame.fullscriptUrl, frame.id);
      if (event?.type === 'treatmentPlan.activated') latest.current.onSent();
    };
    window.addEventListener('message', listen);
    return () => window.removeEventListener('message', listen);
  }, [frame]);

  return (
    <Dialog title="Recommend with Fullscript" onClose={props.onClose} wide testId="embed-dialog">
      {!frame && errors.length === 0 && !problem ? <p className="loading">Opening Fullscript…</p> : null}
      <ErrorNote errors={errors} />
      {problem ? <ProblemNote problem={problem} /> : null}
      {frame ? <iframe className="embed" title="Fullscript" src={frame.address} data-testid="embed-frame" /> : null}
    </Dialog>
  );
}
