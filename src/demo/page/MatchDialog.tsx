import { useState } from 'react';
import { useAnswer } from './answers.ts';
import { Mark } from './Badge.tsx';
import { Dialog } from './Dialog.tsx';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import type { OverviewPatient } from './patient-overview.ts';
import { ProblemNote, type Problem } from './ProblemNote.tsx';
import { CREATE_RECOMMENDATION, type CreateRecommendation } from './recommendation.ts';
import { useSession } from './session.tsx';
import { openTab } from './tabs.ts';
import { toDateWords, toFieldWords } from './words.ts';

const CANDIDATES = /* GraphQL */ `
  query Candidates($patientId: ID!) {
    fullscriptPatientCandidates(patientId: $patientId) {
      fullscriptPatientId
      email
      firstName
      lastName
      dateOfBirth
      isDependent
      agrees
      differs
      linkedPatientId
    }
  }
`;

const LINK = /* GraphQL */ `
  mutation LinkPatient($input: FullscriptLinkPatientInput!) {
    linkFullscriptPatient(input: $input) {
      __typename
      ... on FullscriptPatientLinked {
        account {
          id
        }
      }
      ... on FullscriptPatientTaken {
        message
        linkedPatientId
      }
      ... on FullscriptConnectionRequired {
        message
        missingScopes
        authorizeUrl
      }
    }
  }
`;

interface Candidate {
  fullscriptPatientId: string;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  dateOfBirth: string | null;
  isDependent: boolean;
  agrees: string[];
  differs: string[];
  linkedPatientId: string | null;
}

const FIELDS = ['firstName', 'lastName', 'dateOfBirth', 'email'] as const;

/** The EMR patient and the Fullscript patients who could be them, side by side; a person chooses. */
export function MatchDialog(props: {
  patient: OverviewPatient;
  onClose: () => void;
  onLinked: () => Promise<void>;
  /** The person went on to choose on Fullscript's own page. */
  onLeft: () => void;
}) {
  const { ask, notify } = useSession();
  const { patient } = props;
  const { answer } = useAnswer<{ fullscriptPatientCandidates: Candidate[] }>(CANDIDATES, { patientId: patient.id });
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<AnswerError[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [link, setLink] = useState<string | null>(null);
  const candidates = answer?.data?.fullscriptPatientCandidates ?? null;

  async function choose(candidate: Candidate) {
    setBusy(true);
    setErrors([]);
    setProblem(null);
    const linked = await ask<{ linkFullscriptPatient: Problem | { __typename: 'FullscriptPatientLinked' } }>(LINK, {
      input: { patientId: patient.id, fullscriptPatientId: candidate.fullscriptPatientId },
    });
    setBusy(false);
    const result = linked.data?.linkFullscriptPatient;
    if (!result) setErrors(linked.errors);
    else if ('message' in result) setProblem(result);
    else {
      notify({ tone: 'good', text: 'Linked.' });
      await props.onLinked();
    }
  }

  async function chooseThere() {
    setBusy(true);
    setErrors([]);
    setProblem(null);
    const asked = await ask<{ createRecommendation: CreateRecommendation }>(CREATE_RECOMMENDATION, {
      input: { patientId: patient.id },
    });
    setBusy(false);
    const result = asked.data?.createRecommendation;
    if (!result) {
      setErrors(asked.errors);
      return;
    }
    const url = result.__typename === 'FullscriptRecommendationDraft' ? result.redirectUrl : result.gatewayUrl;
    if (!url) {
      if (result.__typename !== 'FullscriptRecommendationDraft') setProblem(result);
    } else if (openTab(url)) props.onLeft();
    else setLink(url);
  }

  return (
    <Dialog title="Who is this at Fullscript?" onClose={props.onClose} wide testId="match-dialog">
      {!answer ? <p className="loading">Looking at Fullscript…</p> : null}
      <ErrorNote errors={answer?.errors ?? []} />
      {candidates && candidates.length === 0 ? (
        <p className="empty">Nobody at Fullscript shares the e-mail address.</p>
      ) : null}
      {candidates && candidates.length > 0 ? (
        <div className="scroll">
          <table className="compare">
            <thead>
              <tr>
                <th scope="col" aria-label="Field" />
                <th scope="col">EMR</th>
                {candidates.map((one, index) => (
                  <th scope="col" key={one.fullscriptPatientId}>
                    Fullscript {candidates.length > 1 ? index + 1 : ''}{' '}
                    {one.isDependent ? <Mark>dependent</Mark> : null}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {FIELDS.map((field) => (
                <tr key={field}>
                  <th scope="row">{toFieldWords(field)}</th>
                  <td>{show(field, patient[field])}</td>
                  {candidates.map((one) => (
                    <Compared key={one.fullscriptPatientId} field={field} candidate={one}>
                      {show(field, one[field])}
                    </Compared>
                  ))}
                </tr>
              ))}
              <tr>
                <th scope="row">{toFieldWords('metadata')}</th>
                <td className="muted">{patient.id}</td>
                {candidates.map((one) => (
                  <Compared key={one.fullscriptPatientId} field="metadata" candidate={one}>
                    {one.agrees.includes('metadata')
                      ? 'ours'
                      : one.differs.includes('metadata')
                        ? 'somebody else’s'
                        : '–'}
                  </Compared>
                ))}
              </tr>
            </tbody>
            <tfoot>
              <tr>
                <td />
                <td />
                {candidates.map((one) => (
                  <td key={one.fullscriptPatientId}>
                    {one.linkedPatientId && one.linkedPatientId !== patient.id ? (
                      <p className="muted">Already linked to {one.linkedPatientId}</p>
                    ) : null}
                    <button
                      type="button"
                      className="primary small"
                      disabled={busy}
                      data-testid={`link-${one.fullscriptPatientId}`}
                      onClick={() => void choose(one)}
                    >
                      Link
                    </button>
                  </td>
                ))}
              </tr>
            </tfoot>
          </table>
        </div>
      ) : null}
      <ErrorNote errors={errors} />
      {problem ? <ProblemNote problem={problem} /> : null}
      <div className="actions end">
        {link ? (
          <a href={link} target="_blank" rel="noopener noreferrer" onClick={props.onLeft}>
            The tab was blocked: open Fullscript
          </a>
        ) : null}
        <button type="button" onClick={props.onClose}>
          Cancel
        </button>
        <button type="button" disabled={busy} data-testid="choose-on-fullscript" onClick={() => void chooseThere()}>
          Let me choose on Fullscript
        </button>
      </div>
    </Dialog>
  );
}

function Compared(props: { field: string; candidate: Candidate; children: string }) {
  const agrees = props.candidate.agrees.includes(props.field);
  const differs = props.candidate.differs.includes(props.field);
  return (
    <td className={agrees ? 'agrees' : differs ? 'differs' : undefined}>
      {props.children}
      {agrees ? <small> ✓ agrees</small> : differs ? <small> ✗ differs</small> : null}
    </td>
  );
}

function show(field: (typeof FIELDS)[number], value: string | null): string {
  return field === 'dateOfBirth' ? toDateWords(value) : (value ?? '–');
}
