import { useState } from 'react';
import { Mark } from './Badge.tsx';
import { DOSAGE_FIELDS, toImportLine, toOverrides, type DosageField, type ImportLine } from './chart-overrides.ts';
import { Dialog } from './Dialog.tsx';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import type { Plan } from './patient-overview.ts';
import { isOutdatedIn, toImportedIds, type Chart, type ChartImports } from './patient-record.ts';
import { ProblemNote, type Problem } from './ProblemNote.tsx';
import { useSession } from './session.tsx';
import { toChartKind, toCount, toDayWords, toSentence, toTimeWords } from './words.ts';

/** What the practitioner wants to import: a whole plan, or one product of it. */
export interface ImportWish {
  plan: Plan;
  recommendationId: string | null;
}

const IMPORT_PLAN = /* GraphQL */ `
  mutation ImportPlan($input: FullscriptImportPlanInput!) {
    importPlanIntoChart(input: $input) {
      __typename
      ... on FullscriptPlanImported {
        alreadyImported
        import {
          id
          items {
            id
            name
          }
        }
        skippedLabs {
          id
          name
        }
      }
      ... on FullscriptChartLocked {
        message
        signedAt
      }
      ... on FullscriptPlanNotImportable {
        message
        reason
      }
      ... on FullscriptConnectionRequired {
        message
        missingScopes
        authorizeUrl
      }
    }
  }
`;

interface Imported {
  __typename: 'FullscriptPlanImported';
  alreadyImported: boolean;
  import: { id: string; items: { id: string; name: string }[] };
  skippedLabs: { id: string; name: string }[];
}
type ImportResult =
  | Imported
  | { __typename: 'FullscriptChartLocked'; message: string; signedAt: string }
  | { __typename: 'FullscriptPlanNotImportable'; message: string; reason: string }
  | (Problem & { __typename: 'FullscriptConnectionRequired' });

const FIELD_LABELS: Record<DosageField, string> = {
  amount: 'Amount',
  format: 'Form',
  frequency: 'Frequency',
  duration: 'Duration',
  timeOfDay: 'Time of day',
  additionalInfo: 'Additional instructions',
};

