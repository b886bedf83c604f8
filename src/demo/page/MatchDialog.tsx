import { useState } from 'react';
import { useAnswer } from './answers.ts';
import { Mark } from './Badge.tsx';
import { Dialog } from './Dialog.tsx';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import type { OverviewPatient } from './patient-overview.ts';
import { ProblemNote, type Problem } from './ProblemNote.tsx';
import { CREATE_RECOMMENDATION, writesOwnPlans, type CreateRecommendation } from './recommendation.ts';
import { useSession } from './session.tsx';
import { openTab } from './tabs.ts';
import { toHash } from './views.ts';
import { toDateWords, toFieldWords, toFullName, toList } from './words.ts';

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
  const { user, viewer, ask, notify } = useSession();
  const { patient } = props;
  const { answer } = useAnswer<{ fullscriptPatientCandidates: Candidate[] }>(CANDIDATES, { patientId: patient.id });
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<AnswerError[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [link, setLink] = useState<string | null>(null);
  const candidates = answer?.data?.fullscriptPatientCandidates ?? null;
  const columnOf = (index: number) => ((candidates ?? []).length > 1 ? `Fullscript ${index + 1}` : 'Fullscript');
  // Fullscript's page begins a plan, which somebody has to write.
  const mayChooseThere = writesOwnPlans(user, viewer) && viewer?.canRecommend === true;

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
      notify({ tone: 'good', text: `Linked to ${toFullName(candidate, 'the Fullscript patient')}.` });
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
          <table className="compare cards">
            <thead>
              <tr>
                <th scope="col" aria-label="Field" />
                <th scope="col">EMR</th>
                {candidates.map((one, index) => (
                  <th scope="col" key={one.fullscriptPatientId}>
                    {columnOf(index)} {one.isDependent ? <Mark>dependent</Mark> : null}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {FIELDS.map((field) => (
                <tr key={field}>
                  <th scope="row">{toFieldWords(field)}</th>
                  <td data-label="EMR">{show(field, patient[field])}</td>
                  {candidates.map((one, index) => (
                    <Compared key={one.fullscriptPatientId} field={field} candidate={one} column={columnOf(index)}>
                      {show(field, one[field])}
                    </Compared>
                  ))}
                </tr>
              ))}
              <tr>
                <th scope="row">{toFieldWords('metadata')}</th>
                <td className="muted" data-label="EMR">
                  {patient.id}
                </td>
                {candidates.map((one, index) => (
                  <Compared key={one.fullscriptPatientId} field="metadata" candidate={one} column={columnOf(index)}>
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
                {candidates.map((one, index) => (
                  <td key={one.fullscriptPatientId} data-label={columnOf(index)}>
                    <Choice
                      candidate={one}
                      patientId={patient.id}
                      linkedNow={one.fullscriptPatientId === patient.fullscriptAccount?.id}
                      disabled={busy}
                      onChoose={() => void choose(one)}
                      onClose={props.onClose}
                    />
                  </td>
                ))}
              </tr>
            </tfoot>
          </table>
        </div>
      ) : null}
      <ErrorNote errors={errors} />
      {problem ? <ProblemNote problem={problem} /> : null}
      {mayChooseThere ? (
        <p className="hint below">
          None of them? On Fullscript’s own page you can choose anybody or make a new patient, and begin a plan.
        </p>
      ) : null}
      <div className="actions end foot">
        {link ? (
          <a href={link} target="_blank" rel="noopener noreferrer" onClick={props.onLeft}>
            The tab was blocked: open Fullscript
          </a>
        ) : null}
        <button type="button" onClick={props.onClose}>
          Cancel
        </button>
        {mayChooseThere ? (
          <button type="button" disabled={busy} data-testid="choose-on-fullscript" onClick={() => void chooseThere()}>
            Let me choose on Fullscript
          </button>
        ) : null}
      </div>
    </Dialog>
  );
}

/** What can be done about a candidate. Whoever is linked to somebody else has to be unlinked there first. */
function Choice(props: {
  candidate: Candidate;
  patientId: string;
  linkedNow: boolean;
  disabled: boolean;
  onChoose: () => void;
  onClose: () => void;
}) {
  const { fullscriptPatientId, linkedPatientId, differs } = props.candidate;
  if (props.linkedNow) return <Mark>linked now</Mark>;
  if (linkedPatientId && linkedPatientId !== props.patientId) {
    return (
      <p data-testid={`taken-${fullscriptPatientId}`}>
        Linked to{' '}
        <a href={toHash({ name: 'patient', patientId: linkedPatientId })} onClick={props.onClose}>
          {linkedPatientId}
        </a>{' '}
        already. Unlink there first if that is wrong.
      </p>
    );
  }
  return (
    <button
      type="button"
      className={differs.length === 0 ? 'primary small' : 'small wrap'}
      disabled={props.disabled}
      data-testid={`link-${fullscriptPatientId}`}
      onClick={props.onChoose}
    >
      {differs.length === 0
        ? 'Link'
        : `Link although ${toList(differs.map(toDifference))} ${differs.length === 1 ? 'differs' : 'differ'}`}
    </button>
  );
}

function toDifference(field: string): string {
  return field === 'metadata' ? 'the id kept there' : toFieldWords(field).toLowerCase();
}

function Compared(props: { field: string; candidate: Candidate; column: string; children: string }) {
  const agrees = props.candidate.agrees.includes(props.field);
  const differs = props.candidate.differs.includes(props.field);
  return (
    <td className={agrees ? 'agrees' : differs ? 'differs' : undefined} data-label={props.column}>
      <span>
        {props.children}
        {agrees ? <small> ✓ agrees</small> : differs ? <small> ✗ differs</small> : null}
      </span>
    </td>
  );
}

function show(field: (typeof FIELDS)[number], value: string | null): string {
  return field === 'dateOfBirth' ? toDateWords(value) : (value ?? '–');
}
