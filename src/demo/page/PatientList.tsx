import { useEffect, useState } from 'react';
import { useAnswer } from './answers.ts';
import { Mark, PlanStateBadge, StageBadges, StatusBadge } from './Badge.tsx';
import { hasRole } from './demo-users.ts';
import { ErrorCodes, ErrorNote } from './ErrorNote.tsx';
import { distinctByCode, errorsUnder, type AnswerError } from './graphql.ts';
import { useSession } from './session.tsx';
import { useViewerChange } from './viewer-change.ts';
import { toHash } from './views.ts';
import { toCount, toDateWords, toDayWords, toFullName, type ConnectionStatus, type LabStage } from './words.ts';

const PAGE_SIZE = 50;
const TYPING_PAUSE_MS = 250;

const PATIENT_LIST = /* GraphQL */ `
  query PatientList($search: String, $first: Int, $fullscript: Boolean!, $clinical: Boolean!) {
    patientList(search: $search, first: $first) {
      id
      firstName
      lastName
      dateOfBirth
      connectionStatus @include(if: $fullscript)
      fullscriptAccount @include(if: $fullscript) {
        id
        email
        archived
        isDependent
      }
      treatmentPlans(first: 1) @include(if: $clinical) {
        totalCount
        stale
        nodes {
          id
          state
          createdAt
          labRecommendations {
            id
            stage
          }
        }
      }
      labOrders(first: 10) @include(if: $clinical) {
        totalCount
        nodes {
          id
          stage
        }
      }
    }
  }
`;

interface PatientRow {
  id: string;
  firstName: string | null;
  lastName: string | null;
  dateOfBirth: string | null;
  /** Fullscript's part is missing while only the EMR can be reached. */
  connectionStatus?: ConnectionStatus | null;
  fullscriptAccount?: { id: string; email: string | null; archived: boolean; isDependent: boolean } | null;
  /** Not asked for users who do not see plans and labs. */
  treatmentPlans?: {
    totalCount: number;
    stale: boolean;
    nodes: { id: string; state: string; createdAt: string; labRecommendations: { id: string; stage: LabStage }[] }[];
  } | null;
  labOrders?: { totalCount: number; nodes: { id: string; stage: LabStage }[] } | null;
}

