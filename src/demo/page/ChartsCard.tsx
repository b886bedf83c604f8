import { useState } from 'react';
import { Mark } from './Badge.tsx';
import { hasRole } from './demo-users.ts';
import { ConfirmButton } from './Dialog.tsx';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import type { Chart, ChartImport } from './patient-record.ts';
import { useSession } from './session.tsx';
import { toChartKind, toCount, toDayWords, toFullName, toTimeWords } from './words.ts';

const CREATE_CHART = /* GraphQL */ `
  mutation CreateChart($patientId: ID!, $kind: ChartKind!) {
    createChart(patientId: $patientId, kind: $kind) {
      id
    }
  }
`;

const SIGN_CHART = /* GraphQL */ `
  mutation SignChart($id: ID!) {
    signChart(id: $id) {
      id
      signedAt
    }
  }
`;

/** The patient's chart notes with their plan lines and what was imported from Fullscript. */
export function ChartsCard(props: {
  patientId: string;
  charts: Chart[] | null;
  imports: { id: string; fullscriptImports: ChartImport[] }[] | null;
  errors: AnswerError[];
  loading: boolean;
  onChanged: () => Promise<void>;
}) {
  const { user, ask, notify, notifyErrors } = useSession();
  const [kind, setKind] = useState('FOLLOW_UP');
  const [busy, setBusy] = useState(false);
  const clinical = hasRole(user, 'practitioner');

  async function createChart() {
    setBusy(true);
    const answer = await ask(CREATE_CHART, { patientId: props.patientId, kind });
    setBusy(false);
    if (!answer.data) notifyErrors(answer.errors);
    else {
      notify({ tone: 'good', text: 'A new chart is open.' });
      await props.onChanged();
    }
  }

  return (
    <>
      <div className="section-head">
        <h2 id="charts">Charts</h2>
        {clinical ? (
          <form
            className="actions"
            onSubmit={(event) => {
              event.preventDefault();
              void createChart();
            }}
          >
            <label>
              <span className="visually-hidden">Kind of chart</span>
              <select value={kind} data-testid="new-chart-kind" onChange={(event) => setKind(event.target.value)}>
                <option value="INITIAL_CONSULT">Initial consult</option>
                <option value="FOLLOW_UP">Follow-up</option>
                <option value="BASIC_NOTE">Basic note</option>
              </select>
            </label>
            <button type="submit" className="small" disabled={busy} data-testid="new-chart">
              New chart
            </button>
          </form>
        ) : null}
      </div>
      <ErrorNote errors={props.errors} />
      {props.loading ? <p className="loading">Loading the charts…</p> : null}
      {props.charts && props.charts.length === 0 ? (
        <p className="empty">{clinical ? 'No charts yet.' : 'This user sees no charts.'}</p>
      ) : null}
      {props.charts?.map((chart) => (
        <ChartNote
          key={chart.id}
          chart={chart}
          imports={props.imports?.find((one) => one.id === chart.id)?.fullscriptImports ?? []}
          onChanged={props.onChanged}
        />
      ))}
    </>
  );
}

function toSource(source: string): string {
  return source === 'fullscript' ? 'from Fullscript' : source;
}

function ChartNote(props: { chart: Chart; imports: ChartImport[]; onChanged: () => Promise<void> }) {
  const { user, users, ask, notify, notifyErrors } = useSession();
  const { chart } = props;
  const title = `${toChartKind(chart.kind)} of ${toDayWords(chart.createdAt)}`;

  async function sign() {
    const answer = await ask(SIGN_CHART, { id: chart.id });
    if (!answer.data) notifyErrors(answer.errors);
    else {
      notify({ tone: 'good', text: `${title}: signed and locked.` });
      await props.onChanged();
    }
  }

  return (
    <article
      className="card"
      data-testid={`chart-${chart.id}`}
      data-signed={chart.signedAt !== null}
      aria-label={title}
    >
      <div className="card-head">
        <h3>{title}</h3>
        {chart.signedAt ? <span className="badge plain">Signed</span> : <span className="badge info">Open</span>}
        <div className="spacer" />
        {!chart.signedAt && hasRole(user, 'practitioner') ? (
          <ConfirmButton
            label="Sign chart"
            testId={`sign-${chart.id}`}
            className="small"
            confirmLabel="Sign and lock"
            question="Once signed, the note is locked and nothing can be imported into it."
            onConfirm={sign}
          />
        ) : null}
      </div>
      <p className="meta">
        {toFullName(chart.practitioner, chart.practitioner.id)}
        {chart.signedAt ? ` · signed ${toTimeWords(chart.signedAt)}` : ''}
      </p>
      {chart.items.length > 0 ? (
        <table className="items cards">
          <thead>
            <tr>
              <th scope="col">Plan</th>
              <th scope="col">Instructions</th>
              <th scope="col" className="number">
                Units
              </th>
              <th scope="col" className="number">
                Refills
              </th>
            </tr>
          </thead>
          <tbody>
            {chart.items.map((item) => (
              <tr key={item.id}>
                <th scope="row">
                  {item.name}
                  <small className="muted">{[item.brand, toSource(item.source)].filter(Boolean).join(' · ')}</small>
                </th>
                <td data-label="Instructions">{item.instructions}</td>
                <td className="number" data-label="Units">
                  {item.units ?? '–'}
                </td>
                <td className="number" data-label="Refills">
                  {item.refills ?? '–'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="muted">Nothing on this chart&apos;s plan.</p>
      )}
      {props.imports.length > 0 ? (
        <ul className="imports" aria-label="Imported from Fullscript">
          {props.imports.map((one) => (
            <li key={one.id} data-testid={`chart-import-${one.id}`} data-outdated={one.outdated}>
              <small>
                {toCount(one.items.length, 'supplement')} from the plan of {toDayWords(one.plan.createdAt)}, imported{' '}
                {toTimeWords(one.importedAt)} by{' '}
                {users.find((other) => other.id === one.importedBy)?.name ?? one.importedBy}
              </small>
              {one.outdated ? <Mark tone="warn">plan changed since</Mark> : null}
            </li>
          ))}
        </ul>
      ) : null}
    </article>
  );
}