/** Copies a plan's supplements into a chart; dosage and refills can be completed on the way. */
export function ImportDialog(props: {
  wish: ImportWish;
  charts: readonly Chart[];
  /** What was imported before; null while it is not known. */
  imports: ChartImports | null;
  onClose: () => void;
  onImported: () => Promise<void>;
}) {
  const { ask } = useSession();
  const { plan, recommendationId } = props.wish;
  const [chartId, setChartId] = useState(
    (props.charts.find((chart) => chart.signedAt === null) ?? props.charts[0])?.id ?? '',
  );
  const [lines, setLines] = useState<ImportLine[]>(() =>
    plan.recommendations.map((one) => toImportLine(one, recommendationId === null || recommendationId === one.id)),
  );
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<AnswerError[]>([]);
  const [result, setResult] = useState<ImportResult | null>(null);
  const taken = lines.filter((line) => line.take);
  const anywhere = toImportedIds(props.imports, plan.id);
  const here = toImportedIds(props.imports, plan.id, chartId);
  const fresh = taken.filter((line) => !here.has(line.recommendationId));
  const chart = props.charts.find((one) => one.id === chartId);

  const change = (id: string, next: Partial<ImportLine>) =>
    setLines((before) => before.map((line) => (line.recommendationId === id ? { ...line, ...next } : line)));

  async function submit() {
    setBusy(true);
    setErrors([]);
    setResult(null);
    const overrides = toOverrides(lines, plan.recommendations);
    const answer = await ask<{ importPlanIntoChart: ImportResult }>(IMPORT_PLAN, {
      input: {
        planId: plan.id,
        chartId,
        ...(taken.length < plan.recommendations.length
          ? { recommendationIds: taken.map((line) => line.recommendationId) }
          : {}),
        ...(overrides.length > 0 ? { overrides } : {}),
      },
    });
    setBusy(false);
    if (!answer.data) {
      setErrors(answer.errors);
      return;
    }
    setResult(answer.data.importPlanIntoChart);
    await props.onImported();
  }

  const title = recommendationId === null ? 'Import into plan' : 'Add to plan';
  if (result?.__typename === 'FullscriptPlanImported') {
    return (
      <Dialog title={title} onClose={props.onClose} testId="import-dialog">
        <ImportedNote result={result} chart={chart} />
        <div className="actions end">
          <button type="button" className="primary" data-testid="import-close" onClick={props.onClose}>
            Done
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={title} onClose={props.onClose} wide testId="import-dialog">
      {props.charts.length === 0 ? (
        <>
          <p>This patient has no chart yet. Make a new chart first.</p>
          <div className="actions end">
            <button type="button" data-testid="import-close" onClick={props.onClose}>
              Close
            </button>
          </div>
        </>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <label className="inline">
            <span>Into</span>
            <select value={chartId} data-testid="import-chart" onChange={(event) => setChartId(event.target.value)}>
              {props.charts.map((one) => (
                <option key={one.id} value={one.id}>
                  {toChartKind(one.kind)} of {toDayWords(one.createdAt)}
                  {one.signedAt ? ` (signed ${toDayWords(one.signedAt)}, locked)` : ''}
                </option>
              ))}
            </select>
          </label>
          {isOutdatedIn(props.imports, plan.id, chartId) ? (
            <div className="note warn" data-testid="import-outdated">
              <p>
                The plan has changed since it was imported here.
                {chart?.signedAt ? '' : ' Importing again adds what is new; what is there stays as it is.'}
              </p>
            </div>
          ) : null}
          {plan.recommendations.length === 0 ? <p className="muted">This plan has no supplements.</p> : null}
          {plan.recommendations.map((item) => {
            const line = lines.find((one) => one.recommendationId === item.id);
            if (!line) return null;
            return (
              <fieldset key={item.id} className={line.take ? 'import-item' : 'import-item off'}>
                <legend>
                  <label className="check">
                    <input
                      type="checkbox"
                      checked={line.take}
                      data-testid={`import-item-${item.id}`}
                      onChange={(event) => change(item.id, { take: event.target.checked })}
                    />
                    <strong>{item.product?.name ?? `Product ${item.variantId}`}</strong>
                  </label>
                </legend>
                {here.has(item.id) ? (
                  <p className="meta">
                    <Mark>in this chart already</Mark> It stays there as it is.
                  </p>
                ) : line.take ? (
                  <>
                    <p className="meta">
                      {item.product ? `${item.product.brand} · ` : ''}on the plan:{' '}
                      {item.dosage?.text ?? 'Use as directed'}{' '}
                      {anywhere.has(item.id) ? <Mark>in another chart</Mark> : null}
                    </p>
                    <div className="fields">
                      {DOSAGE_FIELDS.map((field) => (
                        <label key={field} className={field === 'additionalInfo' ? 'span2' : undefined}>
                          <span>{FIELD_LABELS[field]}</span>
                          <input
                            value={line.dosage[field]}
                            data-testid={`import-${field}-${item.id}`}
                            onChange={(event) =>
                              change(item.id, { dosage: { ...line.dosage, [field]: event.target.value } })
                            }
                          />
                        </label>
                      ))}
                      <label>
                        <span>Refills</span>
                        <input
                          type="number"
                          min={0}
                          step={1}
                          value={line.refills}
                          data-testid={`import-refills-${item.id}`}
                          onChange={(event) => change(item.id, { refills: event.target.value })}
                        />
                      </label>
                    </div>
                  </>
                ) : null}
              </fieldset>
            );
          })}
          {plan.labRecommendations.length > 0 ? (
            <p className="muted" data-testid="import-labs">
              Labs are not imported: {plan.labRecommendations.map((lab) => lab.name).join(', ')}.
            </p>
          ) : null}
          <ErrorNote errors={errors} />
          {result ? <NotImportedNote result={result} /> : null}
          <div className="actions end">
            <button type="button" data-testid="import-close" onClick={props.onClose}>
              Cancel
            </button>
            <button
              type="submit"
              className="primary"
              data-testid="import-submit"
              disabled={busy || (taken.length === 0 && plan.recommendations.length > 0)}
            >
              {busy ? 'Copying…' : fresh.length > 0 ? `Copy ${toCount(fresh.length, 'supplement')}` : 'Import again'}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function ImportedNote(props: { result: Imported; chart: Chart | undefined }) {
  const { result, chart } = props;
  const where = chart ? `the ${toChartKind(chart.kind).toLowerCase()} of ${toDayWords(chart.createdAt)}` : 'the chart';
  return (
    <div
      className={`note ${result.alreadyImported ? 'plain' : 'good'}`}
      role="status"
      data-testid="import-outcome"
      data-outcome={result.__typename}
      data-already-imported={result.alreadyImported}
    >
      {result.alreadyImported ? (
        <p>This was in {where} already: nothing was added, and what is there stays as it is.</p>
      ) : (
        <>
          <p>
            {toCount(result.import.items.length, 'supplement')} copied into {where}:
          </p>
          <ul>
            {result.import.items.map((item) => (
              <li key={item.id}>{item.name}</li>
            ))}
          </ul>
        </>
      )}
      {result.skippedLabs.length > 0 ? (
        <p className="hint">Left out, as labs are: {result.skippedLabs.map((lab) => lab.name).join(', ')}.</p>
      ) : null}
    </div>
  );
}

function NotImportedNote(props: { result: Exclude<ImportResult, Imported> }) {
  const { result } = props;
  switch (result.__typename) {
    case 'FullscriptChartLocked':
      return (
        <div className="note warn" role="alert" data-testid="import-outcome" data-outcome={result.__typename}>
          <p>
            {toSentence(result.message)} Signed {toTimeWords(result.signedAt)}.
          </p>
        </div>
      );
    case 'FullscriptPlanNotImportable':
      return (
        <div
          className="note warn"
          role="alert"
          data-testid="import-outcome"
          data-outcome={result.__typename}
          data-reason={result.reason}
        >
          <p>{toSentence(result.message)}</p>
        </div>
      );
    case 'FullscriptConnectionRequired':
      return <ProblemNote problem={result} testId="import-outcome" />;
  }
}