/** The first 50 patients the user may see, with what Fullscript knows of each, in one query. */
export function PatientList() {
  const { user } = useSession();
  const clinical = hasRole(user, 'practitioner');
  const [typed, setTyped] = useState('');
  const [search, setSearch] = useState('');
  const { answer, loading, reload } = useAnswer<{ patientList: (PatientRow | null)[] }>(
    PATIENT_LIST,
    {
      search: search || null,
      first: PAGE_SIZE,
      fullscript: true,
      clinical,
    },
    { emrOnly: { fullscript: false, clinical: false } },
  );
  useViewerChange(() => void reload());

  useEffect(() => {
    const timer = window.setTimeout(() => setSearch(typed.trim()), TYPING_PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [typed]);

  const errors = answer?.errors ?? [];
  const list = answer?.data?.patientList ?? null;
  // What fails in every row alike is said once above the list, and only named in the rows.
  const everywhere = list && list.length > 1 ? findErrorsInEveryRow(errors, list.length) : [];
  return (
    <>
      <div className="headline">
        <h1>Patients</h1>
        <span className="muted" aria-live="polite">
          {list ? toCount(list.length, 'patient') : ''}
          {loading ? ' · loading…' : ''}
        </span>
        <div className="spacer" />
        <label className="search">
          <span className="visually-hidden">Search patients</span>
          <input
            type="search"
            placeholder="Search by name…"
            value={typed}
            data-testid="patient-search"
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        <button type="button" data-testid="patient-refresh" disabled={loading} onClick={() => void reload()}>
          Refresh
        </button>
      </div>
      <ErrorNote
        errors={list ? [...errors.filter((error) => error.path.length < 2 || answer?.partial), ...everywhere] : errors}
      />
      {!answer ? <p className="loading">Loading the patients…</p> : null}
      {list && list.length === 0 ? (
        <p className="empty">{search ? `Nobody found for “${search}”.` : 'This user sees no patients.'}</p>
      ) : null}
      {list && list.length > 0 ? (
        <div className="card scroll" aria-busy={loading}>
          <table className="list" data-testid="patient-list">
            <thead>
              <tr>
                <th scope="col">Patient</th>
                <th scope="col">Born</th>
                <th scope="col">Fullscript</th>
                {clinical ? (
                  <>
                    <th scope="col">Latest plan</th>
                    <th scope="col">Labs</th>
                  </>
                ) : null}
              </tr>
            </thead>
            <tbody>
              {list.map((patient, index) =>
                patient ? (
                  <Row
                    key={patient.id}
                    patient={patient}
                    errors={answer?.partial ? [] : errorsUnder(errors, ['patientList', index])}
                    quiet={everywhere}
                    clinical={clinical}
                  />
                ) : null,
              )}
            </tbody>
          </table>
        </div>
      ) : null}
    </>
  );
}

function Row(props: { patient: PatientRow; errors: AnswerError[]; quiet: AnswerError[]; clinical: boolean }) {
  const { patient, errors, quiet, clinical } = props;
  const of = (...fields: string[]) =>
    errors.filter((error) => error.path.length < 3 || fields.includes(String(error.path[2])));
  const plan = patient.treatmentPlans?.nodes[0];
  const orderStages = patient.labOrders?.nodes.map((order) => order.stage) ?? [];
  const stages = orderStages.length > 0 ? orderStages : (plan?.labRecommendations.map((lab) => lab.stage) ?? []);
  const errorId = `row-error-${patient.id}`;
  return (
    <tr
      data-testid={`patient-row-${patient.id}`}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest('a, code')) return;
        location.hash = toHash({ name: 'patient', patientId: patient.id });
      }}
    >
      <th scope="row">
        <a href={toHash({ name: 'patient', patientId: patient.id })} data-testid={`patient-open-${patient.id}`}>
          {toFullName(patient, 'No name')}
        </a>{' '}
        <small className="muted">{patient.id}</small>
      </th>
      <td className="nowrap">{toDateWords(patient.dateOfBirth)}</td>
      <td>
        {patient.connectionStatus ? (
          <StatusBadge status={patient.connectionStatus} testId={`patient-status-${patient.id}`} />
        ) : (
          <NotKnown />
        )}
        {patient.fullscriptAccount?.archived ? <Mark tone="warn">archived</Mark> : null}
        {patient.fullscriptAccount?.isDependent ? <Mark>dependent</Mark> : null}
        {patient.fullscriptAccount?.email ? (
          <small className="muted account">{patient.fullscriptAccount.email}</small>
        ) : null}
        <ErrorCodes errors={of('connectionStatus', 'fullscriptAccount')} quiet={quiet} testId={errorId} />
      </td>
      {clinical ? (
        <>
          <td>
            {plan ? (
              <>
                <PlanStateBadge state={plan.state} /> <span className="nowrap">{toDayWords(plan.createdAt)}</span>
                {patient.treatmentPlans && patient.treatmentPlans.totalCount > 1 ? (
                  <small className="muted nowrap"> of {patient.treatmentPlans.totalCount}</small>
                ) : null}
                {patient.treatmentPlans?.stale ? <Mark>may be behind</Mark> : null}
              </>
            ) : patient.treatmentPlans ? (
              <span className="muted">–</span>
            ) : null}
            {patient.treatmentPlans === undefined ? <NotKnown /> : null}
            {patient.treatmentPlans ? null : <NotRead errors={of('treatmentPlans')} quiet={quiet} testId={errorId} />}
          </td>
          <td>
            {stages.length > 0 ? (
              <StageBadges stages={stages} />
            ) : patient.labOrders ? (
              <span className="muted">–</span>
            ) : null}
            {patient.labOrders === undefined ? <NotKnown /> : null}
            {patient.labOrders ? null : <NotRead errors={of('labOrders')} quiet={quiet} testId={errorId} />}
          </td>
        </>
      ) : null}
    </tr>
  );
}

/** The codes of what a column lacks; what the row's first column and the note above the list say already is not said again. */
function NotRead(props: { errors: AnswerError[]; quiet: AnswerError[]; testId: string }) {
  const { errors, quiet, testId } = props;
  const told = errors.length > 0 && errors.every((error) => quiet.some((other) => other.code === error.code));
  if (!told) return <ErrorCodes errors={errors} testId={testId} />;
  return (
    <span className="muted nowrap" data-testid={testId} title={errors[0]?.code}>
      not known
    </span>
  );
}

function NotKnown() {
  return <span className="muted nowrap">not known</span>;
}

function findErrorsInEveryRow(errors: readonly AnswerError[], rows: number): AnswerError[] {
  return distinctByCode(errors).filter((candidate) => {
    const failing = errors.filter((error) => error.code === candidate.code).map((error) => error.path[1]);
    return new Set(failing).size === rows;
  });
}
